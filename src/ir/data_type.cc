// SPDX-License-Identifier: Apache-2.0
#include "ir/data_type.h"

#include <array>

namespace octet {
namespace {

struct TypeFacts {
  std::string_view name;
  std::size_t size;
};

constexpr std::array<TypeFacts, 12> kTypes = {{
    {"f32", 4}, {"f16", 2}, {"f64", 8}, {"i8", 1}, {"u8", 1}, {"i16", 2}, {"i32", 4}, {"i64", 8}, {"bool", 1},
    {"u16", 2}, {"u32", 4}, {"u64", 8}}};

}  // namespace

std::string_view data_type_name(DataType type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::size_t data_type_size(DataType type) { return kTypes[static_cast<std::size_t>(type)].size; }

std::optional<DataType> data_type_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].name == name) return static_cast<DataType>(i);
  return std::nullopt;
}

}  // namespace octet
