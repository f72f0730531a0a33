// SPDX-License-Identifier: Apache-2.0
#include "ops/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/layer_types.h"

namespace octet {

void QuantizeAttrs::visit(AttrVisitor& v) { v.visit("to", to, kDataTypeNames); }

namespace {

bool is_quantized_type(DataType type) {
  return type == DataType::kInt8 || type == DataType::kUint8 || type == DataType::kInt16 || type == DataType::kInt32;
}

Result<std::vector<TensorType>> infer_quantize(const Node& node, std::span<const Tensor* const> inputs) {
  const DataType to = node.as<QuantizeAttrs>().to;
  OCTET_RETURN_IF_ERROR(expect_layer_type("src", *inputs[0]));
  if (!is_quantized_type(to))
    return make_error(ErrorCode::kUnsupported, "to is {}, expected i8, u8, i16 or i32", data_type_name(to));
  return single_type(to, inputs[0]->shape);
}

Result<std::vector<TensorType>> infer_dequantize(const Node&, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  if (!is_quantized_type(src.type)) {
    return make_error(ErrorCode::kUnsupported, "src '{}' is {}, expected i8, u8, i16 or i32", src.name,
                      data_type_name(src.type));
  }
  return single_type(DataType::kFloat32, src.shape);
}

// The parameters of each element of a tensor.
class ElementQuant {
 public:
  static Result<ElementQuant> of(std::string_view what, const QuantParams* quant, const Shape& shape) {
    if (quant == nullptr) return shape_error("{} has no quantization parameters", what);
    const std::size_t count = quant->scale.size();
    const auto axis = static_cast<std::size_t>(quant->axis);
    const bool fits = count > 0 && quant->zero_point.size() == count &&
                      (count == 1 || (quant->axis >= 0 && axis < shape.size() && shape[axis] == static_cast<std::int64_t>(count)));
    if (!fits) {
      return shape_error("{}: {} scales and {} zero points do not fit axis {} of shape [{}]", what, count,
                         quant->zero_point.size(), quant->axis, fmt::join(shape, ", "));
    }
    return ElementQuant(*quant, count == 1 ? 1 : dense_strides(shape)[axis]);
  }

  float scale(std::int64_t i) const { return quant_->scale[channel(i)]; }
  std::int32_t zero_point(std::int64_t i) const { return quant_->zero_point[channel(i)]; }
  int bits() const { return quant_->bits; }

  struct Correction {
    float var, mean;
  };
  bool corrected() const { return quant_->corrected(); }
  Correction correction(std::int64_t i) const {
    if (!corrected()) return {1.0f, 0.0f};
    return {quant_->var_correction[channel(i)], quant_->mean_correction[channel(i)]};
  }
  // Elements in a row that share parameters, of a tensor of `count`.
  std::int64_t channel_run(std::int64_t count) const { return quant_->per_channel() ? inner_ : std::max<std::int64_t>(count, 1); }

 private:
  ElementQuant(const QuantParams& quant, std::int64_t inner) : quant_(&quant), inner_(inner) {}
  std::size_t channel(std::int64_t i) const { return static_cast<std::size_t>(i / inner_) % quant_->scale.size(); }

