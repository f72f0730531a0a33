// SPDX-License-Identifier: Apache-2.0
#include "kernels/vector_f32/scalar.h"

#include "kernels/dequantize_s32_f32/kernel.h"

namespace octet {
extern const DequantizeS32F32Kernel kDequantizeS32F32Scalar = make_kernel("dequantize_s32_f32_x8__scalar", Isa::kScalar);
}  // namespace octet
