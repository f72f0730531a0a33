// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/vector_f32/x86_avx2.h"

#include "kernels/unary_f32/kernel.h"

namespace octet {
extern const UnaryF32Kernel kUnaryF32Avx2 = make_kernel("unary_f32_x8__avx2", Isa::kAvx2);
}  // namespace octet
