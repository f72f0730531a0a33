// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const GemmQs8Kernel kGemmQs8Scalar;
#if defined(__x86_64__)
extern const GemmQs8Kernel kGemmQs8Avx2;
extern const GemmQs8Kernel kGemmQs8AvxVnni;
extern const GemmQs8Kernel kGemmQs8Avx512Vnni256;
extern const GemmQs8Kernel kGemmQs8Avx512Vnni;
extern const GemmQs8Kernel kGemmQs8AmxInt8;
#elif defined(__aarch64__)
extern const GemmQs8Kernel kGemmQs8Neon;
extern const GemmQs8Kernel kGemmQs8NeonDot;
extern const GemmQs8Kernel kGemmQs8NeonI8mm;
#endif

namespace {

constexpr const GemmQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kGemmQs8AmxInt8,
    &kGemmQs8Avx512Vnni,
    &kGemmQs8Avx512Vnni256,
    &kGemmQs8AvxVnni,
    &kGemmQs8Avx2,
#elif defined(__aarch64__)
    &kGemmQs8NeonI8mm,
    &kGemmQs8NeonDot,
    &kGemmQs8Neon,
#endif
    &kGemmQs8Scalar,
};

}  // namespace

std::span<const GemmQs8Kernel* const> gemm_qs8_qc8w_kernels() { return kKernels; }

const GemmQs8Kernel& choose_gemm_qs8_qc8w(const CpuFeatures& cpu) {
  return first_supported(gemm_qs8_qc8w_kernels(), cpu);
}

}  // namespace octet
