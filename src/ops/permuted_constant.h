// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_OPS_PERMUTED_CONSTANT_H_
#define OCTET_OPS_PERMUTED_CONSTANT_H_

#include <span>

#include "ir/tensor.h"

namespace octet {

// The constant with dimension i what was dimension perm[i], its elements moved and its quantization parameters' axis with them.
// Of a constant that is not in memory (in a mapped file, say) the result is not either: elements are moved when they are asked for.
Tensor permuted_constant(const Tensor& constant, std::span<const std::int64_t> perm);
inline Tensor permuted_constant(const Tensor& constant, std::initializer_list<std::int64_t> perm) {
  return permuted_constant(constant, std::span(perm.begin(), perm.size()));
}

}  // namespace octet

#endif  // OCTET_OPS_PERMUTED_CONSTANT_H_
