// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_EMBEDDINGS_H_
#define OCTET_QUANTIZERS_EMBEDDINGS_H_

#include <functional>

#include "base/error.h"
#include "ir/graph.h"

namespace octet {

// Whether the node looks rows up in a constant float32 table [rows, columns].
bool is_embedding(const Graph& graph, const Node& node);

// Makes the tables of embeddings int8, with a scale and a zero point per row (asymmetric: rows seldom lie around zero), and puts
// dequantize nodes behind them: what is read are a few rows as floats. Returns the number of nodes that look up in one.
// Error: kInvalidModel for a table whose values are not finite.
Result<std::size_t> quantize_embeddings(Graph& graph, const std::function<bool(const Node&)>& is_skipped);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_EMBEDDINGS_H_
