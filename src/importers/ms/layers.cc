// SPDX-License-Identifier: Apache-2.0
// Layers with weights, and pooling.
#include "importers/ms/handlers.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/pool2d.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {
namespace {

// pad_list [top, bottom, left, right] counts in mode PAD only.
template <typename Attrs>
Result<void> read_padding(const MsNode& node, msl2::PadMode mode, const MsList* pads, Attrs& attrs) {
  OCTET_RETURN_IF_ERROR(node.check_enumerator(mode, "pad_mode"));
  if (mode == msl2::PadMode::SAME) attrs.pad_mode = PadMode::kSameUpper;
  if (mode != msl2::PadMode::PAD) return {};
  OCTET_ASSIGN_OR_RETURN(const auto values, node.list(pads, "pad_list", 4));
  if (values.empty()) return {};
  if (values.size() != 4) return node.error(ErrorCode::kInvalidModel, "has {} pads, expected 4", values.size());
  for (std::size_t i = 0; i < 4; ++i) {
    attrs.pads[i] = values[i];
    if (values[i] < 0) return node.error(ErrorCode::kUnsupported, "has a negative pad, {}", values[i]);
  }
  return {};
}

Result<void> expect_nhwc(const MsNode& node, msl2::Format format) {
  if (format == msl2::Format::NHWC) return {};
  return node.error(ErrorCode::kUnsupported, "its format is {} ({}), expected 1 (NHWC)", static_cast<int>(format),
                    msl2::EnumNameFormat(format));
}

}  // namespace

// Weights are [K, kh, kw, C / group], as ours; a group of 0 is the schema's default and means 1.
Result<void> import_ms_conv2d(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::Conv2DFusion>();
  OCTET_RETURN_IF_ERROR(expect_nhwc(node, table.format()));
  Conv2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.strides, node.pair(table.stride(), "stride", {1, 1}));
  OCTET_ASSIGN_OR_RETURN(attrs.dilations, node.pair(table.dilation(), "dilation", {1, 1}));
  OCTET_RETURN_IF_ERROR(read_padding(node, table.pad_mode(), table.pad_list(), attrs));
  attrs.group = table.group() == 0 ? 1 : table.group();
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, graph.input(node, 1));
  std::vector<TensorId> inputs = {src, weights};
  if (node.num_inputs() > 2) {
    OCTET_ASSIGN_OR_RETURN(const TensorId bias, graph.input(node, 2));
    inputs.push_back(bias);
  }
  return graph.add_activated(node, kConv2d, attrs, inputs, table.activation_type());
}

namespace {

template <typename Table>
Result<void> import_pool(const MsNode& node, MsGraph& graph, const Op& op) {
  const auto& table = node.table<Table>();
  OCTET_RETURN_IF_ERROR(expect_nhwc(node, table.format()));
  OCTET_RETURN_IF_ERROR(node.check_enumerator(table.round_mode(), "round_mode"));
  Pool2dAttrs attrs;
  attrs.global = table.global();
  if (!attrs.global) {
    OCTET_ASSIGN_OR_RETURN(attrs.kernel, node.pair(table.kernel_size(), "kernel_size", {0, 0}));
    OCTET_ASSIGN_OR_RETURN(attrs.strides, node.pair(table.strides(), "strides", {1, 1}));
    OCTET_RETURN_IF_ERROR(read_padding(node, table.pad_mode(), table.pad(), attrs));
    attrs.ceil_mode = table.round_mode() == msl2::RoundMode::CEIL;
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add_activated(node, op, attrs, {src}, table.activation_type());
}

}  // namespace

Result<void> import_ms_max_pool(const MsNode& node, MsGraph& graph) {
  return import_pool<msl2::MaxPoolFusion>(node, graph, kMaxPool2d);
}
Result<void> import_ms_avg_pool(const MsNode& node, MsGraph& graph) {
  return import_pool<msl2::AvgPoolFusion>(node, graph, kAvgPool2d);
}

namespace {

// src as [dimensions before axis, K]; K is the rest multiplied. Without use_axis K is that of the weights.
Result<TensorId> flattened(const MsNode& node, MsGraph& graph, TensorId src, std::int64_t k) {
  const auto& table = node.table<msl2::FullConnection>();
  const std::size_t rank = graph.shape(src).size();
  ReshapeAttrs attrs;
  if (table.use_axis()) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.axis(node, table.axis(), rank));
    if (axis + 1 == static_cast<std::int64_t>(rank)) return src;
    attrs.shape.assign(static_cast<std::size_t>(axis), 0);
    attrs.shape.push_back(-1);
  } else {
    if (rank == 2 && graph.shape(src)[1] == k) return src;
    attrs.shape = {-1, k};
  }
  const auto quant = graph.tensor(src).quant;
  return graph.add_inner(node, "flattened", kReshape, attrs, {src}, quant);
}

}  // namespace

