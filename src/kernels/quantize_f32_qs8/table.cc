// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"

namespace octet {

extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Scalar;
#if defined(__x86_64__)
extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Avx2;
extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Avx512Vnni;
#elif defined(__aarch64__)
extern const QuantizeF32Qs8Kernel kQuantizeF32Qs8Neon;
#endif

namespace {

constexpr const QuantizeF32Qs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kQuantizeF32Qs8Avx512Vnni,
    &kQuantizeF32Qs8Avx2,
#elif defined(__aarch64__)
    &kQuantizeF32Qs8Neon,
#endif
    &kQuantizeF32Qs8Scalar,
};

}  // namespace

std::span<const QuantizeF32Qs8Kernel* const> quantize_f32_qs8_kernels() { return kKernels; }

const QuantizeF32Qs8Kernel& choose_quantize_f32_qs8(const CpuFeatures& cpu) {
  return first_supported(quantize_f32_qs8_kernels(), cpu);
}

}  // namespace octet
