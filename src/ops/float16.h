// SPDX-License-Identifier: Apache-2.0
// IEEE 754 binary16, kept as its bits: 1 sign, 5 exponent (bias 15), 10 mantissa.
#ifndef OCTET_OPS_FLOAT16_H_
#define OCTET_OPS_FLOAT16_H_

#include <cstdint>

namespace octet {

// Exact.
float float16_to_float(std::uint16_t half);

// Rounds half to even, once: from a double nothing is lost on the way. Beyond 65519.99 it is an infinity.
std::uint16_t float16_from_double(double value);

}  // namespace octet

#endif  // OCTET_OPS_FLOAT16_H_
