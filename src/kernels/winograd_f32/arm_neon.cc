// SPDX-License-Identifier: Apache-2.0
// NEON is part of ARMv8.0.
#include "kernels/vector_f32/arm_neon.h"

#include "kernels/winograd_f32/kernel.h"

namespace octet {
extern const WinogradF32Kernel kWinogradF32Neon = {"winograd_f32_x8__neon", Isa::kNeon, transform_input, transform_output};
}  // namespace octet
