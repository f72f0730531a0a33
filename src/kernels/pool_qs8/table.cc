// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/pool_qs8/pool_qs8.h"

namespace octet {

extern const PoolQs8Kernel kPoolQs8Scalar;
#if defined(__x86_64__)
extern const PoolQs8Kernel kPoolQs8Avx2;
extern const PoolQs8Kernel kPoolQs8Avx512Vnni;
#elif defined(__aarch64__)
extern const PoolQs8Kernel kPoolQs8Neon;
#endif

namespace {

constexpr const PoolQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kPoolQs8Avx512Vnni,
    &kPoolQs8Avx2,
#elif defined(__aarch64__)
    &kPoolQs8Neon,
#endif
    &kPoolQs8Scalar,
};

}  // namespace

std::span<const PoolQs8Kernel* const> pool_qs8_kernels() { return kKernels; }

const PoolQs8Kernel& choose_pool_qs8(const CpuFeatures& cpu) { return first_supported(pool_qs8_kernels(), cpu); }

}  // namespace octet
