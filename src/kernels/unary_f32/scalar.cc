// SPDX-License-Identifier: Apache-2.0
#include "kernels/vector_f32/scalar.h"

#include "kernels/unary_f32/kernel.h"

namespace octet {
extern const UnaryF32Kernel kUnaryF32Scalar = make_kernel("unary_f32_x8__scalar", Isa::kScalar);
}  // namespace octet
