// SPDX-License-Identifier: Apache-2.0
// The points at which polynomials are multiplied, beside 0 and infinity: these and their negatives. Products of their squares are floats
// without rounding.
#ifndef OCTET_KERNELS_WINOGRAD_F32_POINTS_H_
#define OCTET_KERNELS_WINOGRAD_F32_POINTS_H_

#include <cstddef>

namespace octet {

// Of an axis of N points.
template <int N>
struct WinogradPoints;
template <>
struct WinogradPoints<4> {
  static constexpr float kValues[] = {1.0f};
};
template <>
struct WinogradPoints<6> {
  static constexpr float kValues[] = {0.625f, 1.5f};
};
template <>
struct WinogradPoints<8> {
  static constexpr float kValues[] = {0.5f, 1.0f, 2.0f};
};

}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_F32_POINTS_H_
