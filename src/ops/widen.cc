// SPDX-License-Identifier: Apache-2.0
#include "ops/widen.h"

#include "ops/float16.h"

namespace octet {
namespace {

template <typename To, typename From>
void convert(std::int64_t count, const void* src, void* dst) {
  const auto* const from = static_cast<const From*>(src);
  auto* const to = static_cast<To*>(dst);
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
}

void widen(DataType type, std::int64_t count, const void* src, void* dst) {
  switch (type) {
    case DataType::kInt8: return convert<std::int64_t, std::int8_t>(count, src, dst);
    case DataType::kUint8: return convert<std::int64_t, std::uint8_t>(count, src, dst);
    case DataType::kInt16: return convert<std::int64_t, std::int16_t>(count, src, dst);
    case DataType::kUint16: return convert<std::int64_t, std::uint16_t>(count, src, dst);
    case DataType::kInt32: return convert<std::int64_t, std::int32_t>(count, src, dst);
    case DataType::kUint32: return convert<std::int64_t, std::uint32_t>(count, src, dst);
    case DataType::kBool: return convert<std::int64_t, bool>(count, src, dst);
    case DataType::kFloat16:
      for (std::int64_t i = 0; i < count; ++i)
        static_cast<float*>(dst)[i] = float16_to_float(static_cast<const std::uint16_t*>(src)[i]);
      return;
    default: return;
  }
}

void narrow(DataType type, std::int64_t count, const void* src, void* dst) {
  switch (type) {
    case DataType::kInt8: return convert<std::int8_t, std::int64_t>(count, src, dst);
    case DataType::kUint8: return convert<std::uint8_t, std::int64_t>(count, src, dst);
    case DataType::kInt16: return convert<std::int16_t, std::int64_t>(count, src, dst);
    case DataType::kUint16: return convert<std::uint16_t, std::int64_t>(count, src, dst);
    case DataType::kInt32: return convert<std::int32_t, std::int64_t>(count, src, dst);
    case DataType::kUint32: return convert<std::uint32_t, std::int64_t>(count, src, dst);
    case DataType::kBool: return convert<bool, std::int64_t>(count, src, dst);
    case DataType::kFloat16:
      for (std::int64_t i = 0; i < count; ++i)
        static_cast<std::uint16_t*>(dst)[i] = float16_from_double(static_cast<double>(static_cast<const float*>(src)[i]));
      return;
    default: return;
  }
}

}  // namespace

DataType wide_type(DataType type) {
  if (type == DataType::kFloat16) return DataType::kFloat32;
  return is_float(type) || type == DataType::kUint64 ? type : DataType::kInt64;
}

Result<void> run_widened(ReferenceFunction reference, const Node& node, std::span<const ConstView> inputs,
                         std::span<const View> outputs, const std::vector<bool>& keep) {
  std::vector<std::vector<std::byte>> buffers;
  buffers.reserve(inputs.size() + outputs.size());
  const auto stays = [&](std::size_t i, DataType type) { return wide_type(type) == type || (i < keep.size() && keep[i]); };
  const auto add_buffer = [&](DataType type, const Shape& shape) {
    return buffers.emplace_back(static_cast<std::size_t>(*num_elements(shape)) * data_type_size(wide_type(type))).data();
  };
  std::vector<ConstView> wide_inputs(inputs.begin(), inputs.end());
  std::vector<View> wide_outputs(outputs.begin(), outputs.end());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const ConstView& src = inputs[i];
    if (src.shape == nullptr || stays(i, src.type)) continue;  // absent; a tensor without elements may have no data either
    std::byte* const buffer = add_buffer(src.type, *src.shape);
    widen(src.type, *num_elements(*src.shape), src.data, buffer);
    wide_inputs[i] = {wide_type(src.type), src.shape, buffer, src.quant};
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const View& dst = outputs[i];
    if (!stays(inputs.size() + i, dst.type)) wide_outputs[i] = {wide_type(dst.type), dst.shape, add_buffer(dst.type, *dst.shape), dst.quant};
  }
  OCTET_RETURN_IF_ERROR(reference(node, wide_inputs, wide_outputs));
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (wide_outputs[i].type != outputs[i].type)
      narrow(outputs[i].type, *num_elements(*outputs[i].shape), wide_outputs[i].data, outputs[i].data);
  return {};
}

}  // namespace octet
