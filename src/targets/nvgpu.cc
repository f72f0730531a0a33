// SPDX-License-Identifier: Apache-2.0
// NVIDIA GPUs through TensorRT: it takes ranges of activations (symmetric) and quantizes weights itself.
#include "targets/target_profile.h"

namespace octet {
namespace {

constexpr std::string_view kNvgpuInt8Ops[] = {"conv2d", "matmul", "relu", "relu6", "sigmoid", "tanh", "leaky_relu", "hard_swish"};

}  // namespace

const TargetProfile kNvgpuTarget = {
    .name = "NVGPU",
    .runs_here = false,
    .symmetric_activations = true,
    .per_channel_weights = true,
    .int8_weights = false,
    .bias_correction = false,
    .fuses_activations = false,
    .int8_ops = kNvgpuInt8Ops,
    .compatible_int8_ops = kNvgpuInt8Ops,
    .per_channel_ops = {},
};

}  // namespace octet
