// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kBinaryQs8Avx512Vnni kBinaryQs8Avx512VnniModel
#include "kernels/binary_qs8/x86_avx512vnni.cc"
