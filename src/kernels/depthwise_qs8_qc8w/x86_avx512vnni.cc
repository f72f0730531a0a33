// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VNNI. Four taps of a channel side by side as unsigned bytes, values + 128, which vpdpbusd
// multiplies by weights and adds exactly.
//
// A vector has 64 lanes of one byte: 64 channels of a pixel, or 32 or 16 channels (the last ones of a tensor) of two or
// four pixels. Four such vectors are interleaved, within 128 bits, to four vectors of quads, one for each quarter of
// the channels. Where the window slides, a quad is four rows of one column: it serves two output rows and all the
// windows over the column, in a kernel that goes along the row.
#include "kernels/depthwise_qs8_qc8w/sliding_rows.h"
#include "kernels/depthwise_qs8_qc8w/x86_pairs512.h"

// Of steps that are inlined, but not where accesses are checked: each check is a way out of the loops around it, and the time that
// clang takes grows with the square of their number. A step is the same for many instances of what calls it.
#ifdef OCTET_SANITIZED
#define OCTET_DEPTHWISE_STEP __attribute__((noinline))
#else
#define OCTET_DEPTHWISE_STEP __attribute__((always_inline))
#endif

namespace octet {
namespace {

constexpr std::size_t kLanes = 64, kQuarters = 4;
constexpr std::size_t kMaxTaps = 64;
constexpr std::size_t kColumnsAtOnce = 32;

// Packed: a Header, then for each block of channels a Block, the weights of quads of taps [quads][4][64], and for
// windows that may slide those of quads of rows [columns of the window][quads][4][2 output rows][64]. If the header
// does not say so, that of the kernel for pairs.
struct alignas(64) Header {
  bool has_bytes;
};

// Position p of a block is that of its element in the vectors of quads: quarter p / 16, there number p % 16.
struct alignas(64) Block {
  std::int32_t bias[kLanes];  // with - (src_zero_point + 128) * (sum of weights - taps * weights_zero_point) folded in
  float scale[kLanes];
  float offset[kLanes];  // of requantization
};

// Channels of the block that begins `left` channels before the end.
std::size_t block_width(std::size_t left) { return left > 48 ? 64 : left > 16 ? 32 : 16; }

// Number of a channel in its block.
std::size_t channel_of(std::size_t position, std::size_t width) {
  return (position % 16 / 4 * 16 + position / 16 * 4 + position % 4) % width;
}

std::size_t window_of(std::size_t taps) { return taps == 9 ? 3 : taps == 25 ? 5 : 0; }
std::size_t quads(std::size_t taps) { return (taps + 3) / 4; }
std::size_t row_quads(std::size_t window) { return quads(window + 1); }
std::size_t tap_bytes(std::size_t taps) { return quads(taps) * kQuarters * kLanes; }
std::size_t window_bytes(std::size_t window) { return window * row_quads(window) * kQuarters * 2 * kLanes; }
std::size_t block_bytes(std::size_t taps) { return sizeof(Block) + tap_bytes(taps) + window_bytes(window_of(taps)); }

std::size_t num_blocks(std::size_t c) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < c; begin += block_width(c - begin)) ++count;
  return count;
}

std::size_t packed_bytes(std::size_t c, std::size_t taps) {
  const std::size_t bytes = num_blocks(c) * block_bytes(taps), other = pairs::packed_bytes(c, taps);
  return sizeof(Header) + (bytes > other ? bytes : other);
}

// Of weight (t, c), less the zero point.
std::int32_t weight_of(const DepthwiseQs8PackArgs& args, std::size_t t, std::size_t c) {
  const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[c] : 0;
  return args.weights[t * args.tap_stride + c * args.c_stride] - zero_point;
}

bool can_be_bytes(const DepthwiseQs8PackArgs& args) {
  if (args.c % 4 != 0 || args.taps > kMaxTaps) return false;
  for (std::size_t c = 0; c < args.c; ++c) {
    if (!(args.scale[c] < 1.0f)) return false;
    for (std::size_t t = 0; t < args.taps; ++t) {
      const std::int32_t weight = weight_of(args, t, c);
      if (weight < -128 || weight > 127) return false;
    }
  }
  return true;
}

