// SPDX-License-Identifier: Apache-2.0
// The words of kernel.h in vectors of 256 bits.
#ifndef OCTET_KERNELS_WINOGRAD_QS8_QC8W_X86_WORDS_H_
#define OCTET_KERNELS_WINOGRAD_QS8_QC8W_X86_WORDS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

struct Words256 {
  using Words = __m256i;
  static constexpr std::size_t kWordLanes = 16;

  static Words words_of(const std::int8_t* bytes) { return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes))); }
  static Words load_words(const std::int16_t* src) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(src)); }
  static void store_words(std::int16_t* dst, Words words) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), words); }
  static Words add_words(Words a, Words b) { return _mm256_add_epi16(a, b); }
  static Words sub_words(Words a, Words b) { return _mm256_sub_epi16(a, b); }
  template <int BITS>
  static Words shift_words(Words a) {
    return _mm256_slli_epi16(a, BITS);
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_QS8_QC8W_X86_WORDS_H_
