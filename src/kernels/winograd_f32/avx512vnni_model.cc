// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kWinogradF32Avx512Vnni kWinogradF32Avx512VnniModel
#include "kernels/winograd_f32/x86_avx512vnni.cc"
