// SPDX-License-Identifier: Apache-2.0
#include "config/quant_config.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/ini.h"
#include "config/quant_options.h"

namespace octet {
namespace {

using namespace quant_section;

// A rule between keys that a configuration breaks.
struct Violation {
  std::string_view section, key;  // the key to change
  std::string problem;
};
using MaybeViolation = std::optional<Violation>;

const QuantOption* find_option(std::span<const QuantOption> options, std::string_view section, std::string_view key) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const QuantOption& o) { return o.section == section && o.key == key; });
  return found == options.end() ? nullptr : &*found;
}

bool is_known_section(std::string_view name) {
  const auto options = quant_options();
  return std::any_of(options.begin(), options.end(), [&](const QuantOption& o) { return o.section == name; });
}

std::vector<std::string> known_sections() {
  std::vector<std::string> names;
  for (const QuantOption& option : quant_options())
    if (names.empty() || names.back() != option.section) names.emplace_back(option.section);
  return names;
}

std::vector<std::string> known_keys(std::span<const QuantOption> options, std::string_view section) {
  std::vector<std::string> keys;
  for (const QuantOption& option : options)
    if (option.section == section) keys.emplace_back(option.key);
  return keys;
}

// "file:line: [section] key = value"
std::string place(const IniFile& file, const IniSection& section, const IniEntry& entry) {
  const std::string in_section = section.name.empty() ? "" : fmt::format("[{}] ", section.name);
  return fmt::format("{}:{}: {}{} = {}", file.name, entry.line, in_section, shortened(entry.key),
                     shortened(entry.value));
}

Error unknown_section(const IniFile& file, const IniSection& section) {
  const std::vector<std::string> known = known_sections();
  return make_error(ErrorCode::kInvalidConfig, "{}:{}: [{}]: unknown section{}; allowed: {}", file.name, section.line,
                    shortened(section.name), did_you_mean(section.name, known), fmt::join(known, ", "));
}

Result<void> apply_entry(const IniFile& file, const IniSection& section, const IniEntry& entry,
                         std::span<const QuantOption> options, QuantConfig& config) {
  const QuantOption* option = find_option(options, section.name, entry.key);
  if (option == nullptr) {
    const std::vector<std::string> known = known_keys(options, section.name);
    return make_error(ErrorCode::kInvalidConfig, "{}: unknown key{}; allowed: {}", place(file, section, entry),
                      did_you_mean(entry.key, known), fmt::join(known, ", "));
  }
  if (option->set == nullptr) {
    OCTET_LOG(kWarning, "{}: has no effect in Octet", place(file, section, entry));
    return {};
  }
  if (const Problem problem = option->set(config, entry.value); !problem.empty()) {
    return make_error(ErrorCode::kInvalidConfig, "{}: {}; allowed: {}", place(file, section, entry), problem,
                      option->allowed);
  }
  return {};
}

Result<void> apply_sections(const IniFile& file, QuantConfig& config) {
  for (const IniSection& section : file.sections) {
    if (!is_known_section(section.name)) {
      if (!is_foreign_section(section.name)) return unknown_section(file, section);
      OCTET_LOG(kWarning, "{}:{}: [{}] does not concern quantization and is ignored", file.name, section.line,
                section.name);
      continue;
    }
    if (section.name == "ascend_context") config.ascend.present = true;
    for (const IniEntry& entry : section.entries)
      OCTET_RETURN_IF_ERROR(apply_entry(file, section, entry, quant_options(), config));
  }
  return {};
}

// Every key must be one that the chosen type of quantization can use.
Result<void> check_usable(const IniFile& file, const QuantConfig& config) {
  const QuantType type = config.common.quant_type;
  for (const IniSection& section : file.sections) {
    for (const IniEntry& entry : section.entries) {
      const QuantOption* option = find_option(quant_options(), section.name, entry.key);
      if (option == nullptr || (option->used_by & uses(type)) != 0) continue;
      if (type == QuantType::kNone) {
        const QuantOption& missing = *find_option(quant_options(), kCommon, "quant_type");
        return make_error(ErrorCode::kInvalidConfig, "{}: needs [{}] quant_type, which is missing; allowed: {}",
                          place(file, section, entry), kCommon, missing.allowed);
      }
      std::vector<std::string_view> users;
      for (const QuantType user : {QuantType::kWeight, QuantType::kFull, QuantType::kDynamic})
        if ((option->used_by & uses(user)) != 0) users.push_back(quant_type_name(user));
      return make_error(ErrorCode::kInvalidConfig, "{}: quant_type = {} cannot use this key; allowed with: {}",
                        place(file, section, entry), quant_type_name(type), fmt::join(users, ", "));
    }
  }
  return {};
}

