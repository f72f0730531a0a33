// SPDX-License-Identifier: Apache-2.0
// What the operators that only move elements are made of: walking and copying tensors by strides.
#ifndef OCTET_OPS_COPY_H_
#define OCTET_OPS_COPY_H_

#include <array>
#include <cstddef>
#include <vector>

#include "ops/define.h"

namespace octet {

using Strides = std::vector<std::int64_t>;  // in elements, one per dimension; 0 repeats, negative goes backwards

// Strides that read a dense tensor of shape `src` as if it were broadcast to `dst`.
Strides broadcast_strides(const Shape& src, const Shape& dst);

// For each index of `shape` in row-major order: dst[index * dst_strides] = src[index * src_strides]. The pointers are at
// index 0. `shape` may have any rank.
void copy_strided(const Shape& shape, std::size_t element_size, const std::byte* src, const Strides& src_strides,
                  std::byte* dst, const Strides& dst_strides);

// Calls visit(i, offsets) for each index of `shape` in row-major order; i counts from 0, offsets[k] is index * strides[k].
template <std::size_t N, typename Visit>
void for_each_index(const Shape& shape, const std::array<Strides, N>& strides, Visit&& visit) {
  std::int64_t count = 1;
  for (const std::int64_t d : shape) count *= d;
  std::vector<std::int64_t> index(shape.size(), 0);
  std::array<std::int64_t, N> offsets{};
  for (std::int64_t i = 0; i < count; ++i) {
    visit(i, offsets);
    for (std::size_t d = shape.size(); d-- > 0;) {
      for (std::size_t k = 0; k < N; ++k) offsets[k] += strides[k][d];
      if (++index[d] < shape[d]) break;
      for (std::size_t k = 0; k < N; ++k) offsets[k] -= strides[k][d] * shape[d];
      index[d] = 0;
    }
  }
}

// Error kUnsupported if both are quantized, with different parameters: bytes cannot just be moved then.
Result<void> expect_same_quant(const ConstView& src, const View& dst);

}  // namespace octet

#endif  // OCTET_OPS_COPY_H_