// Channel c at a position of the block.
void pack_position(const DepthwiseQs8PackArgs& args, std::size_t c, std::size_t position, std::byte* packed) {
  auto& block = *reinterpret_cast<Block*>(packed);
  auto* by_tap = reinterpret_cast<std::int8_t*>(packed + sizeof(Block));
  auto* by_row = by_tap + tap_bytes(args.taps);
  const std::size_t window = window_of(args.taps), quarter = position / 16, byte = position % 16 * 4;
  std::uint32_t sum = 0;
  for (std::size_t t = 0; t < args.taps; ++t) {
    const auto weight = static_cast<std::int8_t>(weight_of(args, t, c));
    sum += static_cast<std::uint32_t>(weight);
    by_tap[(t / 4 * kQuarters + quarter) * kLanes + byte + t % 4] = weight;
    if (window == 0) continue;
    const std::size_t column = t % window;
    for (std::size_t output_row = 0; output_row < 2; ++output_row) {
      const std::size_t row = t / window + output_row;
      const std::size_t quad = column * row_quads(window) + row / 4;
      by_row[((quad * kQuarters + quarter) * 2 + output_row) * kLanes + byte + row % 4] = weight;
    }
  }
  const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[c] : 0);
  block.bias[position] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point + 128) * sum);
  block.scale[position] = args.scale[c];
  block.offset[position] = requantize_offset(args.scale[c]);
}

void pack(const DepthwiseQs8PackArgs& args, std::byte* packed) {
  __builtin_memset(packed, 0, packed_bytes(args.c, args.taps));
  auto& header = *reinterpret_cast<Header*>(packed);
  header.has_bytes = can_be_bytes(args);
  packed += sizeof(Header);
  if (!header.has_bytes) return pairs::pack(args, packed);
  for (std::size_t begin = 0; begin < args.c; packed += block_bytes(args.taps)) {
    const std::size_t width = block_width(args.c - begin);
    for (std::size_t position = 0; position < kLanes; ++position) {
      const std::size_t c = begin + channel_of(position, width);
      if (c < args.c) pack_position(args, c, position, packed);
    }
    begin += width;
  }
}

// acc += products of four unsigned bytes of a and four signed bytes of b; in assembly for the reason given in
// gemm_qs8_qc8w/x86_avx512vnni.cc.
[[gnu::always_inline]] inline void dot4(__m512i& acc, __m512i a, __m512i b) {
#ifdef OCTET_SIMD_MODEL
  acc = _mm512_dpbusd_epi32(acc, a, b);
#else
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
}

// The channels of a block in the lanes of kGroups pixels; a multiple of four.
template <int kGroups>
struct Lanes {
  static constexpr std::size_t kWidth = kLanes / kGroups;
  __mmask16 mask;  // of the first pixel's dwords

  explicit Lanes(std::size_t channels)
      : mask(static_cast<__mmask16>((1U << (channels < kWidth ? channels : kWidth) / 4) - 1)) {}

  // Dwords of group g are taken from, and written to, their place behind `at`.
  [[gnu::always_inline]] __mmask16 of(int g) const {
    return static_cast<__mmask16>(mask << (static_cast<std::size_t>(g) * kWidth / 4));
  }

  // pointer(g): to the block's channels of a pixel.
  template <typename Pointer>
  [[gnu::always_inline]] __m512i load(const Pointer& pointer) const {
    __m512i value = _mm512_maskz_loadu_epi32(mask, pointer(0));
#pragma GCC unroll 4
    for (int g = 1; g < kGroups; ++g)
      value = _mm512_mask_loadu_epi32(value, of(g), pointer(g) - static_cast<std::size_t>(g) * kWidth);
    return _mm512_xor_si512(value, _mm512_set1_epi8(static_cast<char>(0x80)));
  }

