// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary_qs8/binary_qs8.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const BinaryQs8Kernel kBinaryQs8Scalar;
#if defined(__x86_64__)
extern const BinaryQs8Kernel kBinaryQs8Avx2;
extern const BinaryQs8Kernel kBinaryQs8Avx512Vnni;
#elif defined(__aarch64__)
extern const BinaryQs8Kernel kBinaryQs8Neon;
#endif

namespace {

constexpr const BinaryQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kBinaryQs8Avx512Vnni,
    &kBinaryQs8Avx2,
#elif defined(__aarch64__)
    &kBinaryQs8Neon,
#endif
    &kBinaryQs8Scalar,
};

}  // namespace

std::span<const BinaryQs8Kernel* const> binary_qs8_kernels() { return kKernels; }

const BinaryQs8Kernel& choose_binary_qs8(const CpuFeatures& cpu) { return first_supported(binary_qs8_kernels(), cpu); }

}  // namespace octet
