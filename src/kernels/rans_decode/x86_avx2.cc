// SPDX-License-Identifier: Apache-2.0
// Four vectors of eight states. Entries of slots are loaded one by one: a gather is slower (Zen 3: 1.38 against 1.68 GB/s).
// Which states need a word is a mask, and a table of permutations brings the next words to their lanes.
#include <immintrin.h>

#include "kernels/rans_decode/rans_decode.h"

namespace octet {

extern const RansDecodeKernel kRansDecodeAvx2;

namespace {

// By mask: lane l takes word number (set bits below l).
struct Spread {
  alignas(32) std::uint32_t lanes[256][8];
};
constexpr Spread make_spread() {
  Spread spread{};
  for (std::uint32_t mask = 0; mask < 256; ++mask) {
    std::uint32_t next = 0;
    for (std::uint32_t lane = 0; lane < 8; ++lane) {
      spread.lanes[mask][lane] = next;
      next += mask >> lane & 1;
    }
  }
  return spread;
}
constexpr Spread kSpread = make_spread();

// Of the slots in the low and the high half.
__m128i two_entries(const std::uint32_t* table, std::uint64_t slots) {
  return _mm_insert_epi32(_mm_cvtsi32_si128(static_cast<int>(table[static_cast<std::uint32_t>(slots)])),
                          static_cast<int>(table[slots >> 32]), 1);
}
__m128i four_entries(const std::uint32_t* table, __m128i slots) {
  return _mm_unpacklo_epi64(two_entries(table, static_cast<std::uint64_t>(_mm_cvtsi128_si64(slots))),
                            two_entries(table, static_cast<std::uint64_t>(_mm_extract_epi64(slots, 1))));
}
__m256i eight_entries(const std::uint32_t* table, __m256i slots) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(four_entries(table, _mm256_castsi256_si128(slots))),
                                 four_entries(table, _mm256_extracti128_si256(slots, 1)), 1);
}

// One symbol of each of eight states, as 32-bit numbers.
__m256i step(const std::uint32_t* table, __m256i& x, const std::uint16_t*& words) {
  const __m256i low12 = _mm256_set1_epi32(0xfff);
  const __m256i entry = eight_entries(table, _mm256_and_si256(x, low12));
  const __m256i frequency = _mm256_add_epi32(_mm256_and_si256(_mm256_srli_epi32(entry, 12), low12), _mm256_set1_epi32(1));
  x = _mm256_add_epi32(_mm256_mullo_epi32(frequency, _mm256_srli_epi32(x, kRansTableLog)), _mm256_and_si256(entry, low12));
  const __m256i needs_word = _mm256_cmpeq_epi32(_mm256_srli_epi32(x, 16), _mm256_setzero_si256());
  const auto mask = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(needs_word)));
  const __m256i next = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(words)));
  const __m256i spread = _mm256_permutevar8x32_epi32(next, _mm256_load_si256(reinterpret_cast<const __m256i*>(kSpread.lanes[mask])));
  x = _mm256_blendv_epi8(x, _mm256_or_si256(_mm256_slli_epi32(x, 16), spread), needs_word);
  words += __builtin_popcount(mask);
  return _mm256_srli_epi32(entry, 24);
}

const std::uint16_t* decode(const RansDecodeArgs& a) {
  auto* states = reinterpret_cast<__m256i*>(a.states);
  __m256i x0 = _mm256_loadu_si256(states), x1 = _mm256_loadu_si256(states + 1);
  __m256i x2 = _mm256_loadu_si256(states + 2), x3 = _mm256_loadu_si256(states + 3);
  const std::uint16_t* words = a.words;
  std::size_t i = 0;
  for (; i + kRansLanes <= a.n; i += kRansLanes) {
    const __m256i s0 = step(a.table, x0, words), s1 = step(a.table, x1, words);
    const __m256i s2 = step(a.table, x2, words), s3 = step(a.table, x3, words);
    // Packing works on halves of 128 bits: the last permutation puts groups of four into order.
    const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(s0, s1), _mm256_packus_epi32(s2, s3));
    const __m256i ordered = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(a.dst + i), ordered);
    if (words > a.end) return nullptr;
  }
  _mm256_storeu_si256(states, x0), _mm256_storeu_si256(states + 1, x1);
  _mm256_storeu_si256(states + 2, x2), _mm256_storeu_si256(states + 3, x3);
  RansDecodeArgs rest = a;
  rest.n = a.n - i;
  rest.words = words;
  rest.dst = a.dst + i;
  return rans_decode_tail(rest);
}

}  // namespace

const RansDecodeKernel kRansDecodeAvx2 = {"rans_decode_32__avx2", Isa::kAvx2, decode};

}  // namespace octet
