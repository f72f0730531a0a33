// SPDX-License-Identifier: Apache-2.0
// Dynamic quantization. The format has no tensors for the scales and zero points of activations: its runtime keeps them beside
// the int8 values.
#include "exporters/ms/ms_writer.h"
#include "ops/dynamic_quantize.h"

namespace octet {

// Per row means per index of all dimensions but the last.
Result<MsPrimitive> write_ms_dynamic_quantize(MsWriter& writer) {
  const auto& attrs = writer.node.as<DynamicQuantizeAttrs>();
  writer.outputs.resize(1);
  const auto rank = static_cast<std::int32_t>(writer.input(0).shape.size());
  std::vector<std::int32_t> axes;
  for (std::int32_t d = 0; attrs.per_row && d + 1 < rank; ++d) axes.push_back(d);
  const auto prefer_axes = axes.empty() ? 0 : writer.buffer.CreateVector(axes);
  constexpr int kInt8 = static_cast<int>(msl2::DataType::Int8);
  return writer.primitive(msl2::CreateDynamicQuant(writer.buffer, attrs.symmetric, kInt8, /*activation_channel=*/attrs.per_row,
                                                   /*prefer_axis=*/std::max(rank - 2, 0), /*transpose=*/false, prefer_axes));
}

Result<MsPrimitive> write_ms_dynamic_fully_connected(MsWriter& writer) {
  const auto activation = writer.node.as<DynamicFullyConnectedAttrs>().activation;
  if (activation > DynamicActivation::kRelu6) return writer.unsupported("a fused GELU {}", kNotInMsFiles);
  writer.inputs.erase(writer.inputs.begin() + 1, writer.inputs.begin() + 3);
  return writer.primitive(msl2::CreateMatMulFusion(writer.buffer, false, /*transpose_b=*/true,
                                                   ms_activation(static_cast<Activation>(activation))));
}

Result<MsPrimitive> write_ms_dynamic_matmul(MsWriter& writer) {
  writer.inputs = {writer.node.inputs[0], writer.node.inputs[3]};
  return writer.primitive(msl2::CreateMatMulFusion(writer.buffer, false, writer.node.as<DynamicMatmulAttrs>().transpose_b,
                                                   msl2::ActivationType::NO_ACTIVATION));
}

}  // namespace octet
