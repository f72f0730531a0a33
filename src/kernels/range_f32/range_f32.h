// SPDX-License-Identifier: Apache-2.0
// The smallest and largest value of a float32 span, for observers.
#ifndef OCTET_KERNELS_RANGE_F32_RANGE_F32_H_
#define OCTET_KERNELS_RANGE_F32_RANGE_F32_H_

#include <cstddef>
#include <span>

#include "base/cpu_features.h"

namespace octet {

// Of no values: min is infinity, max -infinity, all_finite true. NaN is left out of min and max; a zero is always +0.
struct RangeF32 {
  float min;
  float max;
  bool all_finite;  // false if there was a NaN or an infinity
};

struct RangeF32Kernel {
  const char* name;
  Isa isa;
  RangeF32 (*range)(const float* src, std::size_t n);
};

std::span<const RangeF32Kernel* const> range_f32_kernels();  // best first, scalar last
const RangeF32Kernel& choose_range_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_RANGE_F32_RANGE_F32_H_
