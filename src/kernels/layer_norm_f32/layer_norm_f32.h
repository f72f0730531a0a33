// SPDX-License-Identifier: Apache-2.0
// Normalization of rows:
//   x[i]   = src[r, i] + addend[r, i]                                       (addend: null for none)
//   dst[r, i] = (x[i] - mean) / sqrt(mean of (x[i] - mean)^2 + epsilon) * gamma[i] + beta[i]
// Sums have eight parts (i mod 8), added pairwise at the end; the variance is of the differences, in a second pass. All
// kernels give the bits of the scalar one.
// Source: Ba, Kiros, Hinton 2016 (arXiv:1607.06450), section 3.1.
#ifndef OCTET_KERNELS_LAYER_NORM_F32_LAYER_NORM_F32_H_
#define OCTET_KERNELS_LAYER_NORM_F32_LAYER_NORM_F32_H_

#include <cstddef>
#include <span>

#include "base/cpu_features.h"

namespace octet {

struct LayerNormF32Args {
  std::size_t rows;
  std::size_t n;        // values of a row, >= 1; rows are dense
  const float* src;     // [rows, n]
  const float* addend;  // [rows, n], or null
  const float* gamma;   // [n]
  const float* beta;    // [n], or null: zeros
  float epsilon;
  float* dst;  // [rows, n]; may be src or addend
};

struct LayerNormF32Kernel {
  const char* name;
  Isa isa;
  void (*layer_norm)(const LayerNormF32Args& args);
};

std::span<const LayerNormF32Kernel* const> layer_norm_f32_kernels();  // best first, scalar last
const LayerNormF32Kernel& choose_layer_norm_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_LAYER_NORM_F32_LAYER_NORM_F32_H_
