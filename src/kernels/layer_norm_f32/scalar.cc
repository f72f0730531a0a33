// SPDX-License-Identifier: Apache-2.0
#include "kernels/vector_f32/scalar.h"

#include "kernels/layer_norm_f32/kernel.h"

namespace octet {
extern const LayerNormF32Kernel kLayerNormF32Scalar = {"layer_norm_f32_x8__scalar", Isa::kScalar, layer_norm};
}  // namespace octet