  template <typename Pointer>
  [[gnu::always_inline]] void store(const Pointer& pointer, __m512i value) const {
#pragma GCC unroll 4
    for (int g = 0; g < kGroups; ++g)
      _mm512_mask_storeu_epi32(pointer(g) - static_cast<std::size_t>(g) * kWidth, of(g), value);
  }
};

// Two vectors of bytes as pairs.
struct Pairs {
  __m512i lo, hi;

  [[gnu::always_inline]] Pairs(__m512i a, __m512i b) : lo(_mm512_unpacklo_epi8(a, b)), hi(_mm512_unpackhi_epi8(a, b)) {}
};

[[gnu::always_inline]] inline void interleave(const Pairs& a, const Pairs& b, __m512i* quad) {
  quad[0] = _mm512_unpacklo_epi16(a.lo, b.lo);
  quad[1] = _mm512_unpackhi_epi16(a.lo, b.lo);
  quad[2] = _mm512_unpacklo_epi16(a.hi, b.hi);
  quad[3] = _mm512_unpackhi_epi16(a.hi, b.hi);
}

// Each byte as the first of a dword, where no other counts.
[[gnu::always_inline]] inline void spread(__m512i value, __m512i* quad) {
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    quad[j] = _mm512_shuffle_epi8(value, _mm512_set4_epi32(4 * j + 3, 4 * j + 2, 4 * j + 1, 4 * j));
  }
}

template <int kPixels>
using Accumulators = __m512i[kPixels][kQuarters];

template <int kPixels>
OCTET_DEPTHWISE_STEP inline void load_bias(const Block& block, Accumulators<kPixels>& acc) {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < kQuarters; ++j) {
    const __m512i bias = _mm512_load_si512(block.bias + 16 * j);
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) acc[p][j] = bias;
  }
}

// A recursion, as multiply_add_window.
template <int kPixels, int kPixel = 0, typename Store>
[[gnu::always_inline]] inline void store_pixels(const Accumulators<kPixels>& q, const RequantizeBytes& requantize,
                                                const Store& store) {
  store(kPixel, requantize.bytes(q[kPixel][0], q[kPixel][1], q[kPixel][2], q[kPixel][3]));
  if constexpr (kPixel + 1 < kPixels) store_pixels<kPixels, kPixel + 1>(q, requantize, store);
}

template <bool kPositive, int kPixels>
OCTET_DEPTHWISE_STEP inline void round(Accumulators<kPixels>& acc, const Block& block) {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < kQuarters; ++j) {
    const __m512 scale = _mm512_load_ps(block.scale + 16 * j), offset = _mm512_load_ps(block.offset + 16 * j);
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) acc[p][j] = RequantizeBytes::rounded<kPositive>(acc[p][j], scale, offset);
  }
}

// store(p, bytes) of each pixel.
template <bool kPositive, int kPixels, typename Store>
[[gnu::always_inline]] inline void requantize_store(Accumulators<kPixels>& acc, const Block& block,
                                                    const RequantizeBytes& requantize, const Store& store) {
  round<kPositive, kPixels>(acc, block);
  store_pixels<kPixels>(acc, requantize, store);
}

// ---- Any windows

// Where the taps of kPixels times kGroups pixels lie, those of a pixel side by side.
template <int kPixels, int kGroups>
struct Taps {
  static constexpr std::size_t kSlack = 16;
  alignas(64) const std::int8_t* pointers[kMaxTaps * kPixels * kGroups + kSlack];
  std::size_t per_pixel;

  [[gnu::always_inline]] const std::int8_t* of(std::size_t t, int p, int g) const {
    return pointers[static_cast<std::size_t>(p * kGroups + g) * per_pixel + t];
  }
};

template <int kPixels>
OCTET_DEPTHWISE_STEP inline void multiply_add(Accumulators<kPixels>& acc, const __m512i (&quad)[kPixels][kQuarters],
                                                const __m512i* weights) {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < kQuarters; ++j) {
    const __m512i of_quad = weights[j];
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) dot4(acc[p][j], quad[p][j], of_quad);
  }
}

