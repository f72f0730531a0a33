// SPDX-License-Identifier: Apache-2.0
// NEON is part of ARMv8.0.
#include "kernels/vector_f32/arm_neon.h"

#include "kernels/softmax_f32/kernel.h"

namespace octet {
extern const SoftmaxF32Kernel kSoftmaxF32Neon = {"softmax_f32_x4__neon", Isa::kNeon, softmax};
}  // namespace octet
