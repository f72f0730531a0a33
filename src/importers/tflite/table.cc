// SPDX-License-Identifier: Apache-2.0
// The operators of the format that Octet imports. docs/formats/tflite.md
#include <array>

#include "importers/tflite/handlers.h"
#include "ops/binary.h"
#include "ops/reduce.h"
#include "ops/unary.h"

namespace octet {
namespace {

using Code = tfl3::BuiltinOperator;

// A handler that serves several operators, for one of them.
template <auto function, const Op& op>
Result<void> with(TfliteNode& node) {
  return function(node, op);
}

constexpr auto kOperators = std::to_array<TfliteOperator>({
    {Code::ABS, with<import_tflite_unary, kAbs>},
    {Code::ADD, import_tflite_add},
    {Code::ADD_N, import_tflite_add_n},
    {Code::ARG_MAX, import_tflite_arg_max},
    {Code::ARG_MIN, import_tflite_arg_min},
    {Code::AVERAGE_POOL_2D, import_tflite_average_pool},
    {Code::BATCH_MATMUL, import_tflite_batch_matmul},
    {Code::BROADCAST_TO, import_tflite_broadcast_to},
    {Code::CAST, import_tflite_cast},
    {Code::CEIL, with<import_tflite_unary, kCeil>},
    {Code::CONCATENATION, import_tflite_concatenation},
    {Code::CONV_2D, import_tflite_conv2d},
    {Code::COS, with<import_tflite_unary, kCos>},
    {Code::DEPTHWISE_CONV_2D, import_tflite_depthwise_conv2d},
    {Code::DEPTH_TO_SPACE, import_tflite_depth_to_space},
    {Code::DEQUANTIZE, import_tflite_dequantize},
    {Code::DIV, import_tflite_div},
    {Code::ELU, import_tflite_elu},
    {Code::EMBEDDING_LOOKUP, import_tflite_embedding_lookup},
    {Code::EQUAL, with<import_tflite_logic, kEqual>},
    {Code::EXP, with<import_tflite_unary, kExp>},
    {Code::EXPAND_DIMS, import_tflite_expand_dims},
    {Code::FILL, import_tflite_fill},
    {Code::FLOOR, with<import_tflite_unary, kFloor>},
    {Code::FLOOR_DIV, import_tflite_floor_div},
    {Code::FLOOR_MOD, import_tflite_floor_mod},
    {Code::FULLY_CONNECTED, import_tflite_fully_connected},
    {Code::GATHER, import_tflite_gather},
    {Code::GELU, import_tflite_gelu},
    {Code::GREATER, with<import_tflite_logic, kGreater>},
    {Code::GREATER_EQUAL, with<import_tflite_logic, kGreaterEqual>},
    {Code::HARD_SWISH, with<import_tflite_unary, kHardSwish>},
    {Code::L2_NORMALIZATION, import_tflite_l2_normalization},
    {Code::LEAKY_RELU, import_tflite_leaky_relu},
    {Code::LESS, with<import_tflite_logic, kLess>},
    {Code::LESS_EQUAL, with<import_tflite_logic, kLessEqual>},
    {Code::LOCAL_RESPONSE_NORMALIZATION, import_tflite_local_response_normalization},
    {Code::LOG, with<import_tflite_unary, kLog>},
    {Code::LOGICAL_AND, with<import_tflite_logic, kAnd>},
    {Code::LOGICAL_NOT, with<import_tflite_unary, kNot>},
    {Code::LOGICAL_OR, with<import_tflite_logic, kOr>},
    {Code::LOGISTIC, with<import_tflite_unary, kSigmoid>},
    {Code::LOG_SOFTMAX, import_tflite_log_softmax},
    {Code::MAXIMUM, with<import_tflite_binary, kMaximum>},
    {Code::MAX_POOL_2D, import_tflite_max_pool},
    {Code::MEAN, with<import_tflite_reduce, kReduceMean>},
    {Code::MINIMUM, with<import_tflite_binary, kMinimum>},
    {Code::MIRROR_PAD, import_tflite_mirror_pad},
    {Code::MUL, import_tflite_mul},
    {Code::NEG, with<import_tflite_unary, kNeg>},
    {Code::NOT_EQUAL, import_tflite_not_equal},
    {Code::PACK, import_tflite_pack},
    {Code::PAD, import_tflite_pad},
    {Code::PADV2, import_tflite_pad_v2},
    {Code::POW, with<import_tflite_binary, kPow>},
    {Code::PRELU, import_tflite_prelu},
    {Code::QUANTIZE, import_tflite_quantize},
    {Code::RANGE, import_tflite_range},
    {Code::RANK, import_tflite_rank},
    {Code::REDUCE_MAX, with<import_tflite_reduce, kReduceMax>},
    {Code::REDUCE_MIN, with<import_tflite_reduce, kReduceMin>},
    {Code::REDUCE_PROD, with<import_tflite_reduce, kReduceProd>},
    {Code::RELU, with<import_tflite_unary, kRelu>},
    {Code::RELU6, with<import_tflite_unary, kRelu6>},
    {Code::RELU_0_TO_1, import_tflite_relu_0_to_1},
    {Code::RELU_N1_TO_1, import_tflite_relu_n1_to_1},
    {Code::RESHAPE, import_tflite_reshape},
    {Code::RESIZE_BILINEAR, import_tflite_resize_bilinear},
    {Code::RESIZE_NEAREST_NEIGHBOR, import_tflite_resize_nearest_neighbor},
    {Code::ROUND, with<import_tflite_unary, kRound>},
    {Code::RSQRT, import_tflite_rsqrt},
    {Code::SELECT, import_tflite_select},
    {Code::SELECT_V2, import_tflite_select},
    {Code::SHAPE, import_tflite_shape},
    {Code::SIGN, with<import_tflite_unary, kSign>},
    {Code::SIN, with<import_tflite_unary, kSin>},
    {Code::SLICE, import_tflite_slice},
    {Code::SOFTMAX, import_tflite_softmax},
    {Code::SPACE_TO_DEPTH, import_tflite_space_to_depth},
    {Code::SPLIT, import_tflite_split},
    {Code::SPLIT_V, import_tflite_split_v},
    {Code::SQRT, with<import_tflite_unary, kSqrt>},
    {Code::SQUARE, import_tflite_square},
    {Code::SQUARED_DIFFERENCE, import_tflite_squared_difference},
    {Code::SQUEEZE, import_tflite_squeeze},
    {Code::STRIDED_SLICE, import_tflite_strided_slice},
    {Code::SUB, import_tflite_sub},
    {Code::SUM, with<import_tflite_reduce, kReduceSum>},
    {Code::TANH, with<import_tflite_unary, kTanh>},
    {Code::TILE, import_tflite_tile},
    {Code::TRANSPOSE, import_tflite_transpose},
    {Code::TRANSPOSE_CONV, import_tflite_transpose_conv},
    {Code::UNPACK, import_tflite_unpack},
});

constexpr auto kCustomOperators = std::to_array<TfliteCustomOperator>({
    {"Convolution2DTransposeBias", import_tflite_transpose_conv_bias},
});

}  // namespace

std::span<const TfliteOperator> tflite_operators() { return kOperators; }
std::span<const TfliteCustomOperator> tflite_custom_operators() { return kCustomOperators; }

TfliteHandler find_tflite_operator(tfl3::BuiltinOperator code, std::string_view custom_name) {
  if (code == Code::CUSTOM) {
    for (const TfliteCustomOperator& entry : kCustomOperators)
      if (entry.name == custom_name) return entry.import;
    return nullptr;
  }
  for (const TfliteOperator& entry : kOperators)
    if (entry.code == code) return entry.import;
  return nullptr;
}

}  // namespace octet
