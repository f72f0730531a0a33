// SPDX-License-Identifier: Apache-2.0
// Arithmetic of two float32 tensors: dst = clamp(a op b) with clamp(x) = min(hi, max(lo, x)), NaN passed on by the
// clamp. minimum is a < b ? a : b, maximum is a > b ? a : b. All kernels give the bits of the scalar one.
#ifndef OCTET_KERNELS_BINARY_F32_BINARY_F32_H_
#define OCTET_KERNELS_BINARY_F32_BINARY_F32_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"

namespace octet {

// The last two are for an `a` that has to be broadcast: the caller swaps the operands.
enum class BinaryF32Op { kAdd, kSub, kMul, kDiv, kMinimum, kMaximum, kReverseSub /* b - a */, kReverseDiv /* b / a */ };

// A matrix [rows, n]. Broadcast forms of b, as (b_row_stride, b_is_scalar): same shape (n, false), one row for all
// (0, false), one value for all (0, true), one value per row (1, true).
struct BinaryF32Args {
  std::size_t rows;
  std::size_t n;
  const float* a;
  std::size_t a_row_stride;
  const float* b;
  std::size_t b_row_stride;
  bool b_is_scalar;
  float* dst;  // may be a, or a b of the same shape
  std::size_t dst_row_stride;
  float lo;  // fused activation; -infinity and infinity: none
  float hi;
};

struct BinaryF32Kernel {
  const char* name;
  Isa isa;
  void (*binary)(BinaryF32Op op, const BinaryF32Args& args);
};

std::span<const BinaryF32Kernel* const> binary_f32_kernels();  // best first, scalar last
const BinaryF32Kernel& choose_binary_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_BINARY_F32_BINARY_F32_H_