template <int kPixels, int kGroups, bool kPositive, typename Store>
OCTET_DEPTHWISE_STEP inline void any_window(const Taps<kPixels, kGroups>& taps, std::size_t num_taps, std::size_t c,
                                              const std::byte* packed, const Lanes<kGroups>& lanes,
                                              const RequantizeBytes& requantize, const Store& store) {
  const auto& block = *reinterpret_cast<const Block*>(packed);
  const auto* weights = reinterpret_cast<const __m512i*>(packed + sizeof(Block));
  const auto load = [&](std::size_t t, int p) OCTET_DEPTHWISE_STEP {
    return lanes.load([&](int g) { return taps.of(t, p, g) + c; });
  };
  __m512i acc[kPixels][kQuarters], quad[kPixels][kQuarters];
  load_bias<kPixels>(block, acc);
  std::size_t t = 0;
  for (; t + 4 <= num_taps; t += 4, weights += kQuarters) {
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p)
      interleave(Pairs(load(t, p), load(t + 1, p)), Pairs(load(t + 2, p), load(t + 3, p)), quad[p]);
    multiply_add<kPixels>(acc, quad, weights);
  }
  if (t + 1 == num_taps) {
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) spread(load(t, p), quad[p]);
    multiply_add<kPixels>(acc, quad, weights);
  } else if (t < num_taps) {
    const std::size_t third = t + 2 < num_taps ? t + 2 : t;  // weights of the taps that follow are 0
#pragma GCC unroll 4
    for (int p = 0; p < kPixels; ++p) {
      const __m512i last = load(third, p);
      interleave(Pairs(load(t, p), load(t + 1, p)), Pairs(last, last), quad[p]);
    }
    multiply_add<kPixels>(acc, quad, weights);
  }
  requantize_store<kPositive, kPixels>(acc, block, requantize, store);
}

// Pointers to `count` taps from their offsets; writes up to 15 more.
void find_taps(const DepthwiseQs8Args& args, const std::int32_t* offsets, std::size_t count,
               const std::int8_t** pointers) {
  const __m512i src = _mm512_set1_epi64(reinterpret_cast<long long>(args.src));
  const __m512i padding = _mm512_set1_epi64(reinterpret_cast<long long>(args.padding));
  for (std::size_t i = 0; i < count; i += 16) {
    const std::size_t left = count - i;
    const auto mask = static_cast<__mmask16>((std::uint32_t{1} << (left < 16 ? left : 16)) - 1);
    const __m512i values = _mm512_maskz_loadu_epi32(mask, offsets + i);
    const std::uint32_t outside = _mm512_cmpeq_epi32_mask(values, _mm512_set1_epi32(kPaddingTap));
    const __m512i first = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(values)), src);
    const __m512i second = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(values, 1)), src);
    _mm512_storeu_si512(pointers + i, _mm512_mask_blend_epi64(static_cast<__mmask8>(outside), first, padding));
    _mm512_storeu_si512(pointers + i + 8,
                        _mm512_mask_blend_epi64(static_cast<__mmask8>(outside >> 8), second, padding));
  }
}

// Blocks of kLanes / kGroups channels in [c, c_end), of the pixels [begin, end).
template <int kGroups, bool kPositive>
[[gnu::noinline]] void some_pixels(const DepthwiseQs8Args& args, std::size_t begin, std::size_t end, std::size_t c,
                                   std::size_t c_end, const std::byte* first_packed,
                                   const RequantizeBytes& requantize) {
  constexpr int kPixels = 2;
  constexpr std::size_t kAll = kPixels * kGroups;
  const std::size_t num_taps = args.taps, channels = args.c, bytes = block_bytes(num_taps);
  Taps<kPixels, kGroups> taps;
  taps.per_pixel = num_taps;
  for (std::size_t p = begin; p < end; p += kAll) {
    const std::size_t left = end - p, pixels = left < kAll ? left : kAll;
    find_taps(args, args.offsets + p * num_taps, pixels * num_taps, taps.pointers);
    for (std::size_t i = pixels; i < kAll; ++i)  // what there is no pixel for is done like the last
      find_taps(args, args.offsets + (end - 1) * num_taps, num_taps, taps.pointers + i * num_taps);
    std::int8_t* dst[kAll];
    for (std::size_t i = 0; i < kAll; ++i) dst[i] = args.dst + (p + (i < pixels ? i : pixels - 1)) * args.dst_stride;
    const std::byte* packed = first_packed;
    for (std::size_t at = c; at < c_end; at += kLanes / kGroups, packed += bytes) {
      const Lanes<kGroups> lanes(channels - at);
      const auto store = [&](int i, __m512i result) OCTET_DEPTHWISE_STEP {
        lanes.store([&](int g) { return dst[i * kGroups + g] + at; }, result);
      };
      any_window<kPixels, kGroups, kPositive>(taps, num_taps, at, packed, lanes, requantize, store);
    }
  }
}

