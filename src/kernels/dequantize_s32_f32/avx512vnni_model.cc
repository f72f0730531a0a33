// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kDequantizeS32F32Avx512Vnni kDequantizeS32F32Avx512VnniModel
#include "kernels/dequantize_s32_f32/x86_avx512vnni.cc"
