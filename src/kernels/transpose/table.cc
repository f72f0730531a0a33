// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/transpose/transpose.h"

namespace octet {

extern const TransposeKernel kTransposeScalar;
#if defined(__x86_64__)
extern const TransposeKernel kTransposeAvx2;
#elif defined(__aarch64__)
extern const TransposeKernel kTransposeNeon;
#endif

namespace {

constexpr const TransposeKernel* kKernels[] = {
#if defined(__x86_64__)
    &kTransposeAvx2,
#elif defined(__aarch64__)
    &kTransposeNeon,
#endif
    &kTransposeScalar,
};

}  // namespace

std::span<const TransposeKernel* const> transpose_kernels() { return kKernels; }

const TransposeKernel& choose_transpose(const CpuFeatures& cpu) { return first_supported(transpose_kernels(), cpu); }

}  // namespace octet
