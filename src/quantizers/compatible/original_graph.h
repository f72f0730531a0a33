// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_COMPATIBLE_ORIGINAL_GRAPH_H_
#define OCTET_QUANTIZERS_COMPATIBLE_ORIGINAL_GRAPH_H_

#include "ir/graph.h"

namespace octet {

// The float graph as MindSpore Lite holds it after its own fusions: a flatten of an image has the image's transpose to NCHW
// before it, tensors are named like the nodes that make them, nodes stand in its order.
Graph as_original(const Graph& graph);

// Depth first from the outputs, the maker of a node's last input first.
void sort_as_original(Graph& graph);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_COMPATIBLE_ORIGINAL_GRAPH_H_
