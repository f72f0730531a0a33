// SPDX-License-Identifier: Apache-2.0
// Which constants of a graph are weights, and along which dimension their channels lie.
#ifndef OCTET_QUANTIZERS_WEIGHT_WEIGHT_TENSORS_H_
#define OCTET_QUANTIZERS_WEIGHT_WEIGHT_TENSORS_H_

#include <vector>

#include "ir/graph.h"

namespace octet {

// A constant float32 tensor that nodes read as weights.
struct WeightTensor {
  TensorId tensor;
  std::vector<std::size_t> nodes;  // that read it, in order; the first decides on `axis`
  int axis;                        // of the channels: output channels of layers, rows of an embedding
  bool axes_differ = false;        // the nodes want different ones
};

// Whose rules say which tensors are weights and where their channels lie.
enum class WeightRules {
  kOctet,         // channels of recurrent layers are rows of their matrices, the same ones in both directions
  kOriginalReads, // they are directions: what MindSpore Lite's runtime takes
  kOriginal,      // those, and biases of recurrent layers are weights, too: what its converter does
};

// In the order of the first nodes that read them. Tensors of one dimension are no weights.
std::vector<WeightTensor> find_weight_tensors(const Graph& graph, WeightRules rules);

// Whether nodes of the operator have weights that can be quantized.
bool takes_weights(const Op& op);

// The values of channel c, one after the other, for a tensor [outer, channels, inner].
struct ChannelLayout {
  std::size_t outer, channels, inner;

  std::size_t channel_size() const { return outer * inner; }
  // Element i of channel c.
  std::size_t index(std::size_t c, std::size_t i) const { return (i / inner * channels + c) * inner + i % inner; }
};
ChannelLayout channel_layout(const Shape& shape, int axis);
// All elements as one channel.
ChannelLayout single_channel(const Shape& shape);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_WEIGHT_TENSORS_H_