// Some pixels at a time, so that the last channels find them in the first cache.
template <bool kPositive>
void all_windows(const DepthwiseQs8Args& args, const std::byte* packed, const RequantizeBytes& requantize) {
  constexpr std::size_t kPixelsAtOnce = 16;
  for (std::size_t begin = 0; begin < args.pixels; begin += kPixelsAtOnce) {
    const std::size_t end = begin + kPixelsAtOnce < args.pixels ? begin + kPixelsAtOnce : args.pixels;
    std::size_t c = 0;
    while (c < args.c && block_width(args.c - c) == kLanes) c += kLanes;
    if (c > 0) some_pixels<1, kPositive>(args, begin, end, 0, c, packed, requantize);
    const std::byte* block = packed + c / kLanes * block_bytes(args.taps);
    if (c < args.c && block_width(args.c - c) == kLanes / 2) {
      some_pixels<2, kPositive>(args, begin, end, c, c + kLanes / 2, block, requantize);
      c += kLanes / 2;
      block += block_bytes(args.taps);
    }
    if (c < args.c) some_pixels<4, kPositive>(args, begin, end, c, args.c, block, requantize);
  }
}

// ---- Windows that slide

// kRows output rows of each group, with the rows of src under their windows.
template <int kWindow, int kRows, int kGroups>
struct Strip {
  static constexpr int kSrcRows = kWindow + kRows - 1;
  Row src[kSrcRows][kGroups];
  std::int8_t* dst[kRows][kGroups];
};

template <int kWindow, int kRows, int kGroups>
Strip<kWindow, kRows, kGroups> make_strip(const DepthwiseQs8Args& args, Columns inside, std::size_t y) {
  Strip<kWindow, kRows, kGroups> strip;
  const std::size_t last = args.pixels / args.row_pixels - kRows;
  for (int g = 0; g < kGroups; ++g) {
    const std::size_t wanted = y + static_cast<std::size_t>(g * kRows), first = wanted < last ? wanted : last;
    for (int r = 0; r < strip.kSrcRows; ++r) {
      const int below = r < kWindow ? 0 : r - kWindow + 1;  // output rows
      strip.src[r][g] = row_of(args, inside, first + static_cast<std::size_t>(below), static_cast<std::size_t>(r - below));
    }
    for (int r = 0; r < kRows; ++r)
      strip.dst[r][g] = args.dst + (first + static_cast<std::size_t>(r)) * args.row_pixels * args.dst_stride;
  }
  return strip;
}

// Quads of rows of one column; missing rows, whose weights are 0, are any.
template <int kRows, int kGroups, typename Load>
[[gnu::always_inline]] inline void interleave_column(const Load& load, __m512i* quad) {
  const auto pair = [&](int r) __attribute__((always_inline)) {
    const __m512i first = load(r);
    return Pairs(first, r + 1 < kRows ? load(r + 1) : first);
  };
#pragma GCC unroll 2
  for (int r = 0; r < kRows; r += 4, quad += kQuarters) {
    const Pairs first = pair(r);
    interleave(first, r + 2 < kRows ? pair(r + 2) : first, quad);
  }
}

template <int kCount>
struct Count {};

