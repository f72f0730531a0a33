// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/winograd_f32/winograd_f32.h"

namespace octet {

extern const WinogradF32Kernel kWinogradF32Scalar;
#if defined(__x86_64__)
extern const WinogradF32Kernel kWinogradF32Avx2;
extern const WinogradF32Kernel kWinogradF32Avx512Vnni;
#elif defined(__aarch64__)
extern const WinogradF32Kernel kWinogradF32Neon;
#endif

namespace {

constexpr const WinogradF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kWinogradF32Avx512Vnni,
    &kWinogradF32Avx2,
#elif defined(__aarch64__)
    &kWinogradF32Neon,
#endif
    &kWinogradF32Scalar,
};

}  // namespace

std::span<const WinogradF32Kernel* const> winograd_f32_kernels() { return kKernels; }

const WinogradF32Kernel& choose_winograd_f32(const CpuFeatures& cpu) {
  return first_supported(winograd_f32_kernels(), cpu);
}

}  // namespace octet
