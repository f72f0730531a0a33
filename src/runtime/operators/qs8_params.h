// SPDX-License-Identifier: Apache-2.0
// From quantization parameters of tensors to the numbers that integer kernels take.
#ifndef OCTET_RUNTIME_OPERATORS_QS8_PARAMS_H_
#define OCTET_RUNTIME_OPERATORS_QS8_PARAMS_H_

#include <cstdint>
#include <vector>

#include "kernels/requantize/requantize.h"
#include "ops/define.h"

namespace octet {

// |acc| stays below 2^31 up to this many products of 255 * 128 in one sum, leaving the bias 2^30.
inline constexpr std::size_t kMaxQs8Products = 32'767;

// The tensor is int8 with one scale.
bool is_qs8(const Tensor& tensor);

// How the tensor is written: its zero point, and as bounds the steps that `activation` lets through.
Qs8Output qs8_output(const Tensor& dst, Activation activation);

// src_scale * weights_scale[k] / dst_scale for each of `n` channels.
std::vector<float> requantize_scales(const QuantParams& src, const QuantParams& weights, const QuantParams& dst, std::size_t n);

// The weights' zero points, one per channel; empty if all are zero.
std::vector<std::int32_t> weight_zero_points(const QuantParams& weights, std::size_t n);

// Error unless src, weights and dst are int8 with parameters (src and dst per-tensor), and a bias is int32.
Result<void> check_qs8_layer(const Tensor& src, const Tensor& weights, const Tensor* bias, const Tensor& dst);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_QS8_PARAMS_H_