  const QuantParams* quant_;
  std::int64_t inner_;  // elements between channels
};

// round_half_even(scaled) + zero_point, within the levels that T and `bits` have.
template <typename T>
T to_level(float scaled, std::int32_t zero_point, int bits) {
  if (std::isnan(scaled)) scaled = 0.0f;
  using Limits = std::numeric_limits<T>;
  double lo = double{Limits::min()}, hi = double{Limits::max()};
  if (bits < Limits::digits + Limits::is_signed) {
    lo = Limits::is_signed ? -std::ldexp(1.0, bits - 1) : 0.0;
    hi = lo + std::ldexp(1.0, bits) - 1.0;
  }
  return static_cast<T>(std::clamp(double{std::nearbyint(scaled)} + static_cast<double>(zero_point), lo, hi));
}

template <typename T>
Result<void> quantize_floats(const ConstView& src, const View& dst) {
  OCTET_ASSIGN_OR_RETURN(const ElementQuant quant, ElementQuant::of("dst", dst.quant, *dst.shape));
  const std::int64_t count = *num_elements(*src.shape);
  for (std::int64_t i = 0; i < count; ++i)
    dst.as<T>()[i] = to_level<T>(src.as<float>()[i] / quant.scale(i), quant.zero_point(i), quant.bits());
  return {};
}

// A change of parameters: the steps above the old zero point, times the ratio of scales, as integer kernels do it.
template <typename T, typename From>
Result<void> requantize(const ConstView& src, const View& dst) {
  OCTET_ASSIGN_OR_RETURN(const ElementQuant from, ElementQuant::of("src", src.quant, *src.shape));
  OCTET_ASSIGN_OR_RETURN(const ElementQuant to, ElementQuant::of("dst", dst.quant, *dst.shape));
  const std::int64_t count = *num_elements(*src.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto steps = static_cast<float>(std::int64_t{src.as<From>()[i]} - from.zero_point(i));
    dst.as<T>()[i] = to_level<T>(steps * (from.scale(i) / to.scale(i)), to.zero_point(i), to.bits());
  }
  return {};
}

template <typename T>
Result<void> quantize_to(const ConstView& src, const View& dst) {
  switch (src.type) {
    case DataType::kFloat32: return quantize_floats<T>(src, dst);
    case DataType::kInt8: return requantize<T, std::int8_t>(src, dst);
    case DataType::kUint8: return requantize<T, std::uint8_t>(src, dst);
    default: return no_reference_for(src.type);
  }
}

Result<void> reference_quantize(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (outputs[0].type) {
    case DataType::kInt8: return quantize_to<std::int8_t>(inputs[0], outputs[0]);
    case DataType::kUint8: return quantize_to<std::uint8_t>(inputs[0], outputs[0]);
    case DataType::kInt16: return quantize_to<std::int16_t>(inputs[0], outputs[0]);
    case DataType::kInt32: return quantize_to<std::int32_t>(inputs[0], outputs[0]);
    default: return no_reference_for(outputs[0].type);
  }
}

template <typename T>
Result<void> dequantize(const ConstView& src, const View& dst) {
  OCTET_ASSIGN_OR_RETURN(const ElementQuant quant, ElementQuant::of("src", src.quant, *src.shape));
  const std::int64_t count = *num_elements(*src.shape);
  const std::int64_t inner = std::min(count, quant.channel_run(count));
  for (std::int64_t begin = 0; begin < count; begin += inner) {
    const float scale = quant.scale(begin);
    const std::int64_t zero_point = quant.zero_point(begin);
    const auto [var, mean] = quant.correction(begin);
    const T* q = src.as<T>() + begin;
    float* real = dst.as<float>() + begin;
    for (std::int64_t i = 0; i < inner; ++i) real[i] = static_cast<float>(q[i] - zero_point) * scale;
    if (quant.corrected())
      for (std::int64_t i = 0; i < inner; ++i) real[i] = real[i] * var + mean;
  }
  return {};
}

Result<void> reference_dequantize(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kInt8: return dequantize<std::int8_t>(inputs[0], outputs[0]);
    case DataType::kUint8: return dequantize<std::uint8_t>(inputs[0], outputs[0]);
    case DataType::kInt16: return dequantize<std::int16_t>(inputs[0], outputs[0]);
    case DataType::kInt32: return dequantize<std::int32_t>(inputs[0], outputs[0]);
    default: return no_reference_for(inputs[0].type);
  }
}

}  // namespace

const Op kQuantize = define_op<QuantizeAttrs>("quantize", {1, 1}, infer_quantize, reference_quantize);
const Op kDequantize = define_op<DequantizeAttrs>("dequantize", {1, 1}, infer_dequantize, reference_dequantize);

}  // namespace octet