MaybeViolation find_violation(const CommonQuantParam& common) {
  const bool full = common.quant_type == QuantType::kFull;
  if (full && common.old_command_line) {
    if (common.bit_num < 1 || common.bit_num > 8) return Violation{kCommon, "bit_num", "out of range"};
  } else if ((full || common.quant_type == QuantType::kDynamic) && common.bit_num != 8) {
    return Violation{kCommon, "bit_num", fmt::format("{} takes 8 bits", quant_type_name(common.quant_type))};
  }
  if (common.bit_num < 0 || common.bit_num > 16) return Violation{kCommon, "bit_num", "out of range"};
  if (!common.enable_encode && common.bit_num != 8 && common.bit_num != 16) {
    return Violation{kCommon, "enable_encode",
                     fmt::format("weights of {} bits cannot be stored without encoding", common.bit_num)};
  }
  return std::nullopt;
}

MaybeViolation find_normalize_violation(const DataPreprocessParam& data) {
  const std::size_t means = data.normalize_mean.size(), stds = data.normalize_std.size();
  if (means == 0 && stds == 0) return std::nullopt;
  const std::string_view key = means < stds ? "normalize_mean" : "normalize_std";
  if (means != stds) {
    return Violation{
        kData, key,
        fmt::format("normalize_mean has {} numbers, normalize_std {}; as many are needed of both", means, stds)};
  }
  const bool gray = data.image_to_format == ImageFormat::kGray;
  if (means != (gray ? 1U : 3U)) {
    return Violation{kData, "normalize_mean",
                     fmt::format("{} numbers for {} channels; image_to_format = {} needs one per channel", means,
                                 gray ? 1 : 3, gray ? "GRAY" : "RGB or BGR")};
  }
  const auto unusable = [](double std) { return !std::isfinite(std) || std == 0; };
  if (std::any_of(data.normalize_std.begin(), data.normalize_std.end(), unusable))
    return Violation{kData, "normalize_std", "holds a 0 or is not finite"};
  return std::nullopt;
}

MaybeViolation find_size_violation(const DataPreprocessParam& data) {
  const auto missing = [](std::string_view key, std::string_view with) {
    return Violation{kData, key, fmt::format("missing; {} needs it", with)};
  };
  if (data.resize_method) {
    if (!data.resize_width) return missing("resize_width", "resize_method");
    if (!data.resize_height) return missing("resize_height", "resize_method");
    constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;
    if (std::int64_t{*data.resize_width} * *data.resize_height > kMaxPixels)
      return Violation{kData, "resize_width", fmt::format("resizing to more than {} pixels", kMaxPixels)};
  } else if (data.resize_width || data.resize_height) {
    return missing("resize_method", data.resize_width ? "resize_width" : "resize_height");
  }
  if (data.center_crop_width && !data.center_crop_height) return missing("center_crop_height", "center_crop_width");
  if (data.center_crop_height && !data.center_crop_width) return missing("center_crop_width", "center_crop_height");
  if (data.resize_method && data.center_crop_width) {
    if (*data.center_crop_width > *data.resize_width)
      return Violation{kData, "center_crop_width", fmt::format("larger than resize_width = {}", *data.resize_width)};
    if (*data.center_crop_height > *data.resize_height)
      return Violation{kData, "center_crop_height", fmt::format("larger than resize_height = {}", *data.resize_height)};
  }
  return std::nullopt;
}

