// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/layer_norm_f32/layer_norm_f32.h"

namespace octet {

extern const LayerNormF32Kernel kLayerNormF32Scalar;
#if defined(__x86_64__)
extern const LayerNormF32Kernel kLayerNormF32Avx2;
extern const LayerNormF32Kernel kLayerNormF32Avx512Vnni;
#elif defined(__aarch64__)
extern const LayerNormF32Kernel kLayerNormF32Neon;
#endif

namespace {

constexpr const LayerNormF32Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kLayerNormF32Avx512Vnni,
    &kLayerNormF32Avx2,
#elif defined(__aarch64__)
    &kLayerNormF32Neon,
#endif
    &kLayerNormF32Scalar,
};

}  // namespace

std::span<const LayerNormF32Kernel* const> layer_norm_f32_kernels() { return kKernels; }

const LayerNormF32Kernel& choose_layer_norm_f32(const CpuFeatures& cpu) {
  return first_supported(layer_norm_f32_kernels(), cpu);
}

}  // namespace octet
