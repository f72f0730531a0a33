// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/unary_f32/unary_f32.h"

namespace octet {

extern const UnaryF32Kernel kUnaryF32Scalar;
#if defined(__x86_64__)
extern const UnaryF32Kernel kUnaryF32Avx2;
extern const UnaryF32Kernel kUnaryF32Avx512Vnni;
#elif defined(__aarch64__)
extern const UnaryF32Kernel kUnaryF32Neon;
#endif

namespace {

constexpr const UnaryF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kUnaryF32Avx512Vnni,
    &kUnaryF32Avx2,
#elif defined(__aarch64__)
    &kUnaryF32Neon,
#endif
    &kUnaryF32Scalar,
};

}  // namespace

std::span<const UnaryF32Kernel* const> unary_f32_kernels() { return kKernels; }

const UnaryF32Kernel& choose_unary_f32(const CpuFeatures& cpu) {
  return first_supported(unary_f32_kernels(), cpu);
}

}  // namespace octet
