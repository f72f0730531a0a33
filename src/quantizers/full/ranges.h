// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_RANGES_H_
#define OCTET_QUANTIZERS_FULL_RANGES_H_

#include <optional>
#include <vector>

#include "quantizers/full/full_quantizer.h"

namespace octet {

// Which nodes become int8, by node index, and why the others do not.
struct Selection {
  std::vector<bool> quantized;
  std::vector<std::string> reasons;  // empty for quantized nodes
  std::vector<bool> float_result;    // quantized fully connected layers whose results are floats
};
// The node, or one that a pass moved into it, is among `names`, or its operator among `ops`.
bool is_skipped(const Node& node, const std::vector<std::string>& names, const std::vector<std::string>& ops);
// Why a layer with weights cannot be int8; empty if it can.
std::string reason_against_layer(const Graph& graph, const Node& node);

Selection select_nodes(const Graph& graph, const FullQuantOptions& options);

// The nodes that stay float, in order, with their reasons.
std::vector<FloatNode> float_nodes(const Graph& graph, const Selection& selection);

// The range of every tensor that is int8 in the quantized graph, by TensorId, from observed ranges (same indexing): cut by
// activations, fixed by operator rules, and equal where operators need it (concat, pooling, data movement).
std::vector<std::optional<TensorRange>> choose_ranges(const Graph& graph, const Selection& selection,
                                                      const std::vector<std::optional<TensorRange>>& observed);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_RANGES_H_
