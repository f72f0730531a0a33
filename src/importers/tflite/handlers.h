// SPDX-License-Identifier: Apache-2.0
// One function per operator of the format (or family), each in the file of its family. A handler makes all the node's
// outputs.
#ifndef OCTET_IMPORTERS_TFLITE_HANDLERS_H_
#define OCTET_IMPORTERS_TFLITE_HANDLERS_H_

#include <span>
#include <string_view>

#include "importers/tflite/tflite_node.h"

namespace octet {

using TfliteHandler = Result<void> (*)(TfliteNode& node);

struct TfliteOperator {
  tfl3::BuiltinOperator code;
  TfliteHandler import;
};
struct TfliteCustomOperator {
  std::string_view name;
  TfliteHandler import;
};

std::span<const TfliteOperator> tflite_operators();
std::span<const TfliteCustomOperator> tflite_custom_operators();
// Null if there is none.
TfliteHandler find_tflite_operator(tfl3::BuiltinOperator code, std::string_view custom_name);

// layers.cc
Result<void> import_tflite_conv2d(TfliteNode& node);
Result<void> import_tflite_depthwise_conv2d(TfliteNode& node);
Result<void> import_tflite_transpose_conv(TfliteNode& node);
Result<void> import_tflite_transpose_conv_bias(TfliteNode& node);  // custom, MediaPipe
Result<void> import_tflite_fully_connected(TfliteNode& node);
Result<void> import_tflite_batch_matmul(TfliteNode& node);
Result<void> import_tflite_average_pool(TfliteNode& node);
Result<void> import_tflite_max_pool(TfliteNode& node);

// elementwise.cc
Result<void> import_tflite_unary(TfliteNode& node, const Op& op);
Result<void> import_tflite_relu_n1_to_1(TfliteNode& node);
Result<void> import_tflite_relu_0_to_1(TfliteNode& node);
Result<void> import_tflite_leaky_relu(TfliteNode& node);
Result<void> import_tflite_elu(TfliteNode& node);
Result<void> import_tflite_gelu(TfliteNode& node);
Result<void> import_tflite_rsqrt(TfliteNode& node);
Result<void> import_tflite_square(TfliteNode& node);
Result<void> import_tflite_binary(TfliteNode& node, const Op& op);
Result<void> import_tflite_logic(TfliteNode& node, const Op& op);  // comparisons too
Result<void> import_tflite_add(TfliteNode& node);
Result<void> import_tflite_sub(TfliteNode& node);
Result<void> import_tflite_mul(TfliteNode& node);
Result<void> import_tflite_div(TfliteNode& node);
Result<void> import_tflite_floor_div(TfliteNode& node);
Result<void> import_tflite_floor_mod(TfliteNode& node);
Result<void> import_tflite_squared_difference(TfliteNode& node);
Result<void> import_tflite_not_equal(TfliteNode& node);
Result<void> import_tflite_add_n(TfliteNode& node);
Result<void> import_tflite_select(TfliteNode& node);
Result<void> import_tflite_prelu(TfliteNode& node);
Result<void> import_tflite_cast(TfliteNode& node);
Result<void> import_tflite_quantize(TfliteNode& node);
Result<void> import_tflite_dequantize(TfliteNode& node);

// normalization.cc
Result<void> import_tflite_softmax(TfliteNode& node);
Result<void> import_tflite_log_softmax(TfliteNode& node);
Result<void> import_tflite_l2_normalization(TfliteNode& node);
Result<void> import_tflite_local_response_normalization(TfliteNode& node);
Result<void> import_tflite_reduce(TfliteNode& node, const Op& op);
Result<void> import_tflite_arg_max(TfliteNode& node);
Result<void> import_tflite_arg_min(TfliteNode& node);
Result<void> import_tflite_resize_bilinear(TfliteNode& node);
Result<void> import_tflite_resize_nearest_neighbor(TfliteNode& node);

// movement.cc
Result<void> import_tflite_concatenation(TfliteNode& node);
Result<void> import_tflite_reshape(TfliteNode& node);
Result<void> import_tflite_squeeze(TfliteNode& node);
Result<void> import_tflite_expand_dims(TfliteNode& node);
Result<void> import_tflite_transpose(TfliteNode& node);
Result<void> import_tflite_pad(TfliteNode& node);
Result<void> import_tflite_pad_v2(TfliteNode& node);
Result<void> import_tflite_mirror_pad(TfliteNode& node);
Result<void> import_tflite_strided_slice(TfliteNode& node);
Result<void> import_tflite_slice(TfliteNode& node);
Result<void> import_tflite_split(TfliteNode& node);
Result<void> import_tflite_split_v(TfliteNode& node);
Result<void> import_tflite_pack(TfliteNode& node);
Result<void> import_tflite_unpack(TfliteNode& node);
Result<void> import_tflite_gather(TfliteNode& node);
Result<void> import_tflite_embedding_lookup(TfliteNode& node);
Result<void> import_tflite_tile(TfliteNode& node);
Result<void> import_tflite_broadcast_to(TfliteNode& node);
Result<void> import_tflite_fill(TfliteNode& node);
Result<void> import_tflite_range(TfliteNode& node);
Result<void> import_tflite_shape(TfliteNode& node);
Result<void> import_tflite_rank(TfliteNode& node);
Result<void> import_tflite_space_to_depth(TfliteNode& node);
Result<void> import_tflite_depth_to_space(TfliteNode& node);

}  // namespace octet

#endif  // OCTET_IMPORTERS_TFLITE_HANDLERS_H_
