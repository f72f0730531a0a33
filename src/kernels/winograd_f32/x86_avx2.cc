// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/vector_f32/x86_avx2.h"

#include "kernels/winograd_f32/kernel.h"

namespace octet {
extern const WinogradF32Kernel kWinogradF32Avx2 = {"winograd_f32_x8__avx2", Isa::kAvx2, transform_input, transform_output};
}  // namespace octet
