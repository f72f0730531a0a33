// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/rans_decode/rans_decode.h"

namespace octet {

extern const RansDecodeKernel kRansDecodeScalar;
#if defined(__x86_64__)
extern const RansDecodeKernel kRansDecodeAvx2;
#endif

namespace {

constexpr const RansDecodeKernel* kKernels[] = {
#if defined(__x86_64__)
    &kRansDecodeAvx2,
#endif
    &kRansDecodeScalar,
};

}  // namespace

std::span<const RansDecodeKernel* const> rans_decode_kernels() { return kKernels; }

const RansDecodeKernel& choose_rans_decode(const CpuFeatures& cpu, std::size_t lanes) {
  return lanes == kRansLanes ? first_supported(rans_decode_kernels(), cpu) : kRansDecodeScalar;
}

}  // namespace octet
