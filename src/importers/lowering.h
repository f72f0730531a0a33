// SPDX-License-Identifier: Apache-2.0
// Operators that TFLite, TensorFlow and MindIR share and that Octet computes by one or several of its own. Each makes
// output 0 of the node unless it says otherwise. What a number stands for is checked here; where it comes from is the
// format's.
#ifndef OCTET_IMPORTERS_LOWERING_H_
#define OCTET_IMPORTERS_LOWERING_H_

#include <array>
#include <vector>

#include "importers/node_builder.h"
#include "ops/define.h"
#include "ops/pad.h"
#include "ops/resize.h"

namespace octet {

using Numbers = std::vector<std::int64_t>;

// lower_movement.cc

// Bit i of a mask concerns entry i of begin, end and strides: `begin` and `end`: no bound; `ellipsis`: all dimensions
// that are not named; `new_axis`: a dimension of 1; `shrink_axis`: the element at begin, and the dimension goes.
struct StridedSliceMasks {
  std::int64_t begin = 0, end = 0, ellipsis = 0, new_axis = 0, shrink_axis = 0;
};
Result<void> lower_strided_slice(NodeBuilder& node, TensorId src, const Numbers& begin, const Numbers& end,
                                 const Numbers& strides, const StridedSliceMasks& masks);
// src[begin : begin + size]; a size of -1 takes the rest.
Result<void> lower_slice(NodeBuilder& node, TensorId src, const Numbers& begin, const Numbers& size);
// int8 inputs are brought to the output's parameters first.
Result<void> lower_concat(NodeBuilder& node, std::vector<TensorId> inputs, std::int64_t axis);
Result<void> lower_pack(NodeBuilder& node, const std::vector<TensorId>& inputs, std::int64_t axis);
Result<void> lower_unpack(NodeBuilder& node, TensorId src, std::int64_t axis);  // makes all outputs
// Sizes of all outputs; one of -1 is what is left, none at all means equal parts. Makes all outputs.
Result<void> lower_split(NodeBuilder& node, TensorId src, std::int64_t axis, Numbers sizes);
// `paddings` holds begin and end of each dimension, one pair after the other.
Result<void> lower_pad(NodeBuilder& node, TensorId src, const Numbers& paddings, PadKind kind, float value);
// The mirror begins with the edge itself: symmetric padding. More than one element of it is an error.
Result<void> lower_symmetric_pad(NodeBuilder& node, TensorId src, const Numbers& paddings);
// Blocks of NHWC images become channels and back.
Result<void> lower_space_to_depth(NodeBuilder& node, TensorId src, std::int64_t block);
Result<void> lower_depth_to_space(NodeBuilder& node, TensorId src, std::int64_t block);
Result<void> lower_tile(NodeBuilder& node, TensorId src, const Numbers& repeats);
// A tensor of one value of a constant scalar.
Result<void> lower_fill(NodeBuilder& node, TensorId value, const Numbers& shape);
Result<void> lower_range(NodeBuilder& node, TensorId start, TensorId limit, TensorId delta);

// lower_elementwise.cc

// Those that no operator of ours fuses become a node behind it.
enum class FusedActivation { kNone, kRelu, kReluN1To1, kRelu6, kTanh };

// Splits an activation into what an operator fuses, and what has to follow.
inline bool is_fusable(FusedActivation activation) {
  return activation == FusedActivation::kNone || activation == FusedActivation::kRelu ||
         activation == FusedActivation::kRelu6;
}
Activation fused(FusedActivation activation);

// The operator with its `activation` set, or followed by one.
template <typename Attrs>
Result<void> lower_activated(NodeBuilder& node, const Op& op, Attrs attrs, std::vector<TensorId> inputs,
                             FusedActivation activation);
// src -> activation -> output 0.
Result<void> lower_activation(NodeBuilder& node, TensorId src, FusedActivation activation);

Result<void> lower_binary(NodeBuilder& node, const Op& op, TensorId a, TensorId b, FusedActivation activation);
Result<void> lower_unary(NodeBuilder& node, const Op& op, TensorId src);
Result<void> lower_rsqrt(NodeBuilder& node, TensorId src);
Result<void> lower_square(NodeBuilder& node, TensorId src);
Result<void> lower_erfc(NodeBuilder& node, TensorId src);  // 1 - erf(src)
Result<void> lower_squared_difference(NodeBuilder& node, TensorId a, TensorId b);
Result<void> lower_not_equal(NodeBuilder& node, TensorId a, TensorId b);
Result<void> lower_floor_div(NodeBuilder& node, TensorId a, TensorId b);
Result<void> lower_floor_mod(NodeBuilder& node, TensorId a, TensorId b);
Result<void> lower_sum(NodeBuilder& node, const std::vector<TensorId>& inputs);
// src / max(sqrt(sum of src^2 over the last dimension), epsilon)
Result<void> lower_l2_normalization(NodeBuilder& node, TensorId src, float epsilon, FusedActivation activation);
Result<void> lower_softmax(NodeBuilder& node, TensorId src, float beta);
Result<void> lower_reduce(NodeBuilder& node, const Op& op, TensorId src, const Numbers& axes, bool keep_dims);
Result<void> lower_arg_max(NodeBuilder& node, TensorId src, std::int64_t axis);
Result<void> lower_arg_min(NodeBuilder& node, TensorId src, std::int64_t axis);
Result<void> lower_resize(NodeBuilder& node, TensorId src, ResizeMode mode, const Numbers& size, bool align_corners,
                          bool half_pixel_centers, Layout layout = Layout::kNhwc);

// lower_layers.cc

// A transposed convolution of an NHWC image: what a convolution from [out_h, out_w] with these strides and pads does to
// an image, backwards.
//
//   dst[n, y, x, k] = act(bias[k] + sum of src[n, i, j, c] * weights[k, y + top - i * stride_h, x + left - j *
//   stride_w, c])
//
// over all i, j, c for which the weights exist. Weights [K, kh, kw, C] and bias [K] (or kNoTensor) are constants.
struct TransposedConv {
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 2> output_size = {0, 0};  // h, w
  std::array<std::int64_t, 2> pads = {0, 0};         // top, left
  FusedActivation activation = FusedActivation::kNone;
};
Result<void> lower_transposed_conv(NodeBuilder& node, TensorId src, TensorId weights, TensorId bias,
                                   const TransposedConv& conv);
// Top or left padding that `same` padding of the convolution gives one dimension.
std::int64_t same_transposed_pad(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t output_size);

template <typename Attrs>
Result<void> lower_activated(NodeBuilder& node, const Op& op, Attrs attrs, std::vector<TensorId> inputs,
                             FusedActivation activation) {
  if (is_fusable(activation)) {
    attrs.activation = fused(activation);
    return node.add(op, std::move(attrs), std::move(inputs));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId linear,
                         node.inner("linear", op, std::move(attrs), std::move(inputs), node.output_spec().quant));
  return lower_activation(node, linear, activation);
}

}  // namespace octet

#endif  // OCTET_IMPORTERS_LOWERING_H_
