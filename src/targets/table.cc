// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "targets/target_profile.h"

namespace octet {
namespace {

constexpr const TargetProfile* kTargets[] = {&kCpuTarget, &kNvgpuTarget, &kDspTarget, &kAscendTarget, &kKirinTarget};

bool holds(std::span<const std::string_view> names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const TargetProfile* find_target(std::string_view name) {
  const auto found = std::find_if(std::begin(kTargets), std::end(kTargets),
                                  [&](const TargetProfile* target) { return target->name == name; });
  return found == std::end(kTargets) ? nullptr : *found;
}

bool runs_in_int8(const TargetProfile& target, std::string_view op_name) { return holds(target.int8_ops, op_name); }

bool runs_in_compatible_int8(const TargetProfile& target, std::string_view op_name) { return holds(target.compatible_int8_ops, op_name); }

bool has_per_channel_weights(const TargetProfile& target, std::string_view op_name) {
  return target.per_channel_weights && holds(target.per_channel_ops, op_name);
}

}  // namespace octet
