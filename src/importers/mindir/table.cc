// SPDX-License-Identifier: Apache-2.0
// The operators of MindSpore that Octet imports. docs/formats/mindir.md
#include <array>

#include "importers/mindir/handlers.h"
#include "ops/binary.h"
#include "ops/pool2d.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

// A handler that serves several operators, for one of them.
template <auto function, const Op& op>
Result<void> with(MindirNode& node) {
  return function(node, op);
}

constexpr auto kOperators = std::to_array<MindirOperator>({
    {"Abs", with<import_mindir_unary, kAbs>},
    {"Add", with<import_mindir_binary, kAdd>},
    {"AvgPool", with<import_mindir_pool, kAvgPool2d>},
    {"BatchMatMul", import_mindir_matmul},
    {"BatchNorm", import_mindir_batch_norm},
    {"BiasAdd", import_mindir_bias_add},
    {"BroadcastTo", import_mindir_broadcast_to},
    {"Cast", import_mindir_cast},
    {"Ceil", with<import_mindir_unary, kCeil>},
    {"Concat", import_mindir_concat},
    {"Conv2D", import_mindir_conv2d},
    {"Cos", with<import_mindir_unary, kCos>},
    {"Dense", import_mindir_dense},
    {"Depend", import_mindir_first},
    {"Div", with<import_mindir_binary, kDiv>},
    {"Equal", with<import_mindir_logic, kEqual>},
    {"Erf", with<import_mindir_unary, kErf>},
    {"Exp", with<import_mindir_unary, kExp>},
    {"ExpandDims", import_mindir_expand_dims},
    {"Flatten", import_mindir_flatten},
    {"Floor", with<import_mindir_unary, kFloor>},
    {"Gather", import_mindir_gather},
    {"GeLU", import_mindir_gelu},
    {"Greater", with<import_mindir_logic, kGreater>},
    {"GreaterEqual", with<import_mindir_logic, kGreaterEqual>},
    {"HSigmoid", import_mindir_hsigmoid},
    {"HSwish", with<import_mindir_unary, kHardSwish>},
    {"Identity", import_mindir_first},
    {"LayerNorm", import_mindir_layer_norm},
    {"Less", with<import_mindir_logic, kLess>},
    {"LessEqual", with<import_mindir_logic, kLessEqual>},
    {"Load", import_mindir_first},
    {"Log", with<import_mindir_unary, kLog>},
    {"LogSoftmax", with<import_mindir_softmax, kLogSoftmax>},
    {"LogicalAnd", with<import_mindir_logic, kAnd>},
    {"LogicalNot", with<import_mindir_unary, kNot>},
    {"LogicalOr", with<import_mindir_logic, kOr>},
    {"MakeTuple", import_mindir_make_tuple},
    {"MatMul", import_mindir_matmul},
    {"MaxPool", with<import_mindir_pool, kMaxPool2d>},
    {"Maximum", with<import_mindir_binary, kMaximum>},
    {"Minimum", with<import_mindir_binary, kMinimum>},
    {"Mul", with<import_mindir_binary, kMul>},
    {"Muls", with<import_mindir_binary, kMul>},
    {"Neg", with<import_mindir_unary, kNeg>},
    {"NotEqual", import_mindir_not_equal},
    {"PReLU", import_mindir_prelu},
    {"Pad", import_mindir_pad},
    {"Pow", with<import_mindir_binary, kPow>},
    {"ReLU", with<import_mindir_unary, kRelu>},
    {"ReLU6", with<import_mindir_unary, kRelu6>},
    {"RealDiv", with<import_mindir_binary, kDiv>},
    {"Reciprocal", with<import_mindir_unary, kReciprocal>},
    {"ReduceMax", with<import_mindir_reduce, kReduceMax>},
    {"ReduceMean", with<import_mindir_reduce, kReduceMean>},
    {"ReduceMin", with<import_mindir_reduce, kReduceMin>},
    {"ReduceSum", with<import_mindir_reduce, kReduceSum>},
    {"Reshape", import_mindir_reshape},
    {"Rsqrt", import_mindir_rsqrt},
    {"Select", import_mindir_select},
    {"Sigmoid", with<import_mindir_unary, kSigmoid>},
    {"Sin", with<import_mindir_unary, kSin>},
    {"SiLU", with<import_mindir_unary, kSilu>},
    {"Slice", import_mindir_slice},
    {"Softmax", with<import_mindir_softmax, kSoftmax>},
    {"Softplus", with<import_mindir_unary, kSoftplus>},
    {"Split", import_mindir_split},
    {"Sqrt", with<import_mindir_unary, kSqrt>},
    {"Square", import_mindir_square},
    {"SquaredDifference", import_mindir_squared_difference},
    {"Squeeze", import_mindir_squeeze},
    {"StridedSlice", import_mindir_strided_slice},
    {"Sub", with<import_mindir_binary, kSub>},
    {"Tanh", with<import_mindir_unary, kTanh>},
    {"TensorAdd", with<import_mindir_binary, kAdd>},
    {"Tile", import_mindir_tile},
    {"Transpose", import_mindir_transpose},
    {"TupleGetItem", import_mindir_tuple_get_item},
    {"UpdateState", import_mindir_nothing},
});

}  // namespace

std::span<const MindirOperator> mindir_operators() { return kOperators; }

MindirHandler find_mindir_operator(std::string_view type) {
  for (const MindirOperator& entry : kOperators)
    if (entry.type == type) return entry.import;
  return nullptr;
}

}  // namespace octet
