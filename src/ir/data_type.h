// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_IR_DATA_TYPE_H_
#define OCTET_IR_DATA_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace octet {

enum class DataType : std::uint8_t {
  kFloat32,
  kFloat16,
  kFloat64,
  kInt8,
  kUint8,
  kInt16,
  kInt32,
  kInt64,
  kBool,
  kUint16,
  kUint32,
  kUint64,
};

std::string_view data_type_name(DataType type);  // "f32", "i8", "u8", "i64", "bool", ...
std::optional<DataType> data_type_from_name(std::string_view name);
std::size_t data_type_size(DataType type);  // bytes per element
inline bool is_float(DataType type) { return type <= DataType::kFloat64; }
inline bool is_integer(DataType type) { return !is_float(type) && type != DataType::kBool; }

// The DataType of a C++ type.
template <typename T>
inline constexpr DataType kDataTypeOf = [] { static_assert(sizeof(T) == 0, "not an element type"); }();
template <> inline constexpr DataType kDataTypeOf<float> = DataType::kFloat32;
template <> inline constexpr DataType kDataTypeOf<double> = DataType::kFloat64;
template <> inline constexpr DataType kDataTypeOf<std::int8_t> = DataType::kInt8;
template <> inline constexpr DataType kDataTypeOf<std::uint8_t> = DataType::kUint8;
template <> inline constexpr DataType kDataTypeOf<std::int16_t> = DataType::kInt16;
template <> inline constexpr DataType kDataTypeOf<std::int32_t> = DataType::kInt32;
template <> inline constexpr DataType kDataTypeOf<std::int64_t> = DataType::kInt64;
template <> inline constexpr DataType kDataTypeOf<bool> = DataType::kBool;
template <> inline constexpr DataType kDataTypeOf<std::uint16_t> = DataType::kUint16;
template <> inline constexpr DataType kDataTypeOf<std::uint32_t> = DataType::kUint32;
template <> inline constexpr DataType kDataTypeOf<std::uint64_t> = DataType::kUint64;

}  // namespace octet

#endif  // OCTET_IR_DATA_TYPE_H_
