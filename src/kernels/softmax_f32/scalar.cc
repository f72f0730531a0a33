// SPDX-License-Identifier: Apache-2.0
#include "kernels/vector_f32/scalar.h"

#include "kernels/softmax_f32/kernel.h"

namespace octet {
extern const SoftmaxF32Kernel kSoftmaxF32Scalar = {"softmax_f32_x1__scalar", Isa::kScalar, softmax};
}  // namespace octet
