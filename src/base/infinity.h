// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_BASE_INFINITY_H_
#define OCTET_BASE_INFINITY_H_

#include <limits>

namespace octet {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace octet

#endif  // OCTET_BASE_INFINITY_H_
