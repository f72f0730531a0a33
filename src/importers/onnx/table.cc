// SPDX-License-Identifier: Apache-2.0
// The operators Octet imports, and since which opset each exists. https://onnx.ai/onnx/operators/
#include <algorithm>
#include <array>

#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

// A handler that serves several operators, for one of them.
template <auto function, const Op& op>
Result<void> with(const OnnxNode& node, OnnxGraph& graph) {
  return function(node, graph, op);
}

constexpr auto kOperators = std::to_array<OnnxOperator>({
    {"Abs", 1, with<import_elementwise, kAbs>},
    {"Add", 1, with<import_elementwise, kAdd>},
    {"And", 1, with<import_elementwise, kAnd>},
    {"ArgMax", 1, import_arg_max},
    {"AveragePool", 1, import_average_pool},
    {"BatchNormalization", 1, import_batch_normalization},
    {"Cast", 1, import_cast},
    {"Ceil", 1, with<import_elementwise, kCeil>},
    {"Clip", 1, import_clip},
    {"Concat", 1, import_concat},
    {"Constant", 1, import_constant},
    {"ConstantOfShape", 9, import_constant_of_shape},
    {"Conv", 1, import_conv},
    {"Cos", 7, with<import_elementwise, kCos>},
    {"DepthToSpace", 1, import_depth_to_space},
    {"Div", 1, with<import_elementwise, kDiv>},
    {"Dropout", 1, import_dropout},
    {"Elu", 1, import_elu},
    {"Equal", 1, with<import_elementwise, kEqual>},
    {"Erf", 9, with<import_elementwise, kErf>},
    {"Exp", 1, with<import_elementwise, kExp>},
    {"Expand", 8, import_expand},
    {"Flatten", 1, import_flatten},
    {"Floor", 1, with<import_elementwise, kFloor>},
    {"Gather", 1, import_gather},
    {"Gelu", 20, import_gelu},
    {"Gemm", 1, import_gemm},
    {"GlobalAveragePool", 1, import_global_average_pool},
    {"GlobalMaxPool", 1, import_global_max_pool},
    {"Greater", 1, with<import_elementwise, kGreater>},
    {"GreaterOrEqual", 12, with<import_elementwise, kGreaterEqual>},
    {"HardSigmoid", 1, import_hard_sigmoid},
    {"HardSwish", 14, with<import_elementwise, kHardSwish>},
    {"Identity", 1, with<import_elementwise, kIdentity>},
    {"InstanceNormalization", 1, import_instance_normalization},
    {"LRN", 1, import_lrn},
    {"LayerNormalization", 17, import_layer_normalization},
    {"LeakyRelu", 1, import_leaky_relu},
    {"Less", 1, with<import_elementwise, kLess>},
    {"LessOrEqual", 12, with<import_elementwise, kLessEqual>},
    {"Log", 1, with<import_elementwise, kLog>},
    {"LogSoftmax", 1, with<import_softmax, kLogSoftmax>},
    {"MatMul", 1, import_matmul},
    {"Max", 1, with<import_variadic, kMaximum>},
    {"MaxPool", 1, import_max_pool},
    {"Mean", 1, import_mean},
    {"Min", 1, with<import_variadic, kMinimum>},
    {"Mish", 18, import_mish},
    {"Mul", 1, with<import_elementwise, kMul>},
    {"Neg", 1, with<import_elementwise, kNeg>},
    {"Not", 1, with<import_elementwise, kNot>},
    {"Or", 1, with<import_elementwise, kOr>},
    {"PRelu", 1, with<import_elementwise, kPrelu>},
    {"Pad", 1, import_pad},
    {"Pow", 1, import_pow},
    {"Range", 11, import_range},
    {"Reciprocal", 1, with<import_elementwise, kReciprocal>},
    {"ReduceL2", 1, with<import_reduce, kReduceL2>},
    {"ReduceMax", 1, with<import_reduce, kReduceMax>},
    {"ReduceMean", 1, with<import_reduce, kReduceMean>},
    {"ReduceMin", 1, with<import_reduce, kReduceMin>},
    {"ReduceProd", 1, with<import_reduce, kReduceProd>},
    {"ReduceSum", 1, with<import_reduce, kReduceSum>},
    {"ReduceSumSquare", 1, with<import_reduce, kReduceSumSquare>},
    {"Relu", 1, with<import_elementwise, kRelu>},
    {"Reshape", 1, import_reshape},
    {"Resize", 10, import_resize},
    {"Round", 11, with<import_elementwise, kRound>},
    {"Shape", 1, import_shape},
    {"Sigmoid", 1, with<import_elementwise, kSigmoid>},
    {"Sign", 9, with<import_elementwise, kSign>},
    {"Sin", 7, with<import_elementwise, kSin>},
    {"Size", 1, import_size},
    {"Slice", 1, import_slice},
    {"Softmax", 1, with<import_softmax, kSoftmax>},
    {"Softplus", 1, with<import_elementwise, kSoftplus>},
    {"SpaceToDepth", 1, import_space_to_depth},
    {"Split", 1, import_split},
    {"Sqrt", 1, with<import_elementwise, kSqrt>},
    {"Squeeze", 1, import_squeeze},
    {"Sub", 1, with<import_elementwise, kSub>},
    {"Sum", 1, with<import_variadic, kAdd>},
    {"Tanh", 1, with<import_elementwise, kTanh>},
    {"Tile", 6, import_tile},
    {"Transpose", 1, import_transpose},
    {"Unsqueeze", 1, import_unsqueeze},
    {"Upsample", 7, import_upsample},
    {"Where", 9, import_where},
});

static_assert(std::is_sorted(kOperators.begin(), kOperators.end(),
                             [](const OnnxOperator& a, const OnnxOperator& b) { return a.type < b.type; }));

}  // namespace

const OnnxOperator* find_onnx_operator(std::string_view type) {
  const auto found = std::lower_bound(kOperators.begin(), kOperators.end(), type,
                                      [](const OnnxOperator& a, std::string_view t) { return a.type < t; });
  return found != kOperators.end() && found->type == type ? &*found : nullptr;
}

}  // namespace octet
