// SPDX-License-Identifier: Apache-2.0
// What the tests of kernel families share.
#ifndef OCTET_KERNELS_KERNEL_TEST_H_
#define OCTET_KERNELS_KERNEL_TEST_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cpu_features.h"

namespace octet {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Random numbers from a fixed seed: a failure repeats.
class Random {
 public:
  explicit Random(unsigned seed = 1) : engine_(seed) {}

  std::int32_t integer(std::int32_t lo, std::int32_t hi) {
    return std::uniform_int_distribution<std::int32_t>(lo, hi)(engine_);
  }
  float real(float lo, float hi) { return std::uniform_real_distribution<float>(lo, hi)(engine_); }

  // Exactly n values on the heap, so that the address sanitizer sees a read past them.
  std::vector<std::int8_t> int8s(std::size_t n, int lo = -128, int hi = 127) {
    std::vector<std::int8_t> values(n);
    for (auto& v : values) v = static_cast<std::int8_t>(integer(lo, hi));
    return values;
  }
  std::vector<std::int32_t> int32s(std::size_t n, std::int32_t lo, std::int32_t hi) {
    std::vector<std::int32_t> values(n);
    for (auto& v : values) v = integer(lo, hi);
    return values;
  }
  std::vector<float> reals(std::size_t n, float lo, float hi) {
    std::vector<float> values(n);
    for (auto& v : values) v = real(lo, hi);
    return values;
  }

 private:
  std::mt19937 engine_;
};

// Lengths around the widths of all vectors.
inline std::vector<std::size_t> sizes_around_vector_widths() {
  return {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 129, 255, 1000};
}

// The formula of requantize.h, written again with the standard library.
inline std::int8_t expected_qs8(float scaled, int zero_point, int lo, int hi) {
  const double rounded = std::nearbyint(static_cast<double>(scaled)) + zero_point;
  return static_cast<std::int8_t>(std::fmin(std::fmax(rounded, lo), hi));
}

// What a layer with weights writes for an accumulator, by the formula of requantize/requantize.h. The product and the
// offset need 54 bits at most, so double precision holds them and rounds once, to float32.
inline std::int8_t expected_requantized(std::int32_t acc, float scale, int zero_point, int lo, int hi) {
  const double value = static_cast<float>(acc);
  const double offset = scale < 0.5f ? std::exp2(std::floor(std::log2(static_cast<double>(scale)))) : 0.0;
  const auto scaled = static_cast<float>(value * static_cast<double>(scale) + (value < 0 ? -offset : offset));
  return expected_qs8(scaled, zero_point, lo, hi);
}

// Kernel pointers as test parameters: printed by name, skipped where the machine cannot run them.
template <typename Kernel>
std::vector<const Kernel*> runnable(std::span<const Kernel* const> kernels) {
  std::vector<const Kernel*> list;
  for (const Kernel* kernel : kernels) {
    if (cpu_features().has(kernel->isa)) list.push_back(kernel);
  }
  return list;
}

template <typename Kernel>
std::string kernel_test_name(const testing::TestParamInfo<const Kernel*>& info) {
  return info.param->name;
}

}  // namespace octet

#endif  // OCTET_KERNELS_KERNEL_TEST_H_
