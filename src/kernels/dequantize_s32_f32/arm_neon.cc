// SPDX-License-Identifier: Apache-2.0
// NEON is part of ARMv8.0.
#include "kernels/vector_f32/arm_neon.h"

#include "kernels/dequantize_s32_f32/kernel.h"

namespace octet {
extern const DequantizeS32F32Kernel kDequantizeS32F32Neon = make_kernel("dequantize_s32_f32_x8__neon", Isa::kNeon);
}  // namespace octet
