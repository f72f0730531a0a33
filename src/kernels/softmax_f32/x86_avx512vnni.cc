// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/vector_f32/x86_avx512.h"

#include "kernels/softmax_f32/kernel.h"

namespace octet {
extern const SoftmaxF32Kernel kSoftmaxF32Avx512Vnni = {"softmax_f32_x16__avx512vnni", Isa::kAvx512Vnni, softmax};
}  // namespace octet
