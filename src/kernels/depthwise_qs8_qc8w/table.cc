// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const DepthwiseQs8Kernel kDepthwiseQs8Scalar;
#if defined(__x86_64__)
extern const DepthwiseQs8Kernel kDepthwiseQs8Avx2;
extern const DepthwiseQs8Kernel kDepthwiseQs8AvxVnni;
extern const DepthwiseQs8Kernel kDepthwiseQs8Avx512Vnni256;
extern const DepthwiseQs8Kernel kDepthwiseQs8Avx512Vnni;
#elif defined(__aarch64__)
extern const DepthwiseQs8Kernel kDepthwiseQs8Neon;
#endif

namespace {

constexpr const DepthwiseQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kDepthwiseQs8Avx512Vnni,
    &kDepthwiseQs8Avx512Vnni256,
    &kDepthwiseQs8AvxVnni,
    &kDepthwiseQs8Avx2,
#elif defined(__aarch64__)
    &kDepthwiseQs8Neon,
#endif
    &kDepthwiseQs8Scalar,
};

}  // namespace

std::span<const DepthwiseQs8Kernel* const> depthwise_qs8_qc8w_kernels() { return kKernels; }

const DepthwiseQs8Kernel& choose_depthwise_qs8_qc8w(const CpuFeatures& cpu) {
  return first_supported(depthwise_qs8_qc8w_kernels(), cpu);
}

}  // namespace octet
