// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kGemmQs8Avx512Vnni kGemmQs8Avx512VnniModel
#include "kernels/gemm_qs8_qc8w/x86_avx512vnni.cc"
