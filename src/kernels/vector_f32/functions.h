// SPDX-License-Identifier: Apache-2.0
// Functions of eight floats, on the operations of one of the headers beside this one, which is included before it.
#ifndef OCTET_KERNELS_VECTOR_F32_FUNCTIONS_H_
#define OCTET_KERNELS_VECTOR_F32_FUNCTIONS_H_

namespace octet {
namespace {

// c[0] + c[1] * x + ... by Horner's rule, each step with one rounding.
template <std::size_t I = 0, std::size_t N>
F32x8 polynomial(const float (&c)[N], F32x8 x) {
  if constexpr (I + 1 == N) {
    return splat(c[I]);
  } else {
    return fma(polynomial<I + 1>(c, x), x, splat(c[I]));
  }
}

// exp(x), relative error below 2e-7; x below -87.3 counts as -87.3, above 88.3 as 88.3. NaN gives a number.
// |r| <= ln(2) / 2 and the polynomial are those of Cephes' expf (S. Moshier, 1989).
inline F32x8 exponential(F32x8 x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: leaves the rounded value in the low bits
  constexpr float kCoefficients[] = {5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f,
                                     8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
  x = min(max(x, splat(-87.3f)), splat(88.3f));
  const F32x8 shifted = fma(x, splat(1.44269504f), splat(kMagic));
  const F32x8 n = sub(shifted, splat(kMagic));
  const F32x8 r = fma(n, splat(2.12194440e-4f), fma(n, splat(-0.693359375f), x));  // ln(2) in two parts
  const F32x8 e = add(fma(polynomial(kCoefficients, r), mul(r, r), r), splat(1.0f));
  return mul(e, power_of_two(shifted));
}

// 1 / (1 + exp(-x))
inline F32x8 sigmoid(F32x8 x) { return div(splat(1.0f), add(splat(1.0f), exponential(sub(splat(0.0f), x)))); }

// x * P(x^2) / Q(x^2) on (-bound, bound), within [-1, 1], and -1 or 1 outside. Fitted to the least relative error (iteratively
// reweighted least squares on Chebyshev nodes, in double): that is at most 2e-8, rounding adds up to 4e-7.
template <std::size_t P, std::size_t Q>
F32x8 odd_rational(F32x8 x, float bound, const float (&p)[P], const float (&q)[Q]) {
  const F32x8 one = splat(1.0f), minus_one = splat(-1.0f);
  const F32x8 inside = min(max(x, splat(-bound)), splat(bound));
  const F32x8 u = mul(inside, inside);
  const F32x8 y = min(max(div(mul(inside, polynomial(p, u)), polynomial(q, u)), minus_one), one);
  return select_less(x, splat(-bound), minus_one, select_less(splat(bound), x, one, y));
}

inline F32x8 hyperbolic_tangent(F32x8 x) {
  constexpr float kP[] = {1.0f, 0.13680855929f, 0.00386950746f, 2.80312997e-5f, 3.06425072e-8f, -1.22462344e-11f};
  constexpr float kQ[] = {1.0f, 0.47014188766f, 0.02725015394f, 3.94071249e-4f, 1.28903446e-6f};
  return odd_rational(x, 9.0f, kP, kQ);
}

inline F32x8 error_function(F32x8 x) {
  constexpr float kP[] = {1.12837910652f, 0.19037763774f, 0.05274558812f, 0.00376455812f, 2.84890411e-4f, 2.05073184e-6f};
  constexpr float kQ[] = {1.0f, 0.50205051899f, 0.11409781128f, 0.01496708114f, 1.16233667e-3f, 3.80987694e-5f};
  return odd_rational(x, 3.9192059f, kP, kQ);
}

// 0.5 * x * (1 + y)
inline F32x8 half_of(F32x8 x, F32x8 y) {
  const F32x8 half = mul(splat(0.5f), x);
  return fma(half, y, half);
}

// 0.5 * x * (1 + erf(x / sqrt(2)))
inline F32x8 gelu(F32x8 x) { return half_of(x, error_function(mul(x, splat(0.7071067812f)))); }

// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
inline F32x8 gelu_approximate(F32x8 x) {
  const F32x8 inner = mul(mul(splat(0.7978845608f), x), fma(mul(splat(0.044715f), x), x, splat(1.0f)));
  return half_of(x, hyperbolic_tangent(inner));
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_FUNCTIONS_H_
