// SPDX-License-Identifier: Apache-2.0
// NEON is part of ARMv8.0.
#include "kernels/vector_f32/arm_neon.h"

#include "kernels/layer_norm_f32/kernel.h"

namespace octet {
extern const LayerNormF32Kernel kLayerNormF32Neon = {"layer_norm_f32_x8__neon", Isa::kNeon, layer_norm};
}  // namespace octet
