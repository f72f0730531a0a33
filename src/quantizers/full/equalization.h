// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_EQUALIZATION_H_
#define OCTET_QUANTIZERS_FULL_EQUALIZATION_H_

#include <optional>
#include <vector>

#include "calibration/calibrate.h"
#include "calibration/channel_range_observer.h"

namespace octet {

// Cross-layer equalization: channels of a tensor that use little of its range are multiplied by s[c] >= 1 in the layers that
// make the tensor, and divided by it in the layers that read it.
//
//   x -> Conv(W1, b1) -> t -> Conv(W2) -> y     becomes     x -> Conv(s W1, s b1) -> s t -> Conv(W2 / s) -> y
//
// One int8 scale then serves all channels of t. With W1 per channel it costs nothing in W1, behind it a depthwise W2 neither.
// Between a layer that makes values and one that reads them may lie what treats channels alike: add, concat, pooling, ReLU, a
// mean over positions. ReLU6 is among them, because no channel grows beyond the range that the whole tensor had: only values
// that calibration has not seen are cut earlier.
//
// s[c] = (range of t / (margin * range of channel c))^e, at least 1, for a group of tensors that must agree; e is that of 0, 1/4, 1/2, 3/4 and 1 with
// the least expected noise (rounding of t and of the weights that read and make it), relative to what the layers put out.
// Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.1, with measured ranges, and the exponent of SmoothQuant (arXiv:2211.10438).
// Numeric effect: float32 rounding, and the ReLU6 above.
//
// What makes a tensor may not be a layer (a layer norm), or others may read it as it is (a residual). With `split_tensors` the
// layers that read it get a copy whose channels are scaled by a node of its own:
//
//   t -> FullyConnected(W) -> y     becomes     t -> Mul(s) -> FullyConnected(W / s) -> y
struct EqualizationResult {
  Graph graph;
  std::size_t num_tensors = 0;  // whose channels were changed
};
struct EqualizationOptions {
  bool per_channel_weights = true;
  double max_factor = 64;  // channels that are almost never used grow no further
  double margin = 1.5;     // what a channel may reach beyond what calibration saw, before the tensor's range cuts it
  std::optional<double> exponent;  // e; absent: the best
  std::vector<TensorId> split_tensors;  // float tensors that fully connected layers read
};

// The tensors whose ChannelRangeObserver equalize() wants.
std::vector<TensorId> equalization_tensors(const Graph& graph);

// `points`: statistics of those tensors, of `graph` itself; others are ignored.
EqualizationResult equalize(const Graph& graph, std::span<const StatisticPoint> points, const EqualizationOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_EQUALIZATION_H_
