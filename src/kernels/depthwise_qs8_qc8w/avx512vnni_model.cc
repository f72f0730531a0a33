// SPDX-License-Identifier: Apache-2.0
// x86_avx512vnni.cc on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#define kDepthwiseQs8Avx512Vnni kDepthwiseQs8Avx512VnniModel
#include "kernels/depthwise_qs8_qc8w/x86_avx512vnni.cc"
