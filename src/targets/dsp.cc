// SPDX-License-Identifier: Apache-2.0
// Digital signal processors behind delegates that take the whole network in int8, parameters not unified between operators.
// MindSpore Lite 2.0.0 gives convolutions a scale per channel there, and matrix products one.
#include "targets/target_profile.h"

namespace octet {
namespace {

constexpr std::string_view kDspPerChannelOps[] = {"conv2d"};

}  // namespace

const TargetProfile kDspTarget = {
    .name = "DSP",
    .runs_here = false,
    .symmetric_activations = false,
    .per_channel_weights = true,
    .int8_weights = true,
    .bias_correction = true,
    .fuses_activations = true,
    .int8_ops = {},
    .compatible_int8_ops = {},
    .per_channel_ops = kDspPerChannelOps,
};

}  // namespace octet
