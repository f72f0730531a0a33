// SPDX-License-Identifier: Apache-2.0
// Ascend: symmetric activations, convolutions and matrix products. The hardware's own nodes (AscendQuant, AscendDequant) are made
// from these parameters by its tools; nothing here has run on one.
#include "targets/target_profile.h"

namespace octet {
namespace {

constexpr std::string_view kAscendInt8Ops[] = {"conv2d", "fully_connected", "matmul"};

}  // namespace

const TargetProfile kAscendTarget = {
    .name = "ASCEND",
    .runs_here = false,
    .symmetric_activations = true,
    .per_channel_weights = true,
    .int8_weights = true,
    .bias_correction = true,
    .fuses_activations = true,
    .int8_ops = kAscendInt8Ops,
    .compatible_int8_ops = kAscendInt8Ops,
    .per_channel_ops = {},
};

}  // namespace octet
