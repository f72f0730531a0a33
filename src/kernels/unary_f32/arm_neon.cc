// SPDX-License-Identifier: Apache-2.0
// NEON is part of ARMv8.0.
#include "kernels/vector_f32/arm_neon.h"

#include "kernels/unary_f32/kernel.h"

namespace octet {
extern const UnaryF32Kernel kUnaryF32Neon = make_kernel("unary_f32_x8__neon", Isa::kNeon);
}  // namespace octet