// Windows of kColumns columns side by side, the first of which begins at `quad`, and of kRows rows; from vector kVector
// on. A recursion because g++ 12 leaves the accumulators in memory where it unrolls a loop of this length.
template <int kWindow, int kRows, int kColumns, std::size_t kVector>
[[gnu::always_inline]] inline void multiply_add_window(Accumulators<kColumns * kRows>& acc, const __m512i* quad,
                                                       const __m512i* weights) {
  constexpr std::size_t kColumnQuads = (kWindow + kRows - 1 + 3) / 4 * kQuarters;
  constexpr std::size_t kPackedQuads = (kWindow + 1 + 3) / 4 * kQuarters;
  const __m512i* of_quad = weights + (kVector / kColumnQuads * kPackedQuads + kVector % kColumnQuads) * 2;
#pragma GCC unroll 2
  for (int row = 0; row < kRows; ++row) {
    const __m512i of_row = of_quad[row];
#pragma GCC unroll 2
    for (int column = 0; column < kColumns; ++column)
      dot4(acc[column * kRows + row][kVector % kQuarters],
           quad[static_cast<std::size_t>(column) * kColumnQuads + kVector], of_row);
  }
  if constexpr (kVector + 1 < kWindow * kColumnQuads)
    multiply_add_window<kWindow, kRows, kColumns, kVector + 1>(acc, quad, weights);
}

template <int kWindow, int kRows, int kColumns>
OCTET_DEPTHWISE_STEP inline void multiply_add_windows(Accumulators<kColumns * kRows>& acc, const __m512i* quad, const __m512i* weights) {
  multiply_add_window<kWindow, kRows, kColumns, 0>(acc, quad, weights);
}

// One strip, the channels of a block that begins with c. quads: scratch memory.
template <int kWindow, int kRows, int kGroups, bool kPositive>
[[gnu::noinline]] void slide(const DepthwiseQs8Args& args, const Strip<kWindow, kRows, kGroups>& strip, Columns inside,
                             std::size_t c, const std::byte* packed, const RequantizeBytes& requantize,
                             __m512i* quads) {
  constexpr int kSrcRows = kWindow + kRows - 1, kQuads = (kSrcRows + 3) / 4;
  constexpr std::size_t kColumnQuads = kQuads * kQuarters;
  const Lanes<kGroups> lanes(args.c - c);
  const auto& block = *reinterpret_cast<const Block*>(packed);
  const auto* weights = reinterpret_cast<const __m512i*>(packed + sizeof(Block) + tap_bytes(kWindow * kWindow));
  const std::size_t columns = args.row_pixels, dst_stride = args.dst_stride;
  const std::uintptr_t padding = reinterpret_cast<std::uintptr_t>(args.padding) + c;
  const auto make_quads = [&](std::size_t k, __m512i * quad) OCTET_DEPTHWISE_STEP {
    const std::uintptr_t if_inside = inside.mask(k);
    interleave_column<kSrcRows, kGroups>(
        [&](int r) OCTET_DEPTHWISE_STEP {
          return lanes.load([&](int g) __attribute__((always_inline)) {
            const Row& row = strip.src[r][g];
            return reinterpret_cast<const std::int8_t*>(padding + ((row.first + k * row.step) & if_inside));
          });
        },
        quad);
  };
  const auto finish = [&]<int kColumns>(Count<kColumns>, std::size_t x, const __m512i* quad) OCTET_DEPTHWISE_STEP {
    asm volatile("" ::: "memory");  // lest g++ holds all quads in registers, and spills accumulators
    __m512i acc[kColumns * kRows][kQuarters];
    load_bias<kColumns * kRows>(block, acc);
    multiply_add_windows<kWindow, kRows, kColumns>(acc, quad, weights);
    const auto store = [&](int p, __m512i result) OCTET_DEPTHWISE_STEP {
      const std::size_t at = (x + static_cast<std::size_t>(p / kRows)) * dst_stride + c;
      lanes.store(
          [&](int g) __attribute__((always_inline)) { return strip.dst[p % kRows][g] + at; }, result);
    };
    requantize_store<kPositive, kColumns * kRows>(acc, block, requantize, store);
  };
  for (std::size_t begin = 0; begin < columns; begin += kColumnsAtOnce) {
    const std::size_t end = begin + kColumnsAtOnce < columns ? begin + kColumnsAtOnce : columns;
    __m512i* quad = quads;
    for (std::size_t k = begin; k < begin + kWindow - 1; ++k, quad += kColumnQuads) make_quads(k, quad);
    std::size_t x = begin;
    for (; x + 2 <= end; x += 2, quad += 2 * kColumnQuads) {
      make_quads(x + kWindow - 1, quad);
      make_quads(x + kWindow, quad + kColumnQuads);
      finish(Count<2>(), x, quad - (kWindow - 1) * kColumnQuads);
    }
    if (x < end) {
      make_quads(x + kWindow - 1, quad);
      finish(Count<1>(), x, quad - (kWindow - 1) * kColumnQuads);
    }
  }
}

