// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kQuantizeF32Qs8Avx512Vnni kQuantizeF32Qs8Avx512VnniModel
#include "kernels/quantize_f32_qs8/x86_avx512vnni.cc"
