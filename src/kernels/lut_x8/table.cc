// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/lut_x8/lut_x8.h"

namespace octet {

extern const LutX8Kernel kLutX8Scalar;
#if defined(__x86_64__)
extern const LutX8Kernel kLutX8Avx2;
#elif defined(__aarch64__)
extern const LutX8Kernel kLutX8Neon;
#endif

namespace {

constexpr const LutX8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kLutX8Avx2,
#elif defined(__aarch64__)
    &kLutX8Neon,
#endif
    &kLutX8Scalar,
};

}  // namespace

std::span<const LutX8Kernel* const> lut_x8_kernels() { return kKernels; }

const LutX8Kernel& choose_lut_x8(const CpuFeatures& cpu) { return first_supported(lut_x8_kernels(), cpu); }

}  // namespace octet
