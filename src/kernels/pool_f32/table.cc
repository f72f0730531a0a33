// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/pool_f32/pool_f32.h"

namespace octet {

extern const PoolF32Kernel kPoolF32Scalar;
#if defined(__x86_64__)
extern const PoolF32Kernel kPoolF32Avx2;
#elif defined(__aarch64__)
extern const PoolF32Kernel kPoolF32Neon;
#endif

namespace {

constexpr const PoolF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kPoolF32Avx2,
#elif defined(__aarch64__)
    &kPoolF32Neon,
#endif
    &kPoolF32Scalar,
};

}  // namespace

std::span<const PoolF32Kernel* const> pool_f32_kernels() { return kKernels; }

const PoolF32Kernel& choose_pool_f32(const CpuFeatures& cpu) { return first_supported(pool_f32_kernels(), cpu); }

}  // namespace octet