// Caffe's InnerProduct. A src with four dimensions is flattened as it lies in memory.
Result<void> import_ms_full_connection(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::FullConnection>();
  OCTET_ASSIGN_OR_RETURN(TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, graph.input(node, 1));
  if (graph.shape(weights).size() != 2) {
    return node.error(ErrorCode::kInvalidModel, "its weights have shape [{}], expected [C_out, C_in]",
                      fmt::join(graph.shape(weights), ", "));
  }
  const std::int64_t k = graph.shape(weights)[1];
  if (k < 1) return node.error(ErrorCode::kInvalidModel, "its weights have no column");
  OCTET_ASSIGN_OR_RETURN(src, flattened(node, graph, src, k));
  std::vector<TensorId> inputs = {src, weights};
  if (table.has_bias()) {
    OCTET_ASSIGN_OR_RETURN(const TensorId bias, graph.input(node, 2));
    inputs.push_back(bias);
  }
  return graph.add_activated(node, kFullyConnected, FullyConnectedAttrs{}, inputs, table.activation_type());
}

Result<TensorId> transposed_ms_weights(const MsNode& node, MsGraph& graph, TensorId weights) {
  const auto quant = graph.tensor(weights).quant;
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         graph.add_inner(node, "weights", kTranspose, TransposeAttrs{{1, 0}}, {weights}, quant));
  if (quant && quant->per_channel()) graph.builder().graph().tensor(id).quant->axis = 1 - quant->axis;
  return id;
}

// A constant matrix b makes it a fully connected layer. Several quantization parameters of b are those of the columns
// of the product.
Result<void> import_ms_matmul(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::MatMulFusion>();
  OCTET_ASSIGN_OR_RETURN(const TensorId a, graph.input(node, 0));
  if (graph.find_dynamic(a) != nullptr || gives_floats_of_integers(node, graph, a)) return import_ms_dynamic_matmul(node, graph);
  OCTET_ASSIGN_OR_RETURN(TensorId b, graph.stored_input(node, 1, table.transpose_b() ? -2 : -1));
  OCTET_ASSIGN_OR_RETURN(const TensorId bias, graph.optional_input(node, 2));
  const bool is_matrix = graph.is_constant(b) || (table.transpose_b() && graph.is_dequantized_constant(b));
  const bool is_layer = is_matrix && graph.shape(b).size() == 2 && !graph.is_constant(a) && !table.transpose_a();
  if (is_layer && !table.transpose_b()) {
    OCTET_ASSIGN_OR_RETURN(b, transposed_ms_weights(node, graph, b));
  }
  OCTET_ASSIGN_OR_RETURN(b, graph.real_input(node, b));
  std::vector<TensorId> inputs = {a, b};
  if (bias != kNoTensor) inputs.push_back(bias);
  if (is_layer)
    return graph.add_activated(node, kFullyConnected, FullyConnectedAttrs{}, inputs, table.activation_type());
  const MatmulAttrs attrs{.transpose_a = table.transpose_a(), .transpose_b = table.transpose_b()};
  return graph.add_activated(node, kMatmul, attrs, inputs, table.activation_type());
}

}  // namespace octet
