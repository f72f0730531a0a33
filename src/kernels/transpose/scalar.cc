// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/error.h"
#include "kernels/transpose/walk.h"

namespace octet {
namespace {

struct Dim {
  std::size_t length;
  std::ptrdiff_t src_stride;
  std::ptrdiff_t dst_stride;
};

std::ptrdiff_t magnitude(std::ptrdiff_t stride) { return stride < 0 ? -stride : stride; }

// The same copy with few dimensions: length 1 dropped, outermost in dst first, neighbours merged where both sides
// allow.
struct Walk {
  std::size_t rank = 0;
  Dim dims[kMaxTransposeRank];
  std::size_t element_bytes = 1;
  bool empty = false;
};

Walk reduce(const TransposeArgs& args) {
  Walk walk;
  walk.element_bytes = args.element_bytes;
  for (std::size_t d = 0; d < args.rank; ++d) {
    if (args.shape[d] == 0) walk.empty = true;
    if (args.shape[d] == 1) continue;
    const Dim dim = {args.shape[d], args.src_strides[d], args.dst_strides[d]};
    // Insertion sort: std::stable_sort would allocate.
    std::size_t place = walk.rank++;
    for (; place > 0 && magnitude(walk.dims[place - 1].dst_stride) < magnitude(dim.dst_stride); --place)
      walk.dims[place] = walk.dims[place - 1];
    walk.dims[place] = dim;
  }
  std::size_t merged = 0;
  for (std::size_t d = 0; d < walk.rank; ++d) {
    const Dim dim = walk.dims[d];
    const auto length = static_cast<std::ptrdiff_t>(dim.length);
    if (merged > 0 && walk.dims[merged - 1].src_stride == dim.src_stride * length &&
        walk.dims[merged - 1].dst_stride == dim.dst_stride * length) {
      walk.dims[merged - 1] = {walk.dims[merged - 1].length * dim.length, dim.src_stride, dim.dst_stride};
    } else {
      walk.dims[merged++] = dim;
    }
  }
  walk.rank = merged;
  return walk;
}

// Calls inner(src, dst) for every index of the first `rank` dimensions.
template <typename Inner>
void for_each_outer(const Walk& walk, std::size_t rank, const std::byte* src, std::byte* dst, const Inner& inner) {
  std::size_t index[kMaxTransposeRank] = {};
  const auto bytes = static_cast<std::ptrdiff_t>(walk.element_bytes);
  while (true) {
    inner(src, dst);
    std::size_t d = rank;
    while (true) {
      if (d == 0) return;
      --d;
      const Dim& dim = walk.dims[d];
      src += dim.src_stride * bytes;
      dst += dim.dst_stride * bytes;
      if (++index[d] < dim.length) break;
      src -= dim.src_stride * bytes * static_cast<std::ptrdiff_t>(dim.length);
      dst -= dim.dst_stride * bytes * static_cast<std::ptrdiff_t>(dim.length);
      index[d] = 0;
    }
  }
}

template <typename T>
void copy_strided(const Dim& dim, const std::byte* src, std::byte* dst) {
  const auto* from = reinterpret_cast<const T*>(src);
  auto* to = reinterpret_cast<T*>(dst);
  for (std::size_t i = 0; i < dim.length; ++i) {
    to[static_cast<std::ptrdiff_t>(i) * dim.dst_stride] = from[static_cast<std::ptrdiff_t>(i) * dim.src_stride];
  }
}

void copy_line(const Dim& dim, std::size_t element_bytes, const std::byte* src, std::byte* dst) {
  switch (element_bytes) {
    case 1:
      return copy_strided<std::uint8_t>(dim, src, dst);
    case 2:
      return copy_strided<std::uint16_t>(dim, src, dst);
    case 4:
      return copy_strided<std::uint32_t>(dim, src, dst);
    default:
      return copy_strided<std::uint64_t>(dim, src, dst);
  }
}

MatrixFunction matrix_function(const MatrixFunctions& functions, std::size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      return functions.x8;
    case 2:
      return functions.x16;
    case 4:
      return functions.x32;
    default:
      return functions.x64;
  }
}

// Blocks of 16 x 16 keep both sides in the first-level cache.
template <typename T>
void matrix_scalar(const MatrixTranspose& matrix) {
  constexpr std::size_t kBlock = 16;
  const auto* src = static_cast<const T*>(matrix.src);
  auto* dst = static_cast<T*>(matrix.dst);
  for (std::size_t j0 = 0; j0 < matrix.cols; j0 += kBlock) {
    const std::size_t j_end = std::min(matrix.cols, j0 + kBlock);
    for (std::size_t i0 = 0; i0 < matrix.rows; i0 += kBlock) {
      const std::size_t i_end = std::min(matrix.rows, i0 + kBlock);
      for (std::size_t j = j0; j < j_end; ++j) {
        T* to = dst + static_cast<std::ptrdiff_t>(j) * matrix.dst_stride;
        for (std::size_t i = i0; i < i_end; ++i)
          to[i] = src[static_cast<std::ptrdiff_t>(i) * matrix.src_stride + static_cast<std::ptrdiff_t>(j)];
      }
    }
  }
}

void transpose(const TransposeArgs& args) { transpose_walk(args, kScalarMatrixFunctions); }

}  // namespace

const MatrixFunctions kScalarMatrixFunctions = {matrix_scalar<std::uint8_t>, matrix_scalar<std::uint16_t>,
                                                matrix_scalar<std::uint32_t>, matrix_scalar<std::uint64_t>};

void transpose_walk(const TransposeArgs& args, const MatrixFunctions& functions) {
  OCTET_DCHECK(args.rank <= kMaxTransposeRank);
  Walk walk = reduce(args);
  if (walk.empty) return;
  const auto* src = static_cast<const std::byte*>(args.src);
  auto* dst = static_cast<std::byte*>(args.dst);
  if (walk.rank == 0) {
    std::memcpy(dst, src, walk.element_bytes);
    return;
  }
  const Dim inner = walk.dims[walk.rank - 1];
  if (inner.src_stride == 1 && inner.dst_stride == 1) {
    const std::size_t run_bytes = inner.length * walk.element_bytes;
    for_each_outer(walk, walk.rank - 1, src, dst,
                   [&](const std::byte* from, std::byte* to) { std::memcpy(to, from, run_bytes); });
    return;
  }
  // A matrix: the inner dimension is dense in dst, another one is dense in src.
  Dim* dense = std::find_if(walk.dims, walk.dims + walk.rank - 1, [](const Dim& dim) { return dim.src_stride == 1; });
  if (inner.dst_stride == 1 && dense != walk.dims + walk.rank - 1) {
    const Dim column = *dense;
    std::rotate(dense, dense + 1, walk.dims + walk.rank - 1);
    const MatrixFunction function = matrix_function(functions, walk.element_bytes);
    for_each_outer(walk, walk.rank - 2, src, dst, [&](const std::byte* from, std::byte* to) {
      function({inner.length, column.length, from, inner.src_stride, to, column.dst_stride});
    });
    return;
  }
  for_each_outer(walk, walk.rank - 1, src, dst,
                 [&](const std::byte* from, std::byte* to) { copy_line(inner, walk.element_bytes, from, to); });
}

extern const TransposeKernel kTransposeScalar = {"transpose_x1__scalar", Isa::kScalar, transpose};

}  // namespace octet
