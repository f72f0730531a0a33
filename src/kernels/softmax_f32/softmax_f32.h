// SPDX-License-Identifier: Apache-2.0
// dst[r, i] = exp(src[r, i] - max) / sum over i of exp(src[r, i] - max), max that of row r.
//
// exp is that of vector_f32/functions.h, with a relative error below 2e-7; the sum has eight partial sums (index i mod
// 8) that are added pairwise at the end, so that all kernels give the bits of the scalar one. A row with a NaN or an
// infinite maximum gives NaN or nonsense, never a fault.
#ifndef OCTET_KERNELS_SOFTMAX_F32_SOFTMAX_F32_H_
#define OCTET_KERNELS_SOFTMAX_F32_SOFTMAX_F32_H_

#include <cstddef>
#include <span>

#include "base/cpu_features.h"

namespace octet {

struct SoftmaxF32Args {
  std::size_t rows;
  std::size_t n;
  const float* src;
  std::size_t src_row_stride;
  float* dst;  // may be src with the same stride
  std::size_t dst_row_stride;
};

struct SoftmaxF32Kernel {
  const char* name;
  Isa isa;
  void (*softmax)(const SoftmaxF32Args& args);
};

std::span<const SoftmaxF32Kernel* const> softmax_f32_kernels();  // best first, scalar last
const SoftmaxF32Kernel& choose_softmax_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_SOFTMAX_F32_SOFTMAX_F32_H_
