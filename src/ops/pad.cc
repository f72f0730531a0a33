// SPDX-License-Identifier: Apache-2.0
#include "ops/pad.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "ops/copy.h"
#include "ops/float16.h"

namespace octet {
namespace {

Error pads_error(const PadAttrs& attrs, const Shape& src) {
  return shape_error("pads [{}] do not fit shape [{}] in mode {}", fmt::join(attrs.pads, ", "), fmt::join(src, ", "),
                     kPadKindNames[static_cast<std::size_t>(attrs.mode)]);
}

// Whether there is something to reflect or repeat.
bool fits_mode(PadKind mode, std::int64_t begin, std::int64_t end, std::int64_t size) {
  const std::int64_t most = std::max(begin, end);
  if (most <= 0 || mode == PadKind::kConstant) return true;
  return mode == PadKind::kReflect ? most < size : size > 0;
}

Result<std::vector<TensorType>> infer_pad(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<PadAttrs>();
  const Shape& src = inputs[0]->shape;
  if (attrs.pads.size() != 2 * src.size())
    return shape_error("{} pads for {} dimensions, expected two for each", attrs.pads.size(), src.size());
  Shape shape;
  for (std::size_t d = 0; d < src.size(); ++d) {
    const std::int64_t begin = attrs.pads[d];
    const std::int64_t end = attrs.pads[src.size() + d];
    for (const std::int64_t pad : {begin, end})
      if (pad < -kMaxElements || pad > kMaxElements) return pads_error(attrs, src);
    if (is_symbolic(src[d])) {
      shape.push_back(begin + end == 0 ? src[d] : kUnknownDimension);
      continue;
    }
    shape.push_back(src[d] + begin + end);
    if (shape[d] < 0 || !fits_mode(attrs.mode, begin, end, src[d])) return pads_error(attrs, src);
  }
  return single_type(inputs[0]->type, std::move(shape));
}

// The index of src that each index of dst holds along one dimension; -1 for the constant.
std::vector<std::int64_t> source_indices(PadKind mode, std::int64_t begin, std::int64_t src_size, std::int64_t dst_size) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(dst_size));
  for (std::int64_t i = 0; i < dst_size; ++i) {
    std::int64_t from = i - begin;
    if (from < 0 || from >= src_size) {
      switch (mode) {
        case PadKind::kConstant: from = -1; break;
        case PadKind::kEdge: from = from < 0 ? 0 : src_size - 1; break;
        case PadKind::kReflect: from = from < 0 ? -from : 2 * (src_size - 1) - from; break;
        case PadKind::kWrap: from = (from % src_size + src_size) % src_size; break;
      }
    }
    indices[static_cast<std::size_t>(i)] = from;
  }
  return indices;
}

template <typename T>
std::array<std::byte, 8> bytes_of(T value) {
  std::array<std::byte, 8> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

template <typename T>
std::array<std::byte, 8> saturated(double value) {
  constexpr auto kLo = static_cast<double>(std::numeric_limits<T>::min());
  constexpr auto kHi = static_cast<double>(std::numeric_limits<T>::max());
  if (std::isnan(value)) value = 0;
  // In 64 bits kHi rounds up to 2^63, which is not a value of T.
  return bytes_of(value >= kHi ? std::numeric_limits<T>::max() : static_cast<T>(std::max(value, kLo)));
}

// The constant's bytes as an element of dst.
Result<std::array<std::byte, 8>> fill_bytes(float value, const View& dst) {
  double real = value;
  if (dst.quant != nullptr) {
    if (dst.quant->per_channel() || is_float(dst.type))
      return make_error(ErrorCode::kUnsupported, "a constant cannot be stored with per-channel or float quantization");
    real = std::nearbyint(real / double{dst.quant->scale[0]}) + dst.quant->zero_point[0];
  }
  switch (dst.type) {
    case DataType::kFloat32: return bytes_of(value);
    case DataType::kFloat64: return bytes_of(real);
    case DataType::kFloat16: return bytes_of(float16_from_double(real));
    case DataType::kInt8: return saturated<std::int8_t>(real);
    case DataType::kUint8: return saturated<std::uint8_t>(real);
    case DataType::kInt16: return saturated<std::int16_t>(real);
    case DataType::kInt32: return saturated<std::int32_t>(real);
    case DataType::kInt64: return saturated<std::int64_t>(real);
    case DataType::kUint16: return saturated<std::uint16_t>(real);
    case DataType::kUint32: return saturated<std::uint32_t>(real);
    case DataType::kUint64: return saturated<std::uint64_t>(real);
    case DataType::kBool: return bytes_of(real != 0);
  }
  return no_reference_for(dst.type);
}

Result<void> reference_pad(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<PadAttrs>();
  const ConstView& src = inputs[0];
  const View& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(expect_same_quant(src, dst));
  OCTET_ASSIGN_OR_RETURN(const auto fill, fill_bytes(attrs.value, dst));
  const Shape& shape = *dst.shape;
  if (num_elements(shape) == 0) return {};

  // One negative index makes an element the constant.
  const std::size_t size = data_type_size(dst.type);
  const Strides dense = dense_strides(*src.shape);
  std::vector<std::vector<std::int64_t>> indices;
  for (std::size_t d = 0; d < shape.size(); ++d)
    indices.push_back(source_indices(attrs.mode, attrs.pads[d], (*src.shape)[d], shape[d]));

  const auto* const from = static_cast<const std::byte*>(src.data);
  auto* to = static_cast<std::byte*>(dst.data);
  std::vector<std::size_t> index(shape.size(), 0);
  for (std::int64_t i = 0; i < *num_elements(shape); ++i, to += size) {
    std::int64_t offset = 0;
    bool inside = true;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      inside = inside && indices[d][index[d]] >= 0;
      offset += indices[d][index[d]] * dense[d];
    }
    std::memcpy(to, inside ? from + offset * static_cast<std::int64_t>(size) : fill.data(), size);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < static_cast<std::size_t>(shape[d])) break;
      index[d] = 0;
    }
  }
  return {};
}

}  // namespace

const Op kPad = define_op<PadAttrs>("pad", {1, 1}, infer_pad, reference_pad);

}  // namespace octet
