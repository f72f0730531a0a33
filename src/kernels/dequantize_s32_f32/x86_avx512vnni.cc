// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/vector_f32/x86_avx512.h"

#include "kernels/dequantize_s32_f32/kernel.h"

namespace octet {
extern const DequantizeS32F32Kernel kDequantizeS32F32Avx512Vnni =
    make_kernel("dequantize_s32_f32_x16__avx512vnni", Isa::kAvx512Vnni);
}  // namespace octet
