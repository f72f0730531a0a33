// SPDX-License-Identifier: Apache-2.0
// What all transpose kernels share: reducing any copy to runs, to matrices or to single elements, and walking over
// them.
#ifndef OCTET_KERNELS_TRANSPOSE_WALK_H_
#define OCTET_KERNELS_TRANSPOSE_WALK_H_

#include "kernels/transpose/transpose.h"

namespace octet {

// dst[j * dst_stride + i] = src[i * src_stride + j] for i < rows, j < cols; strides in elements.
struct MatrixTranspose {
  std::size_t rows;
  std::size_t cols;
  const void* src;
  std::ptrdiff_t src_stride;
  void* dst;
  std::ptrdiff_t dst_stride;
};

using MatrixFunction = void (*)(const MatrixTranspose& matrix);

// One function per element size.
struct MatrixFunctions {
  MatrixFunction x8, x16, x32, x64;
};

extern const MatrixFunctions kScalarMatrixFunctions;

void transpose_walk(const TransposeArgs& args, const MatrixFunctions& functions);

}  // namespace octet

#endif  // OCTET_KERNELS_TRANSPOSE_WALK_H_
