// SPDX-License-Identifier: Apache-2.0
// The table of all configuration keys: parsing, messages and help come from its lines.
#ifndef OCTET_CONFIG_QUANT_OPTIONS_H_
#define OCTET_CONFIG_QUANT_OPTIONS_H_

#include <span>
#include <string_view>

#include "config/option_values.h"
#include "config/quant_config.h"

namespace octet {

// Sets of quantization types that can use a key: bit n is the type of value n.
constexpr unsigned uses(QuantType type) { return 1U << static_cast<int>(type); }
inline constexpr unsigned kUsedByWeight = uses(QuantType::kWeight);
inline constexpr unsigned kUsedByFull = uses(QuantType::kFull);
inline constexpr unsigned kUsedByDynamic = uses(QuantType::kDynamic);
inline constexpr unsigned kUsedByQuantization = kUsedByWeight | kUsedByFull | kUsedByDynamic;
inline constexpr unsigned kUsedAlways = kUsedByQuantization | uses(QuantType::kNone);

namespace quant_section {
inline constexpr std::string_view kCommon = "common_quant_param", kWeight = "weight_quant_param",
                                  kMixed = "mixed_bit_weight_quant_param", kFull = "full_quant_param",
                                  kData = "data_preprocess_param", kDynamic = "dynamic_quant_param",
                                  kTransform = "transform_quant_param", kAscend = "ascend_context";
}  // namespace quant_section

struct QuantOption {
  std::string_view section;
  std::string_view key;
  std::string_view default_value;  // as the file would say it; empty: absent
  std::string_view allowed;
  std::string_view help;
  unsigned used_by;                                             // quantization types
  Problem (*set)(QuantConfig& config, std::string_view value);  // null: accepted, without effect
};

std::span<const QuantOption> quant_options();      // in the order of the documentation
std::span<const QuantOption> old_quant_options();  // of the flat config.cfg; section is empty

// A section that MindSpore Lite knows and that does not concern quantization.
bool is_foreign_section(std::string_view name);

std::string_view quant_type_name(QuantType type);  // "WEIGHT_QUANT"

}  // namespace octet

#endif  // OCTET_CONFIG_QUANT_OPTIONS_H_
