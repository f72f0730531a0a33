// SPDX-License-Identifier: Apache-2.0
#include "targets/target_profile.h"

namespace octet {
namespace {

// Everything Octet's runtime has an integer operator for. Unary operators are tables of 256 entries.
constexpr std::string_view kCpuInt8Ops[] = {
    "conv2d", "fully_connected", "matmul",
    "add", "sub", "mul",
    "concat", "split", "slice", "pad", "reshape", "flatten", "squeeze", "unsqueeze", "identity", "dropout", "transpose",
    "max_pool2d", "avg_pool2d", "reduce_mean", "resize", "softmax",
    "relu", "relu6", "clip", "leaky_relu", "elu", "sigmoid", "hard_sigmoid", "hard_swish", "silu", "tanh", "gelu", "erf",
    "abs", "neg", "exp", "sqrt", "softplus",
};


// What MindSpore Lite 2.0.0 quantizes; the rest stays float between casts.
constexpr std::string_view kCpuCompatibleInt8Ops[] = {"conv2d", "fully_connected", "matmul", "reshape", "transpose", "unsqueeze"};

}  // namespace

const TargetProfile kCpuTarget = {
    .name = "CPU",
    .runs_here = true,
    .symmetric_activations = false,
    .per_channel_weights = true,
    .int8_weights = true,
    .bias_correction = true,
    .fuses_activations = true,
    .int8_ops = kCpuInt8Ops,
    .compatible_int8_ops = kCpuCompatibleInt8Ops,
    .per_channel_ops = {},
};

}  // namespace octet
