// SPDX-License-Identifier: Apache-2.0
// Copies a block of up to six dimensions between any two layouts: transpose, slice, concat (dst is a slice), broadcast
// (a source stride of 0), reverse (a negative one).
//
//   dst[sum of i[d] * dst_strides[d]] = src[sum of i[d] * src_strides[d]]   for all 0 <= i[d] < shape[d]
#ifndef OCTET_KERNELS_TRANSPOSE_TRANSPOSE_H_
#define OCTET_KERNELS_TRANSPOSE_TRANSPOSE_H_

#include <cstddef>
#include <span>

#include "base/cpu_features.h"

namespace octet {

constexpr std::size_t kMaxTransposeRank = 6;

// Strides count elements. Dimensions may come in any order and have length 1 or 0; the kernel sorts and merges them.
struct TransposeArgs {
  std::size_t rank;  // 0 to 6
  std::size_t shape[kMaxTransposeRank];
  std::ptrdiff_t src_strides[kMaxTransposeRank];
  std::ptrdiff_t dst_strides[kMaxTransposeRank];
  std::size_t element_bytes;  // 1, 2, 4 or 8
  const void* src;
  void* dst;  // must not overlap src
};

struct TransposeKernel {
  const char* name;
  Isa isa;
  void (*transpose)(const TransposeArgs& args);
};

std::span<const TransposeKernel* const> transpose_kernels();  // best first, scalar last
const TransposeKernel& choose_transpose(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_TRANSPOSE_TRANSPOSE_H_
