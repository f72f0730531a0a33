// SPDX-License-Identifier: Apache-2.0
// What the quantizer must know of the hardware that will run the model.
#ifndef OCTET_TARGETS_TARGET_PROFILE_H_
#define OCTET_TARGETS_TARGET_PROFILE_H_

#include <span>
#include <string_view>

namespace octet {

struct TargetProfile {
  std::string_view name;            // as in the configuration file: "CPU"
  bool symmetric_activations;       // zero_point == 0
  bool per_channel_weights;         // one scale per output channel is possible
  std::span<const std::string_view> int8_ops;  // names of operators it can run on int8 activations
};

const TargetProfile* find_target(std::string_view name);  // null if there is none
bool runs_in_int8(const TargetProfile& target, std::string_view op_name);

extern const TargetProfile kCpuTarget;

}  // namespace octet

#endif  // OCTET_TARGETS_TARGET_PROFILE_H_
