// SPDX-License-Identifier: Apache-2.0
// The intrinsics of AVX-512, or with OCTET_SIMD_MODEL a portable model of them: tests build the kernels a second time
// with it, so that their results are checked on machines that cannot run them.
#ifndef OCTET_KERNELS_X86_AVX512_H_
#define OCTET_KERNELS_X86_AVX512_H_

#ifdef OCTET_SIMD_MODEL
#include "kernels/x86_avx512_model.h"
#else
#include <immintrin.h>
#endif

#endif  // OCTET_KERNELS_X86_AVX512_H_
