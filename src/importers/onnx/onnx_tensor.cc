// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/onnx_tensor.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "ops/float16.h"

namespace octet {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

using Proto = onnx::TensorProto;

float float_from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

// Bytes per element in raw_data; 0 for types we do not read.
std::size_t raw_element_size(std::int32_t type) {
  switch (type) {
    case Proto::UINT8: case Proto::INT8: case Proto::BOOL: return 1;
    case Proto::UINT16: case Proto::INT16: case Proto::FLOAT16: case Proto::BFLOAT16: return 2;
    case Proto::FLOAT: case Proto::INT32: case Proto::UINT32: return 4;
    case Proto::DOUBLE: case Proto::INT64: case Proto::UINT64: return 8;
    default: return 0;
  }
}

// Stored elements as the file has them, made into `To` one by one by `convert`, which gives nothing for a value that does
// not fit.
template <typename To, typename From, typename Convert>
Result<std::vector<std::byte>> convert_elements(std::size_t count, const void* src, Convert convert) {
  std::vector<std::byte> dst(count * sizeof(To));
  const auto* bytes = static_cast<const std::byte*>(src);
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, bytes + i * sizeof(From), sizeof(From));
    const std::optional<To> converted = convert(value);
    if (!converted) return make_error(ErrorCode::kInvalidModel, "element {} is {}, which its type cannot hold", i, value);
    std::memcpy(dst.data() + i * sizeof(To), &*converted, sizeof(To));
  }
  return dst;
}

// A conversion of integers that refuses what does not fit.
template <typename To>
constexpr auto checked = [](auto value) -> std::optional<To> {
  if (!std::in_range<To>(value)) return std::nullopt;
  return static_cast<To>(value);
};
constexpr auto to_bool = [](auto value) -> std::optional<std::uint8_t> { return static_cast<std::uint8_t>(value != 0); };
constexpr auto half_to_float = [](auto bits) -> std::optional<float> {
  return float16_to_float(static_cast<std::uint16_t>(bits));
};
constexpr auto bfloat16_to_float = [](auto bits) -> std::optional<float> {
  return float_from_bfloat16(static_cast<std::uint16_t>(bits));
};

Result<std::vector<std::byte>> convert_raw(std::int32_t type, std::span<const std::byte> raw) {
  const std::size_t count = raw.size() / raw_element_size(type);
  switch (type) {
    case Proto::BOOL: return convert_elements<std::uint8_t, std::uint8_t>(count, raw.data(), to_bool);
    case Proto::FLOAT16: return convert_elements<float, std::uint16_t>(count, raw.data(), half_to_float);
    case Proto::BFLOAT16: return convert_elements<float, std::uint16_t>(count, raw.data(), bfloat16_to_float);
    default: return std::vector<std::byte>(raw.begin(), raw.end());
  }
}

// How many elements the field that holds this type has.
int typed_count(const Proto& proto) {
  switch (proto.data_type()) {
    case Proto::FLOAT: return proto.float_data_size();
    case Proto::DOUBLE: return proto.double_data_size();
    case Proto::INT64: return proto.int64_data_size();
    case Proto::UINT32: case Proto::UINT64: return proto.uint64_data_size();
    default: return proto.int32_data_size();
  }
}

