// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/gemv_qs8_qc4w/gemv_qs8_qc4w.h"
#include "kernels/kernel_table.h"

namespace octet {

extern const GemmQs8Kernel kGemvQs8Qc4wScalar;
#if defined(__x86_64__)
extern const GemmQs8Kernel kGemvQs8Qc4wAvx2;
extern const GemmQs8Kernel kGemvQs8Qc4wAvx512Vnni;
#elif defined(__aarch64__)
extern const GemmQs8Kernel kGemvQs8Qc4wNeon;
#endif

namespace {

constexpr const GemmQs8Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kGemvQs8Qc4wAvx512Vnni,
    &kGemvQs8Qc4wAvx2,
#elif defined(__aarch64__)
    &kGemvQs8Qc4wNeon,
#endif
    &kGemvQs8Qc4wScalar,
};

}  // namespace

std::int32_t least_weight(const GemmQs8PackArgs& args, std::size_t n) {
  const std::int8_t* const weights = args.weights + n * args.n_stride;
  std::int32_t least = weights[0];
  for (std::size_t k = 1; k < args.k; ++k) least = std::min<std::int32_t>(least, weights[k * args.k_stride]);
  return least;
}

bool fits_qc4w(const GemmQs8PackArgs& args) {
  for (std::size_t n = 0; n < args.n; ++n) {
    const std::int8_t* const weights = args.weights + n * args.n_stride;
    int lo = weights[0], hi = weights[0];
    for (std::size_t k = 1; k < args.k; ++k) {
      lo = std::min<int>(lo, weights[k * args.k_stride]);
      hi = std::max<int>(hi, weights[k * args.k_stride]);
    }
    if (hi - lo > 15) return false;
  }
  return true;
}

std::span<const GemmQs8Kernel* const> gemv_qs8_qc4w_kernels() { return kKernels; }

const GemmQs8Kernel& choose_gemv_qs8_qc4w(const CpuFeatures& cpu) {
  return first_supported(gemv_qs8_qc4w_kernels(), cpu);
}

}  // namespace octet
