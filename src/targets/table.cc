// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "targets/target_profile.h"

namespace octet {
namespace {

constexpr const TargetProfile* kTargets[] = {&kCpuTarget};

}  // namespace

const TargetProfile* find_target(std::string_view name) {
  const auto found = std::find_if(std::begin(kTargets), std::end(kTargets),
                                  [&](const TargetProfile* target) { return target->name == name; });
  return found == std::end(kTargets) ? nullptr : *found;
}

bool runs_in_int8(const TargetProfile& target, std::string_view op_name) {
  return std::find(target.int8_ops.begin(), target.int8_ops.end(), op_name) != target.int8_ops.end();
}

}  // namespace octet
