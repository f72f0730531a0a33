// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/softmax_qs8/softmax_qs8.h"

namespace octet {

extern const SoftmaxQs8Kernel kSoftmaxQs8Scalar;
#if defined(__x86_64__)
extern const SoftmaxQs8Kernel kSoftmaxQs8Avx2;
#elif defined(__aarch64__)
extern const SoftmaxQs8Kernel kSoftmaxQs8Neon;
#endif

namespace {

constexpr const SoftmaxQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kSoftmaxQs8Avx2,
#elif defined(__aarch64__)
    &kSoftmaxQs8Neon,
#endif
    &kSoftmaxQs8Scalar,
};

}  // namespace

std::span<const SoftmaxQs8Kernel* const> softmax_qs8_kernels() { return kKernels; }

const SoftmaxQs8Kernel& choose_softmax_qs8(const CpuFeatures& cpu) {
  return first_supported(softmax_qs8_kernels(), cpu);
}

}  // namespace octet
