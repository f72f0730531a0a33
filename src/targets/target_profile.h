// SPDX-License-Identifier: Apache-2.0
// What the quantizer must know of the hardware that will run the model.
#ifndef OCTET_TARGETS_TARGET_PROFILE_H_
#define OCTET_TARGETS_TARGET_PROFILE_H_

#include <span>
#include <string_view>

namespace octet {

struct TargetProfile {
  std::string_view name;            // as in the configuration file: "CPU"
  bool runs_here;                   // Octet's own runtime is this target: graphs are made for its kernels, ranges shared where they ask
  bool symmetric_activations;       // zero_point == 0
  bool per_channel_weights;         // one scale per output channel is possible
  bool int8_weights;                // false: weights stay float in the file, for the target's compiler to quantize
  bool bias_correction;             // the target's arithmetic is known well enough to correct for it
  bool fuses_activations;           // false: an activation stays a node of its own behind its layer
  std::span<const std::string_view> int8_ops;             // names of operators it runs on int8 activations; empty: all
  std::span<const std::string_view> compatible_int8_ops;  // those that MindSpore Lite 2.0.0 quantizes for it; empty: all
  std::span<const std::string_view> per_channel_ops;      // of operators with weights, those with a scale per channel; empty: all
};

const TargetProfile* find_target(std::string_view name);  // null if there is none
bool runs_in_int8(const TargetProfile& target, std::string_view op_name);
bool runs_in_compatible_int8(const TargetProfile& target, std::string_view op_name);
bool has_per_channel_weights(const TargetProfile& target, std::string_view op_name);

extern const TargetProfile kCpuTarget, kNvgpuTarget, kDspTarget, kAscendTarget, kKirinTarget;

}  // namespace octet

#endif  // OCTET_TARGETS_TARGET_PROFILE_H_
