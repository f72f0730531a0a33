// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 (VNNI belongs to the tier and is not used here).
#include "kernels/vector_f32/x86_avx512.h"

#include "kernels/layer_norm_f32/kernel.h"

namespace octet {
extern const LayerNormF32Kernel kLayerNormF32Avx512Vnni = {"layer_norm_f32_x16__avx512vnni", Isa::kAvx512Vnni,
                                                           layer_norm};
}  // namespace octet
