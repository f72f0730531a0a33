// SPDX-License-Identifier: Apache-2.0
// Functions of single elements on float32: dst[i] = f(src[i]).
//
// Absolute errors are below 1e-6 * max(1, |f(x)|) (vector_f32/functions.h). Infinities give the limits of the functions,
// or large numbers where these are infinite (exp); NaN gives a number. All kernels give the bits of the scalar one, however
// the elements are split.
#ifndef OCTET_KERNELS_UNARY_F32_UNARY_F32_H_
#define OCTET_KERNELS_UNARY_F32_UNARY_F32_H_

#include <cstddef>
#include <span>

#include "base/cpu_features.h"

namespace octet {

enum class UnaryFunction : int {
  kErf,
  kExp,
  kGelu,             // 0.5 * x * (1 + erf(x / sqrt(2)))
  kGeluApproximate,  // 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
  kHardSigmoid,      // min(1, max(0, alpha * x + beta))
  kHardSwish,        // x * min(1, max(0, x / 6 + 0.5))
  kLeakyRelu,        // x < 0 ? alpha * x : x
  kSigmoid,
  kSilu,  // x * sigmoid(x)
  kSqrt,
  kTanh,
};
inline constexpr std::size_t kNumUnaryFunctions = 11;

struct UnaryF32Args {
  std::size_t n;
  const float* src;
  float* dst;  // may be src
  float alpha;
  float beta;
};

struct UnaryF32Kernel {
  const char* name;
  Isa isa;
  void (*map[kNumUnaryFunctions])(const UnaryF32Args& args);  // by UnaryFunction
};

std::span<const UnaryF32Kernel* const> unary_f32_kernels();  // best first, scalar last
const UnaryF32Kernel& choose_unary_f32(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_UNARY_F32_UNARY_F32_H_
