// SPDX-License-Identifier: Apache-2.0
// A matrix by squares that fit into registers; only for kernel files.
#ifndef OCTET_KERNELS_TRANSPOSE_SQUARES_H_
#define OCTET_KERNELS_TRANSPOSE_SQUARES_H_

#include "kernels/transpose/walk.h"

namespace octet {
namespace {

// dst[j, i] = src[i, j] for i in [i_begin, i_end), j in [j_begin, j_end)
template <typename T>
void one_by_one(const MatrixTranspose& m, std::size_t i_begin, std::size_t i_end, std::size_t j_begin,
                std::size_t j_end) {
  const auto* src = static_cast<const T*>(m.src);
  auto* dst = static_cast<T*>(m.dst);
  for (std::size_t j = j_begin; j < j_end; ++j) {
    T* to = dst + static_cast<std::ptrdiff_t>(j) * m.dst_stride;
    const T* from = src + j;
    for (std::size_t i = i_begin; i < i_end; ++i) to[i] = from[static_cast<std::ptrdiff_t>(i) * m.src_stride];
  }
}

// Squares::transpose(src, src_stride, dst, dst_stride) does one of kSide x kSide.
template <typename Squares, typename T, std::size_t kSide>
void matrix(const MatrixTranspose& m) {
  const auto* src = static_cast<const T*>(m.src);
  auto* dst = static_cast<T*>(m.dst);
  const std::size_t i_squares = m.rows / kSide * kSide, j_squares = m.cols / kSide * kSide;
  for (std::size_t j = 0; j < j_squares; j += kSide) {
    for (std::size_t i = 0; i < i_squares; i += kSide) {
      const T* from = src + static_cast<std::ptrdiff_t>(i) * m.src_stride + static_cast<std::ptrdiff_t>(j);
      Squares::transpose(from, m.src_stride,
                         dst + static_cast<std::ptrdiff_t>(j) * m.dst_stride + static_cast<std::ptrdiff_t>(i),
                         m.dst_stride);
    }
    one_by_one<T>(m, i_squares, m.rows, j, j + kSide);
  }
  one_by_one<T>(m, 0, m.rows, j_squares, m.cols);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_TRANSPOSE_SQUARES_H_
