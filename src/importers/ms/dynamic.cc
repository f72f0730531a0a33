// SPDX-License-Identifier: Apache-2.0
// Dynamic quantization: DynamicQuant, and the matrix products that read its outputs. A product of int8 values whose parameters are
// in the file, and which gives floats, is one of them.
#include "importers/ms/handlers.h"
#include "ops/dynamic_quantize.h"

namespace octet {
namespace {

// prefer_axes, or prefer_axis where there are none, name the dimensions with a scale for each index: ours are all but the last.
Result<bool> is_per_row(const MsNode& node, const msl2::DynamicQuant& table, std::size_t rank) {
  if (!table.activation_channel()) return false;
  std::vector<bool> named(rank, false);
  const auto name = [&](std::int64_t axis) {
    const auto normal = normalize_axis(axis, rank);
    if (normal) named[*normal] = true;
    return normal.has_value();
  };
  bool valid = true;
  const auto* axes = table.prefer_axes();
  if (axes == nullptr || axes->size() == 0) valid = name(table.prefer_axis());
  for (flatbuffers::uoffset_t i = 0; axes != nullptr && i < axes->size(); ++i) valid = valid && name(axes->Get(i));
  if (!valid) return node.error(ErrorCode::kInvalidModel, "its prefer_axes are outside [-{}, {})", rank, rank);
  bool per_row = true;
  for (std::size_t d = 0; d < rank; ++d) per_row = per_row && named[d] == (d + 1 < rank);
  if (!per_row) return node.error(ErrorCode::kUnsupported, "has scales along other dimensions than all but the last");
  return true;
}

std::optional<DynamicActivation> dynamic_activation(msl2::ActivationType type) {
  const auto fused = fused_activation(type);
  if (!fused) return std::nullopt;
  return static_cast<DynamicActivation>(*fused);
}

}  // namespace

Result<void> import_ms_dynamic_quant(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::DynamicQuant>();
  constexpr auto kInt8 = static_cast<std::int64_t>(msl2::DataType::Int8);
  if (table.dst_type() != kInt8) return node.error(ErrorCode::kUnsupported, "dst_type is {}, expected {} (int8)", table.dst_type(), kInt8);
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const bool per_row, is_per_row(node, table, graph.shape(src).size()));
  return graph.add_dynamic(node, DynamicQuantizeAttrs{per_row, table.symmetric()}, src);
}

bool gives_floats_of_integers(const MsNode& node, MsGraph& graph, TensorId src) {
  const Tensor& tensor = graph.tensor(src);
  return tensor.type == DataType::kInt8 && tensor.quant && tensor.quant->scale.size() == 1 && node.num_outputs() == 1 &&
         graph.file_tensor(node.output(0)).dataType() == msl2::DataType::Float32;
}

namespace {

// The int8 tensor, its scale and its zero point.
std::vector<TensorId> quantized_operand(const MsNode& node, MsGraph& graph, TensorId id) {
  if (const auto* dynamic = graph.find_dynamic(id)) return *dynamic;
  const QuantParams quant = *graph.tensor(id).quant;
  Graph& built = graph.builder().graph();
  return {id, built.add_tensor(make_constant(node.inner_name("src_scale"), {}, std::vector<float>{quant.scale[0]})),
          built.add_tensor(make_constant(node.inner_name("src_zero_point"), {}, std::vector<std::int32_t>{quant.zero_point[0]}))};
}

}  // namespace

// A constant b with parameters makes it a fully connected layer; else b is dynamically quantized, too.
Result<void> import_ms_dynamic_matmul(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::MatMulFusion>();
  OCTET_RETURN_IF_ERROR(node.check_enumerator(table.activation_type(), "activation_type"));
  const auto activation = dynamic_activation(table.activation_type());
  if (!activation || table.transpose_a())
    return node.error(ErrorCode::kUnsupported, "a dynamically quantized product with activation {}{} is not supported",
                      msl2::EnumNameActivationType(table.activation_type()), table.transpose_a() ? " of a transposed" : "");
  OCTET_ASSIGN_OR_RETURN(const TensorId a, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(TensorId b, graph.stored_input(node, 1, table.transpose_b() ? -2 : -1));
  std::vector<TensorId> inputs = quantized_operand(node, graph, a);
  if (const auto* quantized = graph.find_dynamic(b)) {
    if (node.num_inputs() > 2 || *activation != DynamicActivation::kNone)
      return node.error(ErrorCode::kUnsupported, "a product of two activations with bias or activation is not supported");
    inputs.insert(inputs.end(), quantized->begin(), quantized->end());
    return graph.add(node, kDynamicMatmul, DynamicMatmulAttrs{table.transpose_b()}, std::move(inputs));
  }
  if (!graph.is_constant(b) || graph.shape(b).size() != 2 || !graph.tensor(b).quant)
    return node.error(ErrorCode::kUnsupported, "its second operand is neither a constant matrix of int8 nor dynamically quantized");
  if (graph.tensor(b).quant->corrected())
    return node.error(ErrorCode::kUnsupported, "varCorr and meanCorr beside int8 activations are not supported");
  if (!table.transpose_b()) {
    OCTET_ASSIGN_OR_RETURN(b, transposed_ms_weights(node, graph, b));
  }
  inputs.push_back(b);
  if (node.num_inputs() > 2) {
    OCTET_ASSIGN_OR_RETURN(const TensorId bias, graph.input(node, 2));
    inputs.push_back(bias);
  }
  return graph.add(node, kDynamicFullyConnected, DynamicFullyConnectedAttrs{*activation}, std::move(inputs));
}

}  // namespace octet
