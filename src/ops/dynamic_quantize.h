// SPDX-License-Identifier: Apache-2.0
// Activations quantized while the model runs, and the layers that take them. The parameters are tensors, as they depend on
// the values:  real = scale * (q - zero_point).
#ifndef OCTET_OPS_DYNAMIC_QUANTIZE_H_
#define OCTET_OPS_DYNAMIC_QUANTIZE_H_

#include "ops/define.h"

namespace octet {

// src float32 -> q int8 (src's shape), scale float32, zero_point int32, these of shape [] or, with per_row, of src's shape
// with a last dimension of 1. Over each row, or the whole tensor, with 0 always inside [min, max]:
//   symmetric:   scale = max(-min, max) / 127            zero_point = 0
//   asymmetric:  scale = (max - min) / 255               zero_point = clamp(round(-128 - min / scale), -128, 127)
//   q = clamp(round(src / scale) + zero_point, -128, 127)
// NaN counts as 0, infinities as the largest finite number. A scale is at least the smallest normal number.
struct DynamicQuantizeAttrs {
  bool per_row = true;
  bool symmetric = true;
  void visit(AttrVisitor& v) {
    v.visit("per_row", per_row);
    v.visit("symmetric", symmetric);
  }
};

// The parameters for values of [min, max].
struct DynamicParams {
  float scale;
  std::int32_t zero_point;
};
DynamicParams dynamic_params(float min, float max, bool symmetric);

// What is computed on a result before it is stored.
enum class DynamicActivation : int { kNone, kRelu, kRelu6, kGelu, kGeluApproximate };
inline constexpr std::array<std::string_view, 5> kDynamicActivationNames = {"none", "relu", "relu6", "gelu", "gelu_approximate"};

// dst[..., n] = act(bias[n] + sum over k of scale * (src[..., k] - zero_point) * weights_scale[n] * weights[n, k])
// inputs: src int8 [..., K], scale and zero_point of src as above, weights int8 [N, K] symmetric with parameters, bias
// (optional, float32 [N]). dst float32 [..., N].
struct DynamicFullyConnectedAttrs {
  DynamicActivation activation = DynamicActivation::kNone;
  void visit(AttrVisitor& v) { v.visit("activation", activation, kDynamicActivationNames); }
};

// dst = matrix product of a [..., M, K] and b [..., K, N] (b [..., N, K] with transpose_b), both dynamically quantized.
// inputs: a, scale and zero_point of a (of shape []), b, scale and zero_point of b. Leading dimensions are equal.
struct DynamicMatmulAttrs {
  bool transpose_b = false;
  void visit(AttrVisitor& v) { v.visit("transpose_b", transpose_b); }
};

// Which inputs and outputs of a node hold values: of the operators above those that are no scale or zero point, of others all.
std::vector<std::size_t> value_inputs(const Node& node);
std::vector<std::size_t> value_outputs(const Node& node);

extern const Op kDynamicQuantize, kDynamicFullyConnected, kDynamicMatmul;

}  // namespace octet

#endif  // OCTET_OPS_DYNAMIC_QUANTIZE_H_
