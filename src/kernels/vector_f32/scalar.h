// SPDX-License-Identifier: Apache-2.0
// A vector of floats, here eight as an array: the definition of what each operation gives. min and max return the second operand if one is
// NaN; reals beyond the range of round_to_int are not allowed.
#ifndef OCTET_KERNELS_VECTOR_F32_SCALAR_H_
#define OCTET_KERNELS_VECTOR_F32_SCALAR_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace octet {
namespace {

constexpr std::size_t kLanes = 8;

struct Floats {
  float lane[kLanes];
};

template <typename F>
inline Floats by_lane(const F& f) {
  Floats r;
  for (std::size_t i = 0; i < kLanes; ++i) r.lane[i] = f(i);
  return r;
}

inline Floats splat(float x) {
  return by_lane([&](std::size_t) { return x; });
}
inline Floats load(const float* src) {
  return by_lane([&](std::size_t i) { return src[i]; });
}
inline void store(float* dst, const Floats& a) { std::memcpy(dst, a.lane, sizeof(a.lane)); }
// The first n lanes, n < 8; zeros behind them.
inline Floats load_first(const float* src, std::size_t n) {
  return by_lane([&](std::size_t i) { return i < n ? src[i] : 0.0f; });
}
inline void store_first(float* dst, const Floats& a, std::size_t n) { std::memcpy(dst, a.lane, n * sizeof(float)); }
// Zeros behind the first n lanes.
inline Floats keep_first(const Floats& a, std::size_t n) {
  return by_lane([&](std::size_t i) { return i < n ? a.lane[i] : 0.0f; });
}

inline Floats add(const Floats& a, const Floats& b) {
  return by_lane([&](std::size_t i) { return a.lane[i] + b.lane[i]; });
}
inline Floats sub(const Floats& a, const Floats& b) {
  return by_lane([&](std::size_t i) { return a.lane[i] - b.lane[i]; });
}
inline Floats mul(const Floats& a, const Floats& b) {
  return by_lane([&](std::size_t i) { return a.lane[i] * b.lane[i]; });
}
inline Floats div(const Floats& a, const Floats& b) {
  return by_lane([&](std::size_t i) { return a.lane[i] / b.lane[i]; });
}
// a * b + c with one rounding
inline Floats fma(const Floats& a, const Floats& b, const Floats& c) {
  return by_lane([&](std::size_t i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
}
inline Floats min(const Floats& a, const Floats& b) {
  return by_lane([&](std::size_t i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Floats max(const Floats& a, const Floats& b) {
  return by_lane([&](std::size_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Floats square_root(const Floats& a) {
  return by_lane([&](std::size_t i) { return std::sqrt(a.lane[i]); });
}
// a < b ? c : d; an order with NaN is false
inline Floats select_less(const Floats& a, const Floats& b, const Floats& c, const Floats& d) {
  return by_lane([&](std::size_t i) { return a.lane[i] < b.lane[i] ? c.lane[i] : d.lane[i]; });
}
// 2^n for whole n in [-126, 127], given n + 1.5 * 2^23
inline Floats power_of_two(const Floats& shifted) {
  return by_lane([&](std::size_t i) {
    std::uint32_t bits;
    std::memcpy(&bits, &shifted.lane[i], sizeof(bits));
    bits = (bits << 23) + 0x3F800000u;
    float power;
    std::memcpy(&power, &bits, sizeof(power));
    return power;
  });
}
inline float largest(const Floats& a) {
  float best = a.lane[0];
  for (std::size_t i = 1; i < kLanes; ++i) best = a.lane[i] > best ? a.lane[i] : best;
  return best;
}

// Eight partial sums, whatever the number of lanes: lane i is added to that of i mod 8, lower lanes first.
using Sums = Floats;
inline Sums no_sums() { return splat(0.0f); }
inline Sums add_to(const Sums& sums, const Floats& a) { return add(sums, a); }
// The squares, each added with one rounding.
inline Sums add_square_to(const Sums& sums, const Floats& a) { return fma(a, a, sums); }
// ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))
inline float sum(const Floats& a) {
  const float* x = a.lane;
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

inline Floats from_integers(const std::int32_t* src) {
  return by_lane([&](std::size_t i) { return static_cast<float>(src[i]); });
}
// float(acc[i] - factor * sums[i]), the integers modulo 2^32
inline Floats corrected(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor) {
  return by_lane([&](std::size_t i) {
    const std::uint32_t product = static_cast<std::uint32_t>(factor) * static_cast<std::uint32_t>(sums[i]);
    return static_cast<float>(static_cast<std::int32_t>(static_cast<std::uint32_t>(acc[i]) - product));
  });
}
// The first n lanes, n < 8; zeros behind them.
inline Floats corrected_first(const std::int32_t* acc, const std::int32_t* sums, std::int32_t factor, std::size_t n) {
  std::int32_t first_acc[kLanes] = {}, first_sums[kLanes] = {};
  std::memcpy(first_acc, acc, n * sizeof(*acc));
  std::memcpy(first_sums, sums, n * sizeof(*sums));
  return corrected(first_acc, first_sums, factor);
}

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_VECTOR_F32_SCALAR_H_
