// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/vector_f32/x86_avx2.h"

#include "kernels/softmax_f32/kernel.h"

namespace octet {
extern const SoftmaxF32Kernel kSoftmaxF32Avx2 = {"softmax_f32_x8__avx2", Isa::kAvx2, softmax};
}  // namespace octet
