// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma. Products of int16 pairs (vpmaddwd).
#include "kernels/gemm_qs8_qc8w/x86_avx2_tile.h"
#include "kernels/winograd_qs8_qc8w/packed_weights.h"

namespace octet {
namespace {

static_assert(kColumns == kNr);

__m256i load_words(const std::int8_t* src) { return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(src))); }
void store_words(std::int16_t* dst, __m256i words) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), words); }

// Row Y of the points, of pixels first and second of each column: second - first, or for Y = 1 second + first less twice the zero point.
template <int Y>
[[gnu::always_inline]] inline void store_row(const std::int8_t* first, const std::int8_t* second, std::size_t c, __m256i zero_points, std::int16_t* dst,
                                             std::size_t point_stride) {
  __m256i row[4];
#pragma GCC unroll 4
  for (std::size_t x = 0; x < 4; ++x) {
    const __m256i a = load_words(first + x * c), b = load_words(second + x * c);
    row[x] = Y == 1 ? _mm256_sub_epi16(_mm256_add_epi16(b, a), zero_points) : _mm256_sub_epi16(b, a);
  }
  store_words(dst, _mm256_sub_epi16(row[2], row[0]));
  store_words(dst + point_stride, _mm256_add_epi16(row[2], row[1]));
  store_words(dst + 2 * point_stride, _mm256_sub_epi16(row[2], row[1]));
  store_words(dst + 3 * point_stride, _mm256_sub_epi16(row[3], row[1]));
}

void transform_input(const WinogradQs8InputArgs& args) {
  const std::size_t c = args.c, point_stride = args.point_stride;
  const __m256i zero_points = _mm256_set1_epi16(static_cast<short>(2 * args.src_zero_point));
  const std::int8_t* rows[4];
  for (std::size_t y = 0; y < 4; ++y) rows[y] = args.src + y * args.row_stride;
  std::int16_t* dst = args.dst;
  for (std::size_t i = 0; i < c; i += kColumns, dst += kColumns) {
    store_row<0>(rows[0] + i, rows[2] + i, c, zero_points, dst, point_stride);
    store_row<1>(rows[1] + i, rows[2] + i, c, zero_points, dst + 4 * point_stride, point_stride);
    store_row<2>(rows[1] + i, rows[2] + i, c, zero_points, dst + 8 * point_stride, point_stride);
    store_row<3>(rows[1] + i, rows[3] + i, c, zero_points, dst + 12 * point_stride, point_stride);
  }
}

void multiply(const WinogradQs8ProductArgs& args) {
  alignas(32) static constexpr std::int32_t kZeros[kNr] = {};
  // Tiles of nearly equal height.
  const std::size_t blocks = (args.tiles + kMr - 1) / kMr, height = blocks == 0 ? 0 : args.tiles / blocks, higher = blocks == 0 ? 0 : args.tiles % blocks;
  for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) {
    Tile tile{};
    tile.rows = reinterpret_cast<const std::byte*>(args.src);
    tile.row_bytes = args.c * sizeof(std::int16_t);
    tile.weights = reinterpret_cast<const std::byte*>(packed_words(args.packed, args.n, args.c, args.point, n));
    tile.groups = args.c / 2;
    tile.init = kZeros;
    tile.acc = args.dst + n;
    tile.dst_stride = args.n;
    if (higher > 0) kTiles<WordProducts>[1][height + 1](tile, higher);
    if (blocks > higher) kTiles<WordProducts>[1][height](tile, blocks - higher);
  }
}

__m256i add3(__m256i a, __m256i b, __m256i c) { return _mm256_add_epi32(_mm256_add_epi32(a, b), c); }

// Four times the accumulators of pixel (Y, 0) and (Y, 1), 8 channels.
template <int Y>
[[gnu::always_inline]] inline void accumulators(const std::int32_t* src, std::size_t point_stride, __m256i& left, __m256i& right) {
  __m256i row[4];
#pragma GCC unroll 4
  for (std::size_t x = 0; x < 4; ++x) {
    const auto point = [&](std::size_t y) __attribute__((always_inline)) {
      return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src + (y * 4 + x) * point_stride));
    };
    row[x] = Y == 0 ? add3(point(0), point(1), point(2)) : _mm256_add_epi32(_mm256_sub_epi32(point(1), point(2)), point(3));
  }
  left = add3(row[0], row[1], row[2]);
  right = _mm256_add_epi32(_mm256_sub_epi32(row[1], row[2]), row[3]);
}

// Parameters of 16 channels, read where they are needed: registers hold accumulators.
struct Channels {
  const Requantize& requantize;
  const std::int32_t* bias;
  const float *scale, *offset;

  // Of channels 0-7 and 8-15, in order.
  [[gnu::always_inline]] inline __m128i bytes(__m256i acc0, __m256i acc1) const {
    const auto* const biases = reinterpret_cast<const __m256i*>(bias);
    const __m256i sum0 = _mm256_add_epi32(_mm256_srai_epi32(acc0, 2), _mm256_loadu_si256(biases));
    const __m256i sum1 = _mm256_add_epi32(_mm256_srai_epi32(acc1, 2), _mm256_loadu_si256(biases + 1));
    const __m256 scales[2] = {_mm256_loadu_ps(scale), _mm256_loadu_ps(scale + 8)}, offsets[2] = {_mm256_loadu_ps(offset), _mm256_loadu_ps(offset + 8)};
    return _mm_shuffle_epi32(requantize.bytes(sum0, sum1, scales, offsets), _MM_SHUFFLE(3, 1, 2, 0));
  }
};

template <int Y>
[[gnu::always_inline]] inline void store_pixels(const WinogradQs8OutputArgs& args, std::size_t j, const Channels& channels) {
  __m256i left[2], right[2];
  accumulators<Y>(args.src + j, args.point_stride, left[0], right[0]);
  accumulators<Y>(args.src + j + 8, args.point_stride, left[1], right[1]);
  std::int8_t* const dst = args.dst + Y * args.row_stride + j;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), channels.bytes(left[0], left[1]));
  if (args.columns > 1) _mm_storeu_si128(reinterpret_cast<__m128i*>(dst + args.pixel_stride), channels.bytes(right[0], right[1]));
}

void transform_output(const WinogradQs8OutputArgs& by_reference) {
  const WinogradQs8OutputArgs args = by_reference;  // stores of bytes may alias anything but locals
  const Requantize requantize(args.output);
  const std::int32_t* const bias = packed_bias(args.packed);
  const float *const scale = packed_scales(args.packed, args.n), *const offset = packed_offsets(args.packed, args.n);
  for (std::size_t j = 0; j < args.n; j += kColumns) {
    const Channels channels{requantize, bias + j, scale + j, offset + j};
    store_pixels<0>(args, j, channels);
    if (args.rows > 1) store_pixels<1>(args, j, channels);
  }
}

}  // namespace

extern const WinogradQs8Kernel kWinogradQs8Avx2 = {"winograd_qs8_qc8w_6x16__avx2", Isa::kAvx2, transform_input, multiply, transform_output};

}  // namespace octet
