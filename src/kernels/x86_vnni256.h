// SPDX-License-Identifier: Apache-2.0
// The instructions of VNNI on vectors of 256 bits: a tag type for each encoding that a processor may have, and a model.
// As statements, because g++ 12 otherwise copies or spills the accumulators. Only for kernel files.
//   dot4   acc + products of four unsigned bytes of a and four signed bytes of b
//   dot2   acc + products of two int16 of a and b
//   keep   acc has to be in a register, as if something unknown used and changed it
#ifndef OCTET_KERNELS_X86_VNNI256_H_
#define OCTET_KERNELS_X86_VNNI256_H_

#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

#ifdef OCTET_SIMD_MODEL

struct Model256 {
  static __m256i dot4(__m256i acc, __m256i a, __m256i b) { return _mm256_dpbusd_epi32(acc, a, b); }
  static __m256i dot2(__m256i acc, __m256i a, __m256i b) { return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b)); }
  static void keep(__m256i& /*acc*/) {}
};

#else

struct Vex256 {
  [[gnu::always_inline]] static inline __m256i dot4(__m256i acc, __m256i a, __m256i b) {
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(b));
    return acc;
  }
  [[gnu::always_inline]] static inline __m256i dot2(__m256i acc, __m256i a, __m256i b) {
    asm("%{vex%} vpdpwssd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(b));
    return acc;
  }
  [[gnu::always_inline]] static inline void keep(__m256i& acc) { asm volatile("" : "+x"(acc)); }
};

struct Evex256 {
  [[gnu::always_inline]] static inline __m256i dot4(__m256i acc, __m256i a, __m256i b) {
    asm("%{evex%} vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    return acc;
  }
  [[gnu::always_inline]] static inline __m256i dot2(__m256i acc, __m256i a, __m256i b) {
    asm("%{evex%} vpdpwssd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    return acc;
  }
  [[gnu::always_inline]] static inline void keep(__m256i& acc) { asm volatile("" : "+v"(acc)); }
};

#endif

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_X86_VNNI256_H_