MaybeViolation find_violation(const DataPreprocessParam& data) {
  if (data.calibrate_size && (*data.calibrate_size < 1 || *data.calibrate_size > 65535))
    return Violation{kData, "calibrate_size", "out of range"};
  if (MaybeViolation violation = find_normalize_violation(data)) return violation;
  return find_size_violation(data);
}

// Who needs calibration data, for messages; empty if nobody does.
std::string_view user_of_data(const QuantConfig& config) {
  if (config.common.quant_type == QuantType::kFull) return "FULL_QUANT";
  if (config.common.quant_type != QuantType::kWeight) return "";
  if (config.weight.quant_strategy == WeightQuantStrategy::kGptq) return "[weight_quant_param] quant_strategy = GPTQ";
  if (config.mixed.use_cv_data) return "[mixed_bit_weight_quant_param] use_cv_data";
  return "";
}

MaybeViolation find_violation(const QuantConfig& config) {
  if (MaybeViolation violation = find_violation(config.common)) return violation;
  if (!(config.mixed.init_scale > 0 && config.mixed.init_scale < 1))
    return Violation{kMixed, "init_scale", "out of range"};
  if (const std::string_view user = user_of_data(config); !user.empty()) {
    const auto missing = [&](std::string_view key) {
      return Violation{kData, key, fmt::format("missing; {} needs it", user)};
    };
    if (config.data.calibrate_path.empty()) return missing("calibrate_path");
    if (!config.data.calibrate_size && !config.common.old_command_line) return missing("calibrate_size");
    if (!config.data.input_type) return missing("input_type");
  }
  return find_violation(config.data);
}

std::string_view allowed_of(const Violation& violation) {
  const QuantOption* option = find_option(quant_options(), violation.section, violation.key);
  return option == nullptr ? "" : option->allowed;
}

Result<void> to_result(const MaybeViolation& violation) {
  if (!violation) return {};
  return make_error(ErrorCode::kInvalidConfig, "[{}] {}: {}; allowed: {}", violation->section, violation->key,
                    violation->problem, allowed_of(*violation));
}

// The same with file and line where the file gives the key.
Result<void> to_result(const MaybeViolation& violation, const IniFile& file) {
  if (!violation) return {};
  const IniSection* section = file.find(violation->section);
  const IniEntry* entry = section == nullptr ? nullptr : section->find(violation->key);
  const std::string where = entry == nullptr ? fmt::format("{}: [{}] {}", file.name, violation->section, violation->key)
                                             : place(file, *section, *entry);
  return make_error(ErrorCode::kInvalidConfig, "{}: {}; allowed: {}", where, violation->problem,
                    allowed_of(*violation));
}

// What the file says but nobody will read.
void warn_of_idle_sections(const IniFile& file, const QuantConfig& config) {
  const auto warn = [&](const IniSection& section, std::string_view why) {
    if (!section.entries.empty())
      OCTET_LOG(kWarning, "{}:{}: [{}] has no effect: {}", file.name, section.line, section.name, why);
  };
  const QuantType type = config.common.quant_type;
  for (const IniSection& section : file.sections) {
    if (section.name == kMixed && config.common.bit_num != 0) warn(section, "mixed bits need bit_num = 0");
    if (section.name != kData) continue;
    if (type == QuantType::kWeight && config.common.compatibility == Compatibility::kMindSpore && user_of_data(config).empty())
      warn(section, "with compatibility = MINDSPORE weight quantization reads samples only with quant_strategy = GPTQ or use_cv_data = true");
    if (type == QuantType::kDynamic && config.common.debug_info_save_path.empty())
      warn(section, "dynamic quantization reads samples only for its reports (debug_info_save_path)");
  }
  if (type == QuantType::kNone && file.find("transform_quant_param") == nullptr)
    OCTET_LOG(kWarning, "{}: no [common_quant_param] quant_type, so nothing will be quantized", file.name);
}

void warn_of_idle_image_keys(const IniFile& file, const DataPreprocessParam& data) {
  const IniSection* section = file.find(kData);
  if (section == nullptr || data.input_type != CalibrationInputType::kBin) return;
  for (const IniEntry& entry : section->entries)
    if (!entry.key.starts_with("calibrate_") && entry.key != "input_type")
      OCTET_LOG(kWarning, "{}: has no effect with input_type = BIN", place(file, *section, entry));
}

