// SPDX-License-Identifier: Apache-2.0
// Kirin: convolutions and fully connected layers; its tools shift steps to uint8 by adding 128.
#include "targets/target_profile.h"

namespace octet {
namespace {

constexpr std::string_view kKirinInt8Ops[] = {"conv2d", "fully_connected"};

}  // namespace

const TargetProfile kKirinTarget = {
    .name = "KIRIN",
    .runs_here = false,
    .symmetric_activations = false,
    .per_channel_weights = true,
    .int8_weights = true,
    .bias_correction = false,
    .fuses_activations = true,
    .int8_ops = kKirinInt8Ops,
    .compatible_int8_ops = kKirinInt8Ops,
    .per_channel_ops = {},
};

}  // namespace octet