template <typename Field>
Result<std::vector<std::byte>> copy_elements(const Field& field) {
  const auto bytes = std::as_bytes(std::span(field.data(), static_cast<std::size_t>(field.size())));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

Result<std::vector<std::byte>> convert_typed(const Proto& proto) {
  const auto count = static_cast<std::size_t>(typed_count(proto));
  const std::int32_t* ints = proto.int32_data().data();
  const std::uint64_t* unsigned_ints = proto.uint64_data().data();
  switch (proto.data_type()) {
    case Proto::FLOAT: return copy_elements(proto.float_data());
    case Proto::DOUBLE: return copy_elements(proto.double_data());
    case Proto::INT64: return copy_elements(proto.int64_data());
    case Proto::INT32: return copy_elements(proto.int32_data());
    case Proto::INT16: return convert_elements<std::int16_t, std::int32_t>(count, ints, checked<std::int16_t>);
    case Proto::INT8: return convert_elements<std::int8_t, std::int32_t>(count, ints, checked<std::int8_t>);
    case Proto::UINT8: return convert_elements<std::uint8_t, std::int32_t>(count, ints, checked<std::uint8_t>);
    case Proto::UINT16: return convert_elements<std::uint16_t, std::int32_t>(count, ints, checked<std::uint16_t>);
    case Proto::BOOL: return convert_elements<std::uint8_t, std::int32_t>(count, ints, to_bool);
    case Proto::FLOAT16: return convert_elements<float, std::int32_t>(count, ints, half_to_float);
    case Proto::BFLOAT16: return convert_elements<float, std::int32_t>(count, ints, bfloat16_to_float);
    case Proto::UINT32: return convert_elements<std::uint32_t, std::uint64_t>(count, unsigned_ints, checked<std::uint32_t>);
    default: return copy_elements(proto.uint64_data());
  }
}

Result<std::int64_t> parse_number(const std::string& key, const std::string& text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    return make_error(ErrorCode::kInvalidModel, "external data has {} '{}', expected a number >= 0", key, text);
  return value;
}

Result<ExternalData::Part> external_part(const Proto& proto, ExternalData& external) {
  std::string location;
  std::int64_t offset = 0, length = -1;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") {
      OCTET_ASSIGN_OR_RETURN(offset, parse_number("offset", entry.value()));
    }
    if (entry.key() == "length") {
      OCTET_ASSIGN_OR_RETURN(length, parse_number("length", entry.value()));
    }
  }
  if (location.empty()) return make_error(ErrorCode::kInvalidModel, "external data names no file");
  return external.read(location, offset, length);
}

Result<void> check_size(std::span<const std::byte> raw, std::size_t expected) {
  if (raw.size() == expected) return {};
  return make_error(ErrorCode::kInvalidModel, "has {} bytes of data, its shape and type need {}", raw.size(), expected);
}

// The file has the elements as we want them.
bool is_stored_as_is(std::int32_t type) { return type != Proto::BOOL && type != Proto::FLOAT16 && type != Proto::BFLOAT16; }

// From here on elements are left in their file until they are asked for: models may be larger than memory.
constexpr std::size_t kMinBytesLeftInFile = std::size_t{1} << 20;

Result<ConstantData> external_elements(const Proto& proto, std::size_t element_size, std::size_t count, ExternalData& external) {
  OCTET_ASSIGN_OR_RETURN(const ExternalData::Part part, external_part(proto, external));
  OCTET_RETURN_IF_ERROR(check_size(part.bytes, count * raw_element_size(proto.data_type())));
  const auto type = proto.data_type();
  if (part.bytes.size() < kMinBytesLeftInFile) {
    OCTET_ASSIGN_OR_RETURN(std::vector<std::byte> elements, convert_raw(type, part.bytes));
    return ConstantData(std::move(elements));
  }
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(part.bytes.data()) % element_size == 0;
  if (is_aligned && is_stored_as_is(type)) return ConstantData(part.file, part.bytes);
  return ConstantData(count * element_size, [type, part] {
    auto elements = convert_raw(type, part.bytes);  // these types take any value
    part.file->forget(part.bytes);
    return std::move(*elements);
  });
}

Result<ConstantData> elements_of(const Proto& proto, DataType type, std::int64_t count, ExternalData& external) {
  if (proto.data_location() == Proto::EXTERNAL)
    return external_elements(proto, data_type_size(type), static_cast<std::size_t>(count), external);
  if (proto.has_raw_data() && !(proto.raw_data().empty() && typed_count(proto) > 0)) {
    const auto raw = std::as_bytes(std::span(proto.raw_data()));
    OCTET_RETURN_IF_ERROR(check_size(raw, static_cast<std::size_t>(count) * raw_element_size(proto.data_type())));
    OCTET_ASSIGN_OR_RETURN(std::vector<std::byte> elements, convert_raw(proto.data_type(), raw));
    return ConstantData(std::move(elements));
  }
  if (typed_count(proto) != count)
    return make_error(ErrorCode::kInvalidModel, "has {} elements, its shape needs {}", typed_count(proto), count);
  OCTET_ASSIGN_OR_RETURN(std::vector<std::byte> elements, convert_typed(proto));
  return ConstantData(std::move(elements));
}

