// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_f32/binary_f32.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const BinaryF32Kernel kBinaryF32Scalar;
#if defined(__x86_64__)
extern const BinaryF32Kernel kBinaryF32Avx2;
#elif defined(__aarch64__)
extern const BinaryF32Kernel kBinaryF32Neon;
#endif

namespace {

constexpr const BinaryF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kBinaryF32Avx2,
#elif defined(__aarch64__)
    &kBinaryF32Neon,
#endif
    &kBinaryF32Scalar,
};

}  // namespace

std::span<const BinaryF32Kernel* const> binary_f32_kernels() { return kKernels; }

const BinaryF32Kernel& choose_binary_f32(const CpuFeatures& cpu) { return first_supported(binary_f32_kernels(), cpu); }

}  // namespace octet
