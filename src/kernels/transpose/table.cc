// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose/transpose.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const TransposeKernel kTransposeScalar;

namespace {

constexpr const TransposeKernel* kKernels[] = {
    &kTransposeScalar,
};

}  // namespace

std::span<const TransposeKernel* const> transpose_kernels() { return kKernels; }

const TransposeKernel& choose_transpose(const CpuFeatures& cpu) { return first_supported(transpose_kernels(), cpu); }

}  // namespace octet
