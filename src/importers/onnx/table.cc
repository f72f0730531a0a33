// SPDX-License-Identifier: Apache-2.0
// The operators Octet imports, and since which opset each exists. https://onnx.ai/onnx/operators/
#include <algorithm>
#include <array>

#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/lines.h"
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
    {"Acos", 7, with<import_elementwise, kAcos>},
    {"Acosh", 9, with<import_elementwise, kAcosh>},
    {"Add", 1, with<import_elementwise, kAdd>},
    {"And", 1, with<import_elementwise, kAnd>},
    {"ArgMax", 1, with<import_arg_extreme, kArgMax>},
    {"ArgMin", 1, with<import_arg_extreme, kArgMin>},
    {"Asin", 7, with<import_elementwise, kAsin>},
    {"Asinh", 9, with<import_elementwise, kAsinh>},
    {"Atan", 7, with<import_elementwise, kAtan>},
    {"Atanh", 9, with<import_elementwise, kAtanh>},
    {"AveragePool", 1, import_average_pool},
    {"BatchNormalization", 1, import_batch_normalization},
    {"BitShift", 11, import_bit_shift},
    {"BitwiseAnd", 18, with<import_elementwise, kBitwiseAnd>},
    {"BitwiseNot", 18, import_bitwise_not},
    {"BitwiseOr", 18, with<import_elementwise, kBitwiseOr>},
    {"BitwiseXor", 18, with<import_elementwise, kBitwiseXor>},
    {"Cast", 1, import_cast},
    {"CastLike", 15, import_cast_like},
    {"Ceil", 1, with<import_elementwise, kCeil>},
    {"Celu", 12, import_celu},
    {"CenterCropPad", 18, import_center_crop_pad},
    {"Clip", 1, import_clip},
    {"Col2Im", 18, import_col2im},
    {"Compress", 9, import_compress},
    {"Concat", 1, import_concat},
    {"Constant", 1, import_constant},
    {"ConstantOfShape", 9, import_constant_of_shape},
    {"Conv", 1, import_conv},
    {"ConvInteger", 10, import_conv_integer},
    {"Cos", 7, with<import_elementwise, kCos>},
    {"Cosh", 9, with<import_elementwise, kCosh>},
    {"CumSum", 11, import_cum_sum},
    {"DepthToSpace", 1, import_depth_to_space},
    {"DequantizeLinear", 10, import_dequantize_linear},
    {"Det", 11, with<import_elementwise, kDet>},
    {"Div", 1, with<import_elementwise, kDiv>},
    {"Dropout", 1, import_dropout},
    {"DynamicQuantizeLinear", 11, import_dynamic_quantize_linear},
    {"Einsum", 12, import_einsum},
    {"Elu", 1, import_elu},
    {"Equal", 1, with<import_elementwise, kEqual>},
    {"Erf", 9, with<import_elementwise, kErf>},
    {"Exp", 1, with<import_elementwise, kExp>},
    {"Expand", 8, import_expand},
    {"EyeLike", 9, import_eye_like},
    {"Flatten", 1, import_flatten},
    {"Floor", 1, with<import_elementwise, kFloor>},
    {"Gather", 1, import_gather},
    {"GatherElements", 11, import_gather_elements},
    {"GatherND", 11, import_gather_nd},
    {"Gelu", 20, import_gelu},
    {"Gemm", 1, import_gemm},
    {"GlobalAveragePool", 1, import_global_average_pool},
    {"GlobalMaxPool", 1, import_global_max_pool},
    {"Greater", 1, with<import_elementwise, kGreater>},
    {"GreaterOrEqual", 12, with<import_elementwise, kGreaterEqual>},
    {"HardSigmoid", 1, import_hard_sigmoid},
    {"HardSwish", 14, with<import_elementwise, kHardSwish>},
    {"Hardmax", 1, with<import_softmax, kHardmax>},
    {"Identity", 1, with<import_elementwise, kIdentity>},
    {"If", 1, import_if},
    {"InstanceNormalization", 1, import_instance_normalization},
    {"IsInf", 10, import_is_inf},
    {"IsNaN", 9, with<import_elementwise, kIsNan>},
    {"LRN", 1, import_lrn},
    {"LayerNormalization", 17, import_layer_normalization},
    {"LeakyRelu", 1, import_leaky_relu},
    {"Less", 1, with<import_elementwise, kLess>},
    {"LessOrEqual", 12, with<import_elementwise, kLessEqual>},
    {"Log", 1, with<import_elementwise, kLog>},
    {"LogSoftmax", 1, with<import_softmax, kLogSoftmax>},
    {"Loop", 1, import_loop},
    {"MatMul", 1, import_matmul},
    {"MatMulInteger", 10, import_matmul_integer},
    {"Max", 1, with<import_variadic, kMaximum>},
    {"MaxPool", 1, import_max_pool},
    {"Mean", 1, import_mean},
    {"MeanVarianceNormalization", 9, import_mean_variance_normalization},
    {"Min", 1, with<import_variadic, kMinimum>},
    {"Mish", 18, with<import_elementwise, kMish>},
    {"Mod", 10, import_mod},
    {"Mul", 1, with<import_elementwise, kMul>},
    {"Neg", 1, with<import_elementwise, kNeg>},
    {"NonMaxSuppression", 10, import_non_max_suppression},
    {"NonZero", 9, import_non_zero},
    {"Not", 1, with<import_elementwise, kNot>},
    {"OneHot", 9, import_one_hot},
    {"Or", 1, with<import_elementwise, kOr>},
    {"PRelu", 1, with<import_elementwise, kPrelu>},
    {"Pad", 1, import_pad},
    {"Pow", 1, import_pow},
    {"QLinearConv", 10, import_q_linear_conv},
    {"QLinearMatMul", 10, import_q_linear_matmul},
    {"QuantizeLinear", 10, import_quantize_linear},
    {"RMSNormalization", 23, import_rms_normalization},
    {"Range", 11, import_range},
    {"Reciprocal", 1, with<import_elementwise, kReciprocal>},
    {"ReduceL1", 1, with<import_reduce, kReduceL1>},
    {"ReduceL2", 1, with<import_reduce, kReduceL2>},
    {"ReduceLogSum", 1, with<import_reduce, kReduceLogSum>},
    {"ReduceLogSumExp", 1, with<import_reduce, kReduceLogSumExp>},
    {"ReduceMax", 1, with<import_reduce, kReduceMax>},
    {"ReduceMean", 1, with<import_reduce, kReduceMean>},
    {"ReduceMin", 1, with<import_reduce, kReduceMin>},
    {"ReduceProd", 1, with<import_reduce, kReduceProd>},
    {"ReduceSum", 1, with<import_reduce, kReduceSum>},
    {"ReduceSumSquare", 1, with<import_reduce, kReduceSumSquare>},
    {"Relu", 1, with<import_elementwise, kRelu>},
    {"Reshape", 1, import_reshape},
    {"Resize", 10, import_resize},
    {"ReverseSequence", 10, import_reverse_sequence},
    {"Round", 11, with<import_elementwise, kRound>},
    {"Scan", 9, import_scan},
    {"Scatter", 9, import_scatter_elements},
    {"ScatterElements", 11, import_scatter_elements},
    {"ScatterND", 11, import_scatter_nd},
    {"Selu", 6, import_selu},
    {"Shape", 1, import_shape},
    {"Shrink", 9, import_shrink},
    {"Sigmoid", 1, with<import_elementwise, kSigmoid>},
    {"Sign", 9, with<import_elementwise, kSign>},
    {"Sin", 7, with<import_elementwise, kSin>},
    {"Sinh", 9, with<import_elementwise, kSinh>},
    {"Size", 1, import_size},
    {"Slice", 1, import_slice},
    {"Softmax", 1, with<import_softmax, kSoftmax>},
    {"Softplus", 1, with<import_elementwise, kSoftplus>},
    {"Softsign", 1, with<import_elementwise, kSoftsign>},
    {"SpaceToDepth", 1, import_space_to_depth},
    {"Split", 1, import_split},
    {"Sqrt", 1, with<import_elementwise, kSqrt>},
    {"Squeeze", 1, import_squeeze},
    {"Sub", 1, with<import_elementwise, kSub>},
    {"Sum", 1, with<import_variadic, kAdd>},
    {"Tan", 7, with<import_elementwise, kTan>},
    {"Tanh", 1, with<import_elementwise, kTanh>},
    {"ThresholdedRelu", 10, import_thresholded_relu},
    {"Tile", 6, import_tile},
    {"TopK", 1, import_top_k},
    {"Transpose", 1, import_transpose},
    {"Trilu", 14, import_trilu},
    {"Unique", 11, import_unique},
    {"Unsqueeze", 1, import_unsqueeze},
    {"Upsample", 7, import_upsample},
    {"Where", 9, import_where},
    {"Xor", 1, with<import_elementwise, kXor>},
    {"com.microsoft::MatMulNBits", 1, import_matmul_n_bits},
});

static_assert(std::is_sorted(kOperators.begin(), kOperators.end(),
                             [](const OnnxOperator& a, const OnnxOperator& b) { return a.type < b.type; }));

}  // namespace

std::span<const OnnxOperator> all_onnx_operators() { return kOperators; }

const OnnxOperator* find_onnx_operator(std::string_view type) {
  const auto found = std::lower_bound(kOperators.begin(), kOperators.end(), type,
                                      [](const OnnxOperator& a, std::string_view t) { return a.type < t; });
  return found != kOperators.end() && found->type == type ? &*found : nullptr;
}

}  // namespace octet
