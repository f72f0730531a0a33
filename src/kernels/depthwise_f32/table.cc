// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const DepthwiseF32Kernel kDepthwiseF32Scalar;
#if defined(__x86_64__)
extern const DepthwiseF32Kernel kDepthwiseF32Avx2;
extern const DepthwiseF32Kernel kDepthwiseF32Avx512Vnni;
#elif defined(__aarch64__)
extern const DepthwiseF32Kernel kDepthwiseF32Neon;
#endif

namespace {

constexpr const DepthwiseF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kDepthwiseF32Avx512Vnni,
    &kDepthwiseF32Avx2,
#elif defined(__aarch64__)
    &kDepthwiseF32Neon,
#endif
    &kDepthwiseF32Scalar,
};

}  // namespace

std::span<const DepthwiseF32Kernel* const> depthwise_f32_kernels() { return kKernels; }

const DepthwiseF32Kernel& choose_depthwise_f32(const CpuFeatures& cpu) {
  return first_supported(depthwise_f32_kernels(), cpu);
}

}  // namespace octet