// The channels of a block that begins with c.
template <int kWindow, int kGroups, bool kPositive>
void slide_block(const DepthwiseQs8Args& args, Columns inside, std::size_t c, const std::byte* packed,
                 const RequantizeBytes& requantize, __m512i* quads) {
  const std::size_t rows = args.pixels / args.row_pixels;
  std::size_t y = 0;
  for (; y + (kGroups == 1 ? 2 : 1) <= rows && rows >= 2; y += 2 * kGroups) {
    const auto strip = make_strip<kWindow, 2, kGroups>(args, inside, y);
    slide<kWindow, 2, kGroups, kPositive>(args, strip, inside, c, packed, requantize, quads);
  }
  if (y < rows) {
    const auto strip = make_strip<kWindow, 1, kGroups>(args, inside, y);
    slide<kWindow, 1, kGroups, kPositive>(args, strip, inside, c, packed, requantize, quads);
  }
}

template <int kWindow, bool kPositive>
void sliding_windows(const DepthwiseQs8Args& args, const std::byte* packed, const RequantizeBytes& requantize) {
  alignas(64) __m512i quads[(kColumnsAtOnce + kWindow - 1) * ((kWindow + 1 + 3) / 4) * kQuarters];
  const Columns inside = columns_inside(args);
  for (std::size_t c = 0; c < args.c; packed += block_bytes(kWindow * kWindow)) {
    const std::size_t width = block_width(args.c - c);
    if (width == 64) {
      slide_block<kWindow, 1, kPositive>(args, inside, c, packed, requantize, quads);
    } else if (width == 32) {
      slide_block<kWindow, 2, kPositive>(args, inside, c, packed, requantize, quads);
    } else {
      slide_block<kWindow, 4, kPositive>(args, inside, c, packed, requantize, quads);
    }
    c += width;
  }
}

// ---- Choice

template <bool kPositive>
void bytes_of(const DepthwiseQs8Args& args, const std::byte* packed, const RequantizeBytes& requantize) {
  if (args.row_taps == 3 && args.taps == 9) return sliding_windows<3, kPositive>(args, packed, requantize);
  if (args.row_taps == 5 && args.taps == 25) return sliding_windows<5, kPositive>(args, packed, requantize);
  all_windows<kPositive>(args, packed, requantize);
}

void depthwise(const DepthwiseQs8Args& args) {
  const std::byte* packed = args.packed + sizeof(Header);
  if (args.pixels == 0) return;
  if (!reinterpret_cast<const Header*>(args.packed)->has_bytes) {
    DepthwiseQs8Args of_pairs = args;
    of_pairs.packed = packed;
    return pairs::depthwise(of_pairs);
  }
  const RequantizeBytes requantize(args.output);
  if (RequantizeBytes::is_positive(args.output)) {
    bytes_of<true>(args, packed, requantize);
  } else {
    bytes_of<false>(args, packed, requantize);
  }
}

}  // namespace

extern const DepthwiseQs8Kernel kDepthwiseQs8Avx512Vnni = {"depthwise_qs8_qc8w_2x64c4__avx512vnni", Isa::kAvx512Vnni,
                                                           packed_bytes, pack, depthwise};

}  // namespace octet
