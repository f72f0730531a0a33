// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_REWRITE_H_
#define OCTET_QUANTIZERS_FULL_REWRITE_H_

#include <map>
#include <vector>

#include "quantizers/full/ranges.h"

namespace octet {

// Mean of each input channel of nodes with weights, by TensorId; for bias correction.
using ChannelMeans = std::map<TensorId, std::vector<float>>;

struct RewriteOptions {
  int bits = 8;  // 1..8
  bool per_channel = true;
  bool symmetric_activations = false;
  const ChannelMeans* bias_correction_means = nullptr;  // null: no bias correction
};

// The quantized graph: selected nodes read and write int8 tensors with the parameters of `ranges`, weights are int8 and
// biases int32 constants, and quantize / dequantize nodes stand exactly where float and int8 meet. Graph inputs and
// outputs stay float and keep their names.
Result<Graph> rewrite_to_int8(const Graph& graph, const Selection& selection,
                              const std::vector<std::optional<TensorRange>>& ranges, const RewriteOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_REWRITE_H_
