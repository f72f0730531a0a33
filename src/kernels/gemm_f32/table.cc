// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const GemmF32Kernel kGemmF32Scalar;
#if defined(__x86_64__)
extern const GemmF32Kernel kGemmF32Avx2;
extern const GemmF32Kernel kGemmF32Avx512Vnni;
#elif defined(__aarch64__)
extern const GemmF32Kernel kGemmF32Neon;
#endif

namespace {

constexpr const GemmF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kGemmF32Avx512Vnni,
    &kGemmF32Avx2,
#elif defined(__aarch64__)
    &kGemmF32Neon,
#endif
    &kGemmF32Scalar,
};

}  // namespace

std::span<const GemmF32Kernel* const> gemm_f32_kernels() { return kKernels; }

const GemmF32Kernel& choose_gemm_f32(const CpuFeatures& cpu) { return first_supported(gemm_f32_kernels(), cpu); }

}  // namespace octet
