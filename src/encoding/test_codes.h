// SPDX-License-Identifier: Apache-2.0
// Codes for tests of the encodings: reproducible, and with the shapes that trained weights have.
#ifndef OCTET_ENCODING_TEST_CODES_H_
#define OCTET_ENCODING_TEST_CODES_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace octet {

// Every code of `bits` bits is equally likely.
inline std::vector<std::int16_t> random_codes(std::size_t count, int bits) {
  std::mt19937 random(static_cast<unsigned>(count) * 31 + static_cast<unsigned>(bits));
  std::vector<std::int16_t> codes(count);
  for (auto& code : codes) code = static_cast<std::int16_t>(static_cast<int>(random() % (1u << bits)) - (1 << (bits - 1)));
  return codes;
}

// Normally distributed within [-2^(bits-1), 2^(bits-1)).
inline std::vector<std::int16_t> normal_codes(std::size_t count, double deviation, int bits = 8, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, deviation);
  const double highest = std::ldexp(1.0, bits - 1) - 1;
  std::vector<std::int16_t> codes(count);
  for (auto& code : codes) code = static_cast<std::int16_t>(std::clamp(std::nearbyint(normal(random)), -highest - 1, highest));
  return codes;
}

}  // namespace octet

#endif  // OCTET_ENCODING_TEST_CODES_H_
