// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/peak/peak.h"

namespace octet {
namespace {

constexpr int kChains = 8;  // independent sums: one would wait for itself

std::uint64_t f32(std::uint64_t n) {
  float acc[kChains] = {};
  const volatile float factor = 0.5f;
  const float a = factor;
  std::uint64_t done = 0;
  for (; done < n; done += kChains)
    for (float& sum : acc) sum = sum * a + a;
  for (float sum : acc) {
    const volatile float sink = sum;
    static_cast<void>(sink);
  }
  return done;
}

std::uint64_t qs8(std::uint64_t n) {
  std::uint32_t acc[kChains] = {};
  const volatile std::int8_t factor = 3;
  const std::int8_t a = factor;
  std::uint64_t done = 0;
  for (; done < n; done += kChains)
    for (std::uint32_t& sum : acc) sum = sum * static_cast<std::uint32_t>(a) + 1u;
  for (std::uint32_t sum : acc) {
    const volatile std::uint32_t sink = sum;
    static_cast<void>(sink);
  }
  return done;
}

}  // namespace

extern const PeakKernel kPeakScalar = {"peak__scalar", Isa::kScalar, f32, qs8};

}  // namespace octet
