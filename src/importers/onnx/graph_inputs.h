// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_IMPORTERS_ONNX_GRAPH_INPUTS_H_
#define OCTET_IMPORTERS_ONNX_GRAPH_INPUTS_H_

#include "importers/builder.h"
#include "importers/onnx/onnx.pb.h"

namespace octet {

// Adds the graph's inputs that are no initializers. Dimensions with a name become symbols, nameless ones (absent, -1, "?")
// a symbol each; `options.input_shapes` replaces them, and a name that it fixes in one input is fixed in all.
// Error: kInvalidModel naming the input; kInvalidArgument if an entry of input_shapes does not fit.
Result<void> add_graph_inputs(const onnx::GraphProto& graph, const ImportOptions& options, GraphBuilder& builder);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_GRAPH_INPUTS_H_
