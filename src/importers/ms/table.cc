// SPDX-License-Identifier: Apache-2.0
// The operators of the format that Octet imports. docs/formats/ms.md
#include <array>

#include "importers/ms/handlers.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

using Type = msl2::PrimitiveType;

// A handler that serves several operators, for one of them.
template <auto function, const Op& op>
Result<void> with(const MsNode& node, MsGraph& graph) {
  return function(node, graph, op);
}

template <typename Table, const Op& op>
Result<void> fused(const MsNode& node, MsGraph& graph) {
  return import_ms_fused_binary(node, graph, op, node.table<Table>().activation_type());
}

constexpr auto kOperators = std::to_array<MsOperator>({
    {Type::Abs, with<import_ms_unary, kAbs>},
    {Type::Activation, import_ms_activation},
    {Type::AddFusion, fused<msl2::AddFusion, kAdd>},
    {Type::AddN, import_ms_add_n},
    {Type::ArgMaxFusion, import_ms_arg_max},
    {Type::ArgMinFusion, import_ms_arg_min},
    {Type::AvgPoolFusion, import_ms_avg_pool},
    {Type::BatchNorm, import_ms_batch_norm},
    {Type::BiasAdd, with<import_ms_binary, kAdd>},
    {Type::BroadcastTo, import_ms_broadcast_to},
    {Type::Cast, import_ms_cast},
    {Type::Ceil, with<import_ms_unary, kCeil>},
    {Type::Clip, import_ms_clip},
    {Type::Concat, import_ms_concat},
    {Type::Conv2DFusion, import_ms_conv2d},
    {Type::Cos, with<import_ms_unary, kCos>},
    {Type::CumSum, import_ms_cum_sum},
    {Type::DivFusion, fused<msl2::DivFusion, kDiv>},
    {Type::Dropout, with<import_ms_unary, kDropout>},
    {Type::Eltwise, import_ms_eltwise},
    {Type::Elu, import_ms_elu},
    {Type::Equal, with<import_ms_logic, kEqual>},
    {Type::Erf, with<import_ms_unary, kErf>},
    {Type::ExpandDims, import_ms_expand_dims},
    {Type::ExpFusion, import_ms_exp},
    {Type::Flatten, import_ms_flatten},
    {Type::Floor, with<import_ms_unary, kFloor>},
    {Type::FullConnection, import_ms_full_connection},
    {Type::FusedBatchNorm, import_ms_fused_batch_norm},
    {Type::Gather, import_ms_gather},
    {Type::GatherD, import_ms_gather_d},
    {Type::GatherNd, import_ms_gather_nd},
    {Type::Greater, with<import_ms_logic, kGreater>},
    {Type::GreaterEqual, with<import_ms_logic, kGreaterEqual>},
    {Type::GRU, import_ms_gru},
    {Type::InstanceNorm, import_ms_instance_norm},
    {Type::LayerNormFusion, import_ms_layer_norm},
    {Type::LeakyRelu, import_ms_leaky_relu},
    {Type::Less, with<import_ms_logic, kLess>},
    {Type::LessEqual, with<import_ms_logic, kLessEqual>},
    {Type::Log, with<import_ms_unary, kLog>},
    {Type::LogicalAnd, with<import_ms_logic, kAnd>},
    {Type::LogicalNot, with<import_ms_unary, kNot>},
    {Type::LogicalOr, with<import_ms_logic, kOr>},
    {Type::LogSoftmax, import_ms_log_softmax},
    {Type::LRN, import_ms_lrn},
    {Type::LSTM, import_ms_lstm},
    {Type::MatMulFusion, import_ms_matmul},
    {Type::DynamicQuant, import_ms_dynamic_quant},
    {Type::Maximum, with<import_ms_binary, kMaximum>},
    {Type::MaxPoolFusion, import_ms_max_pool},
    {Type::Minimum, with<import_ms_binary, kMinimum>},
    {Type::MulFusion, fused<msl2::MulFusion, kMul>},
    {Type::Neg, with<import_ms_unary, kNeg>},
    {Type::NotEqual, import_ms_not_equal},
    {Type::PadFusion, import_ms_pad},
    {Type::PowFusion, import_ms_pow},
    {Type::PReLUFusion, import_ms_prelu},
    {Type::QuantDTypeCast, import_ms_quant_cast},
    {Type::RealDiv, with<import_ms_binary, kDiv>},
    {Type::Reciprocal, with<import_ms_unary, kReciprocal>},
    {Type::ReduceFusion, import_ms_reduce},
    {Type::Reshape, import_ms_reshape},
    {Type::Resize, import_ms_resize},
    {Type::ReverseSequence, import_ms_reverse_sequence},
    {Type::Round, with<import_ms_unary, kRound>},
    {Type::Rsqrt, import_ms_rsqrt},
    {Type::ScaleFusion, import_ms_scale},
    {Type::ScatterElements, import_ms_scatter_elements},
    {Type::ScatterNdUpdate, import_ms_scatter_nd_update},
    {Type::Select, import_ms_where},
    {Type::Shape, import_ms_shape},
    {Type::Sin, with<import_ms_unary, kSin>},
    {Type::Size, import_ms_size},
    {Type::SliceFusion, import_ms_slice},
    {Type::Softmax, import_ms_softmax},
    {Type::Split, import_ms_split},
    {Type::Sqrt, with<import_ms_unary, kSqrt>},
    {Type::Square, import_ms_square},
    {Type::SquaredDifference, import_ms_squared_difference},
    {Type::Squeeze, import_ms_squeeze},
    {Type::StridedSlice, import_ms_strided_slice},
    {Type::SubFusion, fused<msl2::SubFusion, kSub>},
    {Type::TileFusion, import_ms_tile},
    {Type::TopKFusion, import_ms_top_k},
    {Type::Transpose, import_ms_transpose},
    {Type::Unsqueeze, import_ms_unsqueeze},
    {Type::Where, import_ms_where},
});

}  // namespace

const MsOperator* find_ms_operator(msl2::PrimitiveType type) {
  for (const MsOperator& entry : kOperators)
    if (entry.type == type) return &entry;
  return nullptr;
}

}  // namespace octet