Result<Tensor> import_unnamed_tensor(const Proto& proto, std::string_view name, ExternalData& external) {
  OCTET_ASSIGN_OR_RETURN(const DataType type, data_type_from_onnx(proto.data_type()));
  if (proto.has_segment()) return make_error(ErrorCode::kUnsupported, "is split into segments, which Octet does not read");
  const Shape shape(proto.dims().begin(), proto.dims().end());
  if (shape.size() > kMaxRank)
    return make_error(ErrorCode::kUnsupported, "has {} dimensions, at most {} are possible", shape.size(), kMaxRank);
  const auto count = num_elements(shape);
  if (!count || !is_fixed(shape)) {  // to a Shape a negative dimension is a symbol
    return make_error(ErrorCode::kInvalidModel, "has shape [{}]; dimensions must be >= 0 and their product at most 2^38",
                      fmt::join(shape, ", "));
  }
  Tensor tensor;
  tensor.name = std::string(name);
  tensor.type = type;
  tensor.shape = shape;
  OCTET_ASSIGN_OR_RETURN(tensor.data, elements_of(proto, type, *count, external));
  tensor.is_constant = true;
  OCTET_CHECK(tensor.data.size_bytes() == static_cast<std::size_t>(*count) * data_type_size(type));
  return tensor;
}

// Whether `path` lies in `folder`, both canonical.
bool is_inside(const std::filesystem::path& folder, const std::filesystem::path& path) {
  const auto [folder_end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return folder_end == folder.end();
}

}  // namespace

Result<DataType> data_type_from_onnx(std::int32_t onnx_type) {
  switch (onnx_type) {
    case Proto::FLOAT: case Proto::FLOAT16: case Proto::BFLOAT16: return DataType::kFloat32;
    case Proto::DOUBLE: return DataType::kFloat64;
    case Proto::INT8: return DataType::kInt8;
    case Proto::UINT8: return DataType::kUint8;
    case Proto::INT16: return DataType::kInt16;
    case Proto::INT32: return DataType::kInt32;
    case Proto::INT64: return DataType::kInt64;
    case Proto::UINT16: return DataType::kUint16;
    case Proto::UINT32: return DataType::kUint32;
    case Proto::UINT64: return DataType::kUint64;
    case Proto::BOOL: return DataType::kBool;
    default: return make_error(ErrorCode::kUnsupported, "element type {} is not supported", onnx_type_name(onnx_type));
  }
}

std::string onnx_type_name(std::int32_t onnx_type) {
  if (!Proto::DataType_IsValid(onnx_type)) return fmt::format("{}", onnx_type);
  return Proto::DataType_Name(static_cast<Proto::DataType>(onnx_type));
}

Result<std::shared_ptr<const MappedFile>> ExternalData::open(const std::string& location) const {
  namespace fs = std::filesystem;
  const auto refuse = [&](std::string_view reason) {
    return make_error(ErrorCode::kInvalidModel, "external data '{}' {}", location, reason);
  };
  if (folder_.empty()) return refuse("cannot be read: the model does not come from a folder");
  const fs::path relative(location);
  if (location.find('\0') != std::string::npos || relative.is_absolute())
    return refuse("must be a path relative to the model's folder");
  if (std::find(relative.begin(), relative.end(), "..") != relative.end()) return refuse("must not contain '..'");
  std::error_code error;
  const fs::path folder = fs::canonical(folder_, error);
  if (error) return make_error(ErrorCode::kIo, "{}: {}", folder_.string(), error.message());
  const fs::path path = fs::canonical(folder / relative, error);
  if (error) return make_error(ErrorCode::kNotFound, "external data '{}': {}", location, error.message());
  if (!is_inside(folder, path)) return refuse("leads out of the model's folder by a symbolic link; put the file itself there");
  OCTET_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  if (on_file_) on_file_(path);
  return std::make_shared<const MappedFile>(std::move(file));
}

Result<ExternalData::Part> ExternalData::read(const std::string& location, std::int64_t offset, std::int64_t length) {
  auto found = files_.find(location);
  if (found == files_.end()) {
    OCTET_ASSIGN_OR_RETURN(auto file, open(location));
    found = files_.emplace(location, std::move(file)).first;
  }
  const std::span<const std::byte> bytes = found->second->bytes();
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (length < 0) length = size - std::min(offset, size);
  if (offset > size || length > size - offset) {
    return make_error(ErrorCode::kInvalidModel, "external data '{}' has {} bytes, and {} are wanted from offset {}", location,
                      size, length, offset);
  }
  return Part{found->second, bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length))};
}

Result<Tensor> import_tensor(const onnx::TensorProto& proto, std::string_view name, ExternalData& external) {
  auto tensor = import_unnamed_tensor(proto, name, external);
  if (!tensor) return at(fmt::format("tensor '{}'", name), std::move(tensor).error());
  return tensor;
}

}  // namespace octet
