// SPDX-License-Identifier: Apache-2.0
// The makers that operators/table.cc lists. Each returns null for nodes it does not take.
#ifndef OCTET_RUNTIME_OPERATORS_OPERATORS_H_
#define OCTET_RUNTIME_OPERATORS_OPERATORS_H_

#include "runtime/operator.h"

namespace octet {

Result<std::unique_ptr<Operator>> make_conv_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_conv_transpose_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_recurrent(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_winograd_conv2d_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_conv2d_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_conv2d_integer_weights(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_fully_connected_integer_weights(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_gather_integer_weights(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_winograd_conv2d_qs8(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_conv2d_qs8(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_fully_connected_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_fully_connected_qs8(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_matmul_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_matmul_qs8(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_planes(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_pool2d(const OperatorContext& context);
// For an avg_pool2d node and the pad that its source comes from; null if they do not go together.
std::unique_ptr<Operator> make_padded_average(const OperatorContext& context, const Node& pad);
Result<std::unique_ptr<Operator>> make_binary_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_binary_qs8(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_unary_f32(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_unary_qs8(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_requantize(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_quantize(const OperatorContext& context);
// For a quantize node and the mul that its source comes from; null if they do not go together.
std::unique_ptr<Operator> make_scale_and_quantize(const OperatorContext& context, const Node& mul);
Result<std::unique_ptr<Operator>> make_dequantize(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_softmax(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_transpose(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_concat(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_split(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_slice(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_pad(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_resize(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_layer_norm_f32(const OperatorContext& context);
// For a layer_norm node and the addition that its source comes from; null if they do not go together.
std::unique_ptr<Operator> make_add_and_normalize(const OperatorContext& context, const Node& add);
Result<std::unique_ptr<Operator>> make_attention(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_dynamic_quantize(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_dynamic_fully_connected(const OperatorContext& context);
Result<std::unique_ptr<Operator>> make_reduce_mean_qs8(const OperatorContext& context);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_OPERATORS_H_
