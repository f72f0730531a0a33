// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/vector_f32/x86_avx512.h"

#include "kernels/winograd_f32/kernel.h"

namespace octet {
extern const WinogradF32Kernel kWinogradF32Avx512Vnni = {"winograd_f32_x16__avx512vnni", Isa::kAvx512Vnni, transform_input, transform_output};
}  // namespace octet
