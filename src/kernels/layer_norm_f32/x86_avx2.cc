// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/vector_f32/x86_avx2.h"

#include "kernels/layer_norm_f32/kernel.h"

namespace octet {
extern const LayerNormF32Kernel kLayerNormF32Avx2 = {"layer_norm_f32_x8__avx2", Isa::kAvx2, layer_norm};
}  // namespace octet
