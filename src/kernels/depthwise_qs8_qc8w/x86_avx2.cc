// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/depthwise_qs8_qc8w/x86_pairs256.h"

namespace octet {
namespace {

struct Avx2 {
  [[gnu::always_inline]] static inline __m256i dot2(__m256i acc, __m256i a, __m256i b) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
  }
};

}  // namespace

extern const DepthwiseQs8Kernel kDepthwiseQs8Avx2 = {"depthwise_qs8_qc8w_1x16__avx2", Isa::kAvx2, packed_bytes, pack,
                                                     depthwise<Avx2>};

}  // namespace octet
