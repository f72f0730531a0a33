// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma. Products of int16 pairs (vpmaddwd).
#include "kernels/gemm_qs8_qc8w/x86_avx2_tile.h"
#include "kernels/winograd_qs8_qc8w/kernel.h"

namespace octet {
namespace {

static_assert(kColumns == kNr);

struct Avx2 {
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

  using Ints = __m256i;
  static constexpr std::size_t kIntLanes = 8;

  static Ints load_ints(const std::int32_t* src) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src)); }
  static void store_ints(std::int32_t* dst, Ints ints) { _mm256_store_si256(reinterpret_cast<__m256i*>(dst), ints); }
  static Ints add_ints(Ints a, Ints b) { return _mm256_add_epi32(a, b); }
  static Ints sub_ints(Ints a, Ints b) { return _mm256_sub_epi32(a, b); }
  template <int BITS>
  static Ints shift_ints(Ints a) {
    return _mm256_slli_epi32(a, BITS);
  }

  struct Pixels {
    Requantize requantize;

    explicit Pixels(const Qs8Output& output) : requantize(output) {}

    template <int S>
    [[gnu::always_inline]] inline void store(const Ints (&sums)[kOutputs], const Channels& channels, std::int8_t* dst, std::size_t pixel_stride,
                                             std::size_t count) const {
      const __m256i inverse = _mm256_set1_epi32(kInverseOf9), bias = load_ints(channels.bias);
      const __m256 scale = _mm256_loadu_ps(channels.scale), offset = _mm256_loadu_ps(channels.offset);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < kOutputs; ++i, dst += pixel_stride) {
        if (i >= count) return;
        const __m256i acc = _mm256_srai_epi32(_mm256_mullo_epi32(sums[i], inverse), S + kShift[i]);
        const __m256i rounded = requantize.rounded(_mm256_add_epi32(acc, bias), scale, offset);
        _mm_storel_epi64(reinterpret_cast<__m128i*>(dst), straight<1>(requantize.narrow(rounded, rounded)));
      }
    }
  };
};

void multiply(const WinogradQs8ProductArgs& args) {
  alignas(32) static constexpr std::int32_t kZeros[kNr] = {};
  // Tiles of nearly equal height.
  const std::size_t blocks = (args.tiles + kMr - 1) / kMr, height = blocks == 0 ? 0 : args.tiles / blocks, higher = blocks == 0 ? 0 : args.tiles % blocks;
  for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) {
    Tile tile{};
    tile.rows = reinterpret_cast<const std::byte*>(args.src);
    tile.row_bytes = args.depth * sizeof(std::int16_t);
    tile.weights = reinterpret_cast<const std::byte*>(packed_words(args.packed, args.n, args.depth, args.point, n));
    tile.groups = args.depth / 2;
    tile.init = kZeros;
    tile.acc = args.dst + n;
    tile.dst_stride = args.n;
    if (higher > 0) kTiles<WordProducts>[1][height + 1](tile, higher);
    if (blocks > higher) kTiles<WordProducts>[1][height](tile, blocks - higher);
  }
}

}  // namespace

extern const WinogradQs8Kernel kWinogradQs8Avx2 = {"winograd_qs8_qc8w_6x16__avx2", Isa::kAvx2, Transforms<Avx2>::input, multiply, Transforms<Avx2>::output};

}  // namespace octet
