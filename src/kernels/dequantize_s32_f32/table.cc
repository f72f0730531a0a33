// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/dequantize_s32_f32/dequantize_s32_f32.h"

namespace octet {

extern const DequantizeS32F32Kernel kDequantizeS32F32Scalar;
#if defined(__x86_64__)
extern const DequantizeS32F32Kernel kDequantizeS32F32Avx2;
extern const DequantizeS32F32Kernel kDequantizeS32F32Avx512Vnni;
#elif defined(__aarch64__)
extern const DequantizeS32F32Kernel kDequantizeS32F32Neon;
#endif

namespace {

constexpr const DequantizeS32F32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kDequantizeS32F32Avx512Vnni,
    &kDequantizeS32F32Avx2,
#elif defined(__aarch64__)
    &kDequantizeS32F32Neon,
#endif
    &kDequantizeS32F32Scalar,
};

}  // namespace

std::span<const DequantizeS32F32Kernel* const> dequantize_s32_f32_kernels() { return kKernels; }

const DequantizeS32F32Kernel& choose_dequantize_s32_f32(const CpuFeatures& cpu) {
  return first_supported(dequantize_s32_f32_kernels(), cpu);
}

}  // namespace octet
