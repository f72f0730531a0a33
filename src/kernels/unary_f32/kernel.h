// SPDX-License-Identifier: Apache-2.0
// The body of all kernels of this family; included behind a header of vector_f32.
#ifndef OCTET_KERNELS_UNARY_F32_KERNEL_H_
#define OCTET_KERNELS_UNARY_F32_KERNEL_H_

#include "kernels/unary_f32/unary_f32.h"
#include "kernels/vector_f32/functions.h"

namespace octet {
namespace {

Floats clamp01(Floats x) { return min(max(x, splat(0.0f)), splat(1.0f)); }

template <UnaryFunction kFunction>
Floats apply(Floats x, Floats alpha, Floats beta) {
  switch (kFunction) {
    case UnaryFunction::kErf: return error_function(x);
    case UnaryFunction::kExp: return exponential(x);
    case UnaryFunction::kGelu: return gelu(x);
    case UnaryFunction::kGeluApproximate: return gelu_approximate(x);
    case UnaryFunction::kHardSigmoid: return clamp01(fma(x, alpha, beta));
    case UnaryFunction::kHardSwish: return mul(x, clamp01(fma(x, splat(1.0f / 6.0f), splat(0.5f))));
    case UnaryFunction::kLeakyRelu: return select_less(x, splat(0.0f), mul(x, alpha), x);
    case UnaryFunction::kSigmoid: return sigmoid(x);
    case UnaryFunction::kSilu: return mul(x, sigmoid(x));
    case UnaryFunction::kSqrt: return square_root(x);
    case UnaryFunction::kTanh: return hyperbolic_tangent(x);
  }
  return x;
}

template <UnaryFunction kFunction>
void map(const UnaryF32Args& args) {
  const Floats alpha = splat(args.alpha), beta = splat(args.beta);
  const float* src = args.src;
  float* dst = args.dst;
  const std::size_t n = args.n;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(dst + i, apply<kFunction>(load(src + i), alpha, beta));
  if (i < n) store_first(dst + i, apply<kFunction>(load_first(src + i, n - i), alpha, beta), n - i);
}

constexpr UnaryF32Kernel make_kernel(const char* name, Isa isa) {
  return {name, isa,
          {map<UnaryFunction::kErf>, map<UnaryFunction::kExp>, map<UnaryFunction::kGelu>, map<UnaryFunction::kGeluApproximate>,
           map<UnaryFunction::kHardSigmoid>, map<UnaryFunction::kHardSwish>, map<UnaryFunction::kLeakyRelu>,
           map<UnaryFunction::kSigmoid>, map<UnaryFunction::kSilu>, map<UnaryFunction::kSqrt>, map<UnaryFunction::kTanh>}};
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_UNARY_F32_KERNEL_H_
