// SPDX-License-Identifier: Apache-2.0
#include "kernels/vector_f32/scalar.h"

#include "kernels/winograd_f32/kernel.h"

namespace octet {
extern const WinogradF32Kernel kWinogradF32Scalar = {"winograd_f32_x8__scalar", Isa::kScalar, transform_input, transform_output};
}  // namespace octet
