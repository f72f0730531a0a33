// SPDX-License-Identifier: Apache-2.0
// The intrinsics of x86, or with OCTET_SIMD_MODEL a portable model of them: tests build newer kernels a second time
// with it, so that their results are checked on machines that cannot run them.
#ifndef OCTET_KERNELS_X86_INTRINSICS_H_
#define OCTET_KERNELS_X86_INTRINSICS_H_

#ifdef OCTET_SIMD_MODEL
#include "kernels/x86_model.h"
#else
#include <immintrin.h>
#endif

#endif  // OCTET_KERNELS_X86_INTRINSICS_H_
