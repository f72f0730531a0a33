// SPDX-License-Identifier: Apache-2.0
// y[c] = x[c] * multiply[c] + add[c] folded into the layer with weights that makes x: what batch norm and scale have in common.
#ifndef OCTET_PASSES_CHANNEL_AFFINE_H_
#define OCTET_PASSES_CHANNEL_AFFINE_H_

#include <vector>

#include "passes/pass.h"

namespace octet {

struct ChannelAffine {
  std::vector<float> multiply, add;  // one per channel
};

// Whether the node at `index` can take in what follows it: a convolution or fully_connected without activation, with
// constant weights and bias, whose result only the following node reads. `channels` is the affine's length, `axis` where it applies.
bool can_absorb_affine(const Graph& graph, const Uses& uses, std::int32_t index, std::size_t channels, std::int64_t axis);

// Makes the layer compute affine(layer): W'[k, ...] = W[k, ...] * multiply[k], b'[k] = b[k] * multiply[k] + add[k].
// `following` (its name kept as absorbed) is to be removed by the caller; the layer now makes its output.
void absorb_affine(Graph& graph, const Uses& uses, std::int32_t index, const ChannelAffine& affine, const Node& following);

}  // namespace octet

#endif  // OCTET_PASSES_CHANNEL_AFFINE_H_
