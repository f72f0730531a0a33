// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/winograd_qs8_qc8w/winograd_qs8_qc8w.h"

namespace octet {

extern const WinogradQs8Kernel kWinogradQs8Scalar;
#if defined(__x86_64__)
extern const WinogradQs8Kernel kWinogradQs8Avx2;
#elif defined(__aarch64__)
extern const WinogradQs8Kernel kWinogradQs8Neon;
#endif

namespace {

constexpr const WinogradQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kWinogradQs8Avx2,
#elif defined(__aarch64__)
    &kWinogradQs8Neon,
#endif
    &kWinogradQs8Scalar,
};

}  // namespace

std::span<const WinogradQs8Kernel* const> winograd_qs8_qc8w_kernels() { return kKernels; }

const WinogradQs8Kernel& choose_winograd_qs8_qc8w(const CpuFeatures& cpu) {
  return first_supported(winograd_qs8_qc8w_kernels(), cpu);
}

}  // namespace octet
