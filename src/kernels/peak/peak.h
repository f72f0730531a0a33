// SPDX-License-Identifier: Apache-2.0
// How fast the machine multiplies and adds at best: loops of the instructions that the GEMM kernels of a tier are made of,
// on registers alone. What a layer reaches is a fraction of it.
#ifndef OCTET_KERNELS_PEAK_PEAK_H_
#define OCTET_KERNELS_PEAK_PEAK_H_

#include <cstdint>
#include <span>

#include "base/cpu_features.h"

namespace octet {

// Each function does at least `n` products and additions on one thread, and returns how many it did.
struct PeakKernel {
  const char* name;
  Isa isa;
  std::uint64_t (*f32)(std::uint64_t n);
  std::uint64_t (*qs8)(std::uint64_t n);  // int8 products summed in int32
};

std::span<const PeakKernel* const> peak_kernels();  // best first, scalar last
const PeakKernel& choose_peak(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_PEAK_PEAK_H_
