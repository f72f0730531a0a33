// SPDX-License-Identifier: Apache-2.0
// The operators of TensorFlow that Octet imports. docs/formats/tensorflow.md
#include <array>

#include "importers/tensorflow/handlers.h"
#include "ops/binary.h"
#include "ops/pool2d.h"
#include "ops/reduce.h"
#include "ops/unary.h"

namespace octet {
namespace {

// A handler that serves several operators, for one of them.
template <auto function, const Op& op>
Result<void> with(TfNode& node) {
  return function(node, op);
}
template <ResizeMode mode>
Result<void> resize(TfNode& node) {
  return import_tf_resize(node, mode);
}

// Const, Placeholder and variables are the importer's own.
constexpr auto kOperators = std::to_array<TfOperator>({
    {"Abs", with<import_tf_unary, kAbs>},
    {"Add", with<import_tf_binary, kAdd>},
    {"AddN", import_tf_add_n},
    {"AddV2", with<import_tf_binary, kAdd>},
    {"ArgMax", import_tf_arg_max},
    {"ArgMin", import_tf_arg_min},
    {"AvgPool", with<import_tf_pool, kAvgPool2d>},
    {"BatchMatMul", import_tf_batch_matmul},
    {"BatchMatMulV2", import_tf_batch_matmul},
    {"BatchMatMulV3", import_tf_batch_matmul},
    {"BiasAdd", import_tf_bias_add},
    {"BroadcastTo", import_tf_broadcast_to},
    {"Cast", import_tf_cast},
    {"Ceil", with<import_tf_unary, kCeil>},
    {"CheckNumerics", import_tf_identity},
    {"Concat", import_tf_concat},
    {"ConcatV2", import_tf_concat_v2},
    {"Conv2D", import_tf_conv2d},
    {"Conv2DBackpropInput", import_tf_conv2d_backprop_input},
    {"Cos", with<import_tf_unary, kCos>},
    {"DepthToSpace", import_tf_depth_to_space},
    {"DepthwiseConv2dNative", import_tf_depthwise_conv2d},
    {"Div", with<import_tf_binary, kDiv>},
    {"Elu", import_tf_elu},
    {"EnsureShape", import_tf_identity},
    {"Equal", with<import_tf_logic, kEqual>},
    {"Erf", with<import_tf_unary, kErf>},
    {"Erfc", import_tf_lowered_1<lower_erfc>},
    {"Exp", with<import_tf_unary, kExp>},
    {"ExpandDims", import_tf_expand_dims},
    {"Fill", import_tf_fill},
    {"Floor", with<import_tf_unary, kFloor>},
    {"FloorDiv", import_tf_lowered_2<lower_floor_div>},
    {"FloorMod", import_tf_lowered_2<lower_floor_mod>},
    {"FusedBatchNorm", import_tf_fused_batch_norm},
    {"FusedBatchNormV2", import_tf_fused_batch_norm},
    {"FusedBatchNormV3", import_tf_fused_batch_norm},
    {"Gather", import_tf_gather},
    {"GatherV2", import_tf_gather},
    {"Greater", with<import_tf_logic, kGreater>},
    {"GreaterEqual", with<import_tf_logic, kGreaterEqual>},
    {"Identity", import_tf_identity},
    {"IdentityN", import_tf_identity},
    {"LRN", import_tf_lrn},
    {"LeakyRelu", import_tf_leaky_relu},
    {"Less", with<import_tf_logic, kLess>},
    {"LessEqual", with<import_tf_logic, kLessEqual>},
    {"Log", with<import_tf_unary, kLog>},
    {"LogSoftmax", import_tf_log_softmax},
    {"LogicalAnd", with<import_tf_logic, kAnd>},
    {"LogicalNot", with<import_tf_unary, kNot>},
    {"LogicalOr", with<import_tf_logic, kOr>},
    {"MatMul", import_tf_matmul},
    {"Max", with<import_tf_reduce, kReduceMax>},
    {"MaxPool", with<import_tf_pool, kMaxPool2d>},
    {"Maximum", with<import_tf_binary, kMaximum>},
    {"Mean", with<import_tf_reduce, kReduceMean>},
    {"Min", with<import_tf_reduce, kReduceMin>},
    {"Minimum", with<import_tf_binary, kMinimum>},
    {"MirrorPad", import_tf_mirror_pad},
    {"Mul", with<import_tf_binary, kMul>},
    {"Neg", with<import_tf_unary, kNeg>},
    {"NotEqual", import_tf_lowered_2<lower_not_equal>},
    {"Pack", import_tf_pack},
    {"Pad", import_tf_pad},
    {"PadV2", import_tf_pad},
    {"PlaceholderWithDefault", import_tf_identity},
    {"Pow", with<import_tf_binary, kPow>},
    {"PreventGradient", import_tf_identity},
    {"Prod", with<import_tf_reduce, kReduceProd>},
    {"Range", import_tf_range},
    {"Rank", import_tf_rank},
    {"ReadVariableOp", import_tf_identity},
    {"RealDiv", with<import_tf_binary, kDiv>},
    {"Reciprocal", with<import_tf_unary, kReciprocal>},
    {"Relu", with<import_tf_unary, kRelu>},
    {"Relu6", with<import_tf_unary, kRelu6>},
    {"Reshape", import_tf_reshape},
    {"ResizeBilinear", resize<ResizeMode::kLinear>},
    {"ResizeNearestNeighbor", resize<ResizeMode::kNearest>},
    {"ResourceGather", import_tf_gather},
    {"Round", with<import_tf_unary, kRound>},
    {"Rsqrt", import_tf_lowered_1<lower_rsqrt>},
    {"Select", import_tf_select},
    {"SelectV2", import_tf_select},
    {"Shape", import_tf_shape},
    {"Sigmoid", with<import_tf_unary, kSigmoid>},
    {"Sign", with<import_tf_unary, kSign>},
    {"Sin", with<import_tf_unary, kSin>},
    {"Slice", import_tf_slice},
    {"Snapshot", import_tf_identity},
    {"Softmax", import_tf_softmax},
    {"Softplus", with<import_tf_unary, kSoftplus>},
    {"SpaceToDepth", import_tf_space_to_depth},
    {"Split", import_tf_split},
    {"SplitV", import_tf_split_v},
    {"Sqrt", with<import_tf_unary, kSqrt>},
    {"Square", import_tf_lowered_1<lower_square>},
    {"SquaredDifference", import_tf_lowered_2<lower_squared_difference>},
    {"Squeeze", import_tf_squeeze},
    {"StopGradient", import_tf_identity},
    {"StridedSlice", import_tf_strided_slice},
    {"Sub", with<import_tf_binary, kSub>},
    {"Sum", with<import_tf_reduce, kReduceSum>},
    {"Tanh", with<import_tf_unary, kTanh>},
    {"Tile", import_tf_tile},
    {"Transpose", import_tf_transpose},
    {"Unpack", import_tf_unpack},
});

}  // namespace

std::span<const TfOperator> tf_operators() { return kOperators; }

TfHandler find_tf_operator(std::string_view type) {
  for (const TfOperator& entry : kOperators)
    if (entry.type == type) return entry.import;
  return nullptr;
}

}  // namespace octet
