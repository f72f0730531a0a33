// SPDX-License-Identifier: Apache-2.0
#include "passes/passes.h"

namespace octet {
namespace {

// The order of execution. What is written out is found first, before a fold takes a piece of it. Folding comes before the
// layout conversion, which then moves fewer constants; activations are fused late, when nothing stands between them and the
// layer any more; what then stands between dequantize and quantize becomes int8.
constexpr Pass kPasses[] = {
    {"remove_identity", remove_identity, false},
    {"fold_constants", fold_constants, false},
    {"resolve_dynamic_operators", resolve_dynamic_operators, false},
    {"convert_resize_nd", convert_resize_nd, false},
    {"sink_squeezes", sink_squeezes, false},
    {"convert_conv_transpose", convert_conv_transpose, false, PassUse::kConverting},
    {"fuse_layer_norm", fuse_layer_norm, true},
    {"fuse_gelu", fuse_gelu, true},
    {"fold_batch_norm", fold_batch_norm, true},
    {"fold_scale", fold_scale, true},
    {"fold_pad", fold_pad, true},
    {"expose_counted_padding", expose_counted_padding, false},
    {"convert_matmul", convert_matmul, false},
    {"convert_layout", convert_layout, false},
    {"convert_reduce_mean", convert_reduce_mean, true},
    {"convert_scale", convert_scale, true},
    {"cancel_transposes", cancel_transposes, false},
    {"merge_reshapes", merge_reshapes, false},
    {"fuse_activation", fuse_activation, true},
    {"fold_qdq", fold_qdq, false},
    {"fuse_attention", fuse_attention, true, PassUse::kRunning},
    {"fuse_dynamic_activation", fuse_dynamic_activation, true, PassUse::kRunning},
    {"remove_dead", remove_dead, false},
};

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

}  // namespace octet
