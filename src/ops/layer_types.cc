// SPDX-License-Identifier: Apache-2.0
#include "ops/layer_types.h"

namespace octet {
namespace {

bool is_8_bit(DataType type) { return type == DataType::kInt8 || type == DataType::kUint8; }

}  // namespace

Result<void> expect_layer_type(std::string_view what, const Tensor& tensor) {
  if (tensor.type == DataType::kFloat32 || is_8_bit(tensor.type)) return {};
  return make_error(ErrorCode::kUnsupported, "{} '{}' is {}; Octet computes this in f32, i8 and u8", what, tensor.name,
                    data_type_name(tensor.type));
}

Result<void> expect_weights_types(const Tensor& src, const Tensor& weights, const Tensor* bias) {
  OCTET_RETURN_IF_ERROR(expect_layer_type("src", src));
  const bool is_float = src.type == DataType::kFloat32;
  if (is_float ? weights.type != DataType::kFloat32 : !is_8_bit(weights.type)) {
    return shape_error("src '{}' is {} and '{}' is {}; expected both f32, or both 8-bit integers", src.name,
                       data_type_name(src.type), weights.name, data_type_name(weights.type));
  }
  const DataType bias_type = is_float ? DataType::kFloat32 : DataType::kInt32;
  if (bias != nullptr && bias->type != bias_type) {
    return shape_error("bias '{}' is {}, expected {} as src is {}", bias->name, data_type_name(bias->type),
                       data_type_name(bias_type), data_type_name(src.type));
  }
  return {};
}

Result<void> expect_vector(std::string_view what, const Tensor* tensor, std::int64_t size) {
  if (tensor == nullptr) return {};
  OCTET_RETURN_IF_ERROR(expect_rank(what, *tensor, 1));
  if (same_dimension(tensor->shape[0], size)) return {};
  return shape_error("{} '{}' has {} elements, expected {}", what, tensor->name, tensor->shape[0], size);
}

Result<void> expect_image(const Tensor& src, Layout layout) {
  OCTET_RETURN_IF_ERROR(expect_layer_type("src", src));
  if (layout != Layout::kNchw && layout != Layout::kNhwc) return shape_error("layout is none, expected nchw or nhwc");
  return expect_rank("src", src, 4);
}

Result<void> expect_float_views(std::span<const ConstView> inputs) {
  for (const ConstView& input : inputs)
    if (input.data != nullptr && input.type != DataType::kFloat32) return no_reference_for(input.type);
  return {};
}

}  // namespace octet
