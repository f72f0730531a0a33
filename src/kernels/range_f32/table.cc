// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/range_f32/range_f32.h"

namespace octet {

extern const RangeF32Kernel kRangeF32Scalar;
#if defined(__x86_64__)
extern const RangeF32Kernel kRangeF32Avx2;
#elif defined(__aarch64__)
extern const RangeF32Kernel kRangeF32Neon;
#endif

namespace {

constexpr const RangeF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kRangeF32Avx2,
#elif defined(__aarch64__)
    &kRangeF32Neon,
#endif
    &kRangeF32Scalar,
};

}  // namespace

std::span<const RangeF32Kernel* const> range_f32_kernels() { return kKernels; }

const RangeF32Kernel& choose_range_f32(const CpuFeatures& cpu) { return first_supported(range_f32_kernels(), cpu); }

}  // namespace octet
