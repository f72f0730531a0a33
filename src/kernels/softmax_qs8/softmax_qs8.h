// SPDX-License-Identifier: Apache-2.0
// Softmax of int8 rows to int8, with the exponentials from a table.
//
//   e[i]   = table[max - src[i]], max that of the row
//   r      = float(1 / (double(sum of e) * double(dst_scale)))
//   dst[i] = clamp(round_half_even(float(e[i]) * r) + zero_point, lo, hi)
//
// The zero point of src does not matter. The usual dst has scale 1/256 and zero point -128. All kernels give the bits
// of the scalar one.
#ifndef OCTET_KERNELS_SOFTMAX_QS8_SOFTMAX_QS8_H_
#define OCTET_KERNELS_SOFTMAX_QS8_SOFTMAX_QS8_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"
#include "kernels/requantize/requantize.h"

namespace octet {

struct SoftmaxQs8Args {
  std::size_t rows;
  std::size_t n;  // at least 1
  const std::int8_t* src;
  std::size_t src_row_stride;
  const std::int32_t* table;  // [256], of make_softmax_qs8_table
  std::int8_t* dst;           // may be src with the same stride
  std::size_t dst_row_stride;
  float dst_scale;  // finite, > 0
  Qs8Output output;
};

struct SoftmaxQs8Kernel {
  const char* name;
  Isa isa;
  void (*softmax)(const SoftmaxQs8Args& args);
};

// table[d] = exp(-d * src_scale) * 2^23 rounded to nearest, from basic double arithmetic alone: the same on any
// machine. src_scale: finite, > 0.
void make_softmax_qs8_table(float src_scale, std::span<std::int32_t, 256> table);

std::span<const SoftmaxQs8Kernel* const> softmax_qs8_kernels();  // best first, scalar last
const SoftmaxQs8Kernel& choose_softmax_qs8(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_SOFTMAX_QS8_SOFTMAX_QS8_H_
