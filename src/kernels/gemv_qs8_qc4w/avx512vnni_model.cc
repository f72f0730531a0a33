// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kGemvQs8Qc4wAvx512Vnni kGemvQs8Qc4wAvx512VnniModel
#include "kernels/gemv_qs8_qc4w/x86_avx512vnni.cc"
