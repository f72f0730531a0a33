// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/softmax_f32/softmax_f32.h"

namespace octet {

extern const SoftmaxF32Kernel kSoftmaxF32Scalar;
#if defined(__x86_64__)
extern const SoftmaxF32Kernel kSoftmaxF32Avx2;
extern const SoftmaxF32Kernel kSoftmaxF32Avx512Vnni;
#elif defined(__aarch64__)
extern const SoftmaxF32Kernel kSoftmaxF32Neon;
#endif

namespace {

constexpr const SoftmaxF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kSoftmaxF32Avx512Vnni,
    &kSoftmaxF32Avx2,
#elif defined(__aarch64__)
    &kSoftmaxF32Neon,
#endif
    &kSoftmaxF32Scalar,
};

}  // namespace

std::span<const SoftmaxF32Kernel* const> softmax_f32_kernels() { return kKernels; }

const SoftmaxF32Kernel& choose_softmax_f32(const CpuFeatures& cpu) {
  return first_supported(softmax_f32_kernels(), cpu);
}

}  // namespace octet