// Maps `path` and hands its text to `parse`.
template <typename T, typename F>
Result<T> load(const std::filesystem::path& path, const F& parse) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return parse(file.text(), path.string());
}

}  // namespace

Result<QuantConfig> parse_quant_config(std::string_view text, std::string_view file_name) {
  OCTET_ASSIGN_OR_RETURN(const IniFile file, parse_ini(text, file_name));
  QuantConfig config;
  OCTET_RETURN_IF_ERROR(apply_sections(file, config));
  OCTET_RETURN_IF_ERROR(check_usable(file, config));
  OCTET_RETURN_IF_ERROR(to_result(find_violation(config), file));
  warn_of_idle_sections(file, config);
  warn_of_idle_image_keys(file, config.data);
  return config;
}

Result<QuantConfig> load_quant_config(const std::filesystem::path& path) {
  return load<QuantConfig>(
      path, [](std::string_view text, const std::string& name) { return parse_quant_config(text, name); });
}

Result<QuantConfig> parse_old_quant_config(std::string_view text, std::string_view file_name, int bit_num) {
  OCTET_ASSIGN_OR_RETURN(const IniFile file, parse_flat_ini(text, file_name));
  QuantConfig config;
  config.common.quant_type = QuantType::kFull;
  config.common.old_command_line = true;
  config.common.bit_num = bit_num;
  config.data.input_type = CalibrationInputType::kBin;
  for (const QuantOption& option : old_quant_options())
    if (!option.default_value.empty()) option.set(config, option.default_value);
  const IniSection& section = file.sections.front();
  for (const IniEntry& entry : section.entries)
    OCTET_RETURN_IF_ERROR(apply_entry(file, section, entry, old_quant_options(), config));
  if (config.data.calibrate_path.empty()) {
    return make_error(ErrorCode::kInvalidConfig, "{}: image_path is missing; allowed: {}", file_name,
                      find_option(old_quant_options(), "", "image_path")->allowed);
  }
  OCTET_RETURN_IF_ERROR(to_result(find_violation(config), file));
  return config;
}

Result<QuantConfig> load_old_quant_config(const std::filesystem::path& path, int bit_num) {
  return load<QuantConfig>(path, [&](std::string_view text, const std::string& name) {
    return parse_old_quant_config(text, name, bit_num);
  });
}

Result<DataPreprocessParam> parse_data_preprocess_param(std::string_view text, std::string_view file_name) {
  OCTET_ASSIGN_OR_RETURN(const IniFile file, parse_ini(text, file_name));
  for (const IniSection& section : file.sections)
    if (!is_known_section(section.name) && !is_foreign_section(section.name)) return unknown_section(file, section);
  const IniSection* section = file.find(kData);
  if (section == nullptr) return make_error(ErrorCode::kInvalidConfig, "{}: has no section [{}]", file_name, kData);
  QuantConfig config;
  for (const IniEntry& entry : section->entries)
    OCTET_RETURN_IF_ERROR(apply_entry(file, *section, entry, quant_options(), config));
  OCTET_RETURN_IF_ERROR(to_result(find_violation(config.data), file));
  warn_of_idle_image_keys(file, config.data);
  return config.data;
}

Result<DataPreprocessParam> load_data_preprocess_param(const std::filesystem::path& path) {
  return load<DataPreprocessParam>(
      path, [](std::string_view text, const std::string& name) { return parse_data_preprocess_param(text, name); });
}

Result<void> validate(const QuantConfig& config) { return to_result(find_violation(config)); }

Result<void> validate(const DataPreprocessParam& data) { return to_result(find_violation(data)); }

std::string quant_config_help() {
  std::string help;
  std::string_view section;
  for (const QuantOption& option : quant_options()) {
    if (option.set == nullptr) continue;
    if (option.section != section) help += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", option.section);
    section = option.section;
    const std::string absent = option.default_value.empty() ? "" : fmt::format(" (default {})", option.default_value);
    help += fmt::format("  {} = {}{}\n      {}\n", option.key, option.allowed, absent, option.help);
  }
  return help;
}

}  // namespace octet
