// SPDX-License-Identifier: Apache-2.0
// Functions of a vector of floats, on the operations of one of the headers beside this one, which is included before it.
#ifndef OCTET_KERNELS_VECTOR_F32_FUNCTIONS_H_
#define OCTET_KERNELS_VECTOR_F32_FUNCTIONS_H_

namespace octet {
namespace {

// c[0] + c[1] * x + ... by Horner's rule, each step with one rounding.
template <std::size_t I = 0, std::size_t N>
Floats polynomial(const float (&c)[N], Floats x) {
  if constexpr (I + 1 == N) {
    return splat(c[I]);
  } else {
    return fma(polynomial<I + 1>(c, x), x, splat(c[I]));
  }
}

constexpr float kLeastExponent = -87.3f;

// exp(x) for x in [-87.3, 88.3], relative error below 2e-7.
// |r| <= ln(2) / 2 and the polynomial are those of Cephes' expf (S. Moshier, 1989).
inline Floats exponential_within(Floats x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: leaves the rounded value in the low bits
  constexpr float kCoefficients[] = {5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f,
                                     8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
  const Floats shifted = fma(x, splat(1.44269504f), splat(kMagic));
  const Floats n = sub(shifted, splat(kMagic));
  const Floats r = fma(n, splat(2.12194440e-4f), fma(n, splat(-0.693359375f), x));  // ln(2) in two parts
  const Floats e = add(fma(polynomial(kCoefficients, r), mul(r, r), r), splat(1.0f));
  return mul(e, power_of_two(shifted));
}

// exp(x); x below -87.3 counts as -87.3, above 88.3 as 88.3. NaN gives a number.
inline Floats exponential(Floats x) { return exponential_within(min(max(x, splat(kLeastExponent)), splat(88.3f))); }

// exp(x) for x <= 0; 0 below -87.3 and for NaN.
inline Floats exponential_of_negative(Floats x) {
  const Floats least = splat(kLeastExponent);
  return select_less(least, x, exponential_within(max(x, least)), splat(0.0f));
}

// 1 / (1 + exp(-x))
inline Floats sigmoid(Floats x) { return div(splat(1.0f), add(splat(1.0f), exponential(sub(splat(0.0f), x)))); }

// x * P(x^2) / Q(x^2) on (-bound, bound), within [-1, 1], and -1 or 1 outside: at the bound the quotient rounds to exactly 1.
// Fitted to the least relative error (iteratively reweighted least squares on Chebyshev nodes, in double): that is at most 2e-8,
// rounding adds up to 4e-7.
template <std::size_t P, std::size_t Q>
Floats odd_rational(Floats x, float bound, const float (&p)[P], const float (&q)[Q]) {
  const Floats inside = min(max(x, splat(-bound)), splat(bound));
  const Floats u = mul(inside, inside);
  return min(max(div(mul(inside, polynomial(p, u)), polynomial(q, u)), splat(-1.0f)), splat(1.0f));
}

inline Floats hyperbolic_tangent(Floats x) {
  constexpr float kP[] = {1.0f, 0.13680855929f, 0.00386950746f, 2.80312997e-5f, 3.06425072e-8f, -1.22462344e-11f};
  constexpr float kQ[] = {1.0f, 0.47014188766f, 0.02725015394f, 3.94071249e-4f, 1.28903446e-6f};
  return odd_rational(x, 9.00000286f, kP, kQ);
}

inline Floats error_function(Floats x) {
  constexpr float kP[] = {1.12837910652f, 0.19037763774f, 0.05274558812f, 0.00376455812f, 2.84890411e-4f, 2.05073184e-6f};
  constexpr float kQ[] = {1.0f, 0.50205051899f, 0.11409781128f, 0.01496708114f, 1.16233667e-3f, 3.80987694e-5f};
  return odd_rational(x, 3.9192059f, kP, kQ);
}

// 0.5 * x * (1 + y)
inline Floats half_of(Floats x, Floats y) {
  const Floats half = mul(splat(0.5f), x);
  return fma(half, y, half);
}

// 0.5 * x * (1 + erf(x / sqrt(2)))
inline Floats gelu(Floats x) { return half_of(x, error_function(mul(x, splat(0.7071067812f)))); }

// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
inline Floats gelu_approximate(Floats x) {
  const Floats inner = mul(mul(splat(0.7978845608f), x), fma(mul(splat(0.044715f), x), x, splat(1.0f)));
  return half_of(x, hyperbolic_tangent(inner));
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_FUNCTIONS_H_
