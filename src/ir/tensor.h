// SPDX-License-Identifier: Apache-2.0
// A value of the graph: a graph input, a constant, or what a node makes.
#ifndef OCTET_IR_TENSOR_H_
#define OCTET_IR_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "ir/constant_data.h"
#include "ir/data_type.h"
#include "ir/shape.h"

namespace octet {

// real = scale * (q - zero_point). One entry each: per-tensor. Several: per-channel along `axis`.
// With corrections, which only constants have: real = scale * (q - zero_point) * var_correction + mean_correction.
struct QuantParams {
  std::vector<float> scale;
  std::vector<std::int32_t> zero_point;
  int axis = -1;  // dimension of the channels; -1 per-tensor
  int bits = 8;   // levels used: 2^bits; 32 for a bias
  std::vector<float> var_correction = {}, mean_correction = {};  // empty (1 and 0), or as many as scales

  bool per_channel() const { return scale.size() > 1; }
  bool corrected() const { return !var_correction.empty(); }
  bool operator==(const QuantParams&) const = default;
};

// The least and largest step of an int8 tensor with 2^bits levels: -128 and 127 unless bits is 1..7.
struct QuantLevels {
  std::int32_t lo, hi;
};
inline QuantLevels quant_levels(int bits) {
  return bits >= 1 && bits < 8 ? QuantLevels{-(1 << (bits - 1)), (1 << (bits - 1)) - 1} : QuantLevels{-128, 127};
}

// How the four dimensions of an image-like tensor are ordered, where somebody outside needs to know.
enum class Layout : std::uint8_t { kNone, kNchw, kNhwc };

struct Tensor {
  std::string name;  // unique in its graph
  DataType type = DataType::kFloat32;
  Shape shape;
  std::optional<QuantParams> quant;
  ConstantData data;   // set: the tensor is a constant, and its shape is fixed
  bool is_constant = false;  // a constant may have no element, and then has no bytes
  Layout layout = Layout::kNone;  // of graph inputs and outputs

  // The elements of a constant. The type must match; OCTET_CHECKed.
  template <typename T>
  std::span<const T> values() const {
    OCTET_CHECK(is_constant && type == kDataTypeOf<T>);
    return as<T>(data.bytes());
  }
  // The same of borrowed bytes.
  template <typename T>
  std::span<const T> values(const SharedBytes& borrowed) const {
    OCTET_CHECK(is_constant && type == kDataTypeOf<T>);
    return as<T>(borrowed.bytes());
  }

 private:
  template <typename T>
  static std::span<const T> as(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

// A constant named `name` of `values`, whose number must be that of `shape`.
template <typename T>
Tensor make_constant(std::string name, Shape shape, std::span<const T> values) {
  OCTET_CHECK(num_elements(shape) == static_cast<std::int64_t>(values.size()));
  const auto bytes = std::as_bytes(values);
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = kDataTypeOf<T>;
  tensor.shape = std::move(shape);
  tensor.data = ConstantData({bytes.begin(), bytes.end()});
  tensor.is_constant = true;
  return tensor;
}
template <typename T>
Tensor make_constant(std::string name, Shape shape, const std::vector<T>& values) {
  return make_constant(std::move(name), std::move(shape), std::span<const T>(values));
}
Tensor make_constant(std::string name, DataType type, Shape shape, std::vector<std::byte> bytes);

// Two constants of the same type, shape and elements.
bool equal_constants(const Tensor& a, const Tensor& b);

// The elements of an i32 or i64 constant as i64. Error: kInvalidModel naming the tensor if it is anything else.
Result<std::vector<std::int64_t>> integer_values(const Tensor& tensor);

}  // namespace octet

#endif  // OCTET_IR_TENSOR_H_
