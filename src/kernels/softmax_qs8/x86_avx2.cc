// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma. A row has at most 256 different values: where that is less work, their results are computed
// first, and then looked up.
#include "kernels/requantize/x86_avx2.h"
#include "kernels/lut_x8/x86_avx2_look_up.h"
#include "kernels/softmax_qs8/softmax_qs8.h"

namespace octet {
namespace {

struct Extremes {
  std::int32_t min, max;
};

// The first byte of 16 that `join` has joined.
template <typename Join>
std::int32_t joined(__m128i bytes, const Join& join) {
  bytes = join(bytes, _mm_srli_si128(bytes, 8));
  bytes = join(bytes, _mm_srli_si128(bytes, 4));
  bytes = join(bytes, _mm_srli_si128(bytes, 2));
  return static_cast<std::int8_t>(_mm_extract_epi8(join(bytes, _mm_srli_si128(bytes, 1)), 0));
}

Extremes extremes_of(const std::int8_t* src, std::size_t n) {
  Extremes e{127, -128};
  std::size_t i = 0;
  if (n >= 16) {
    __m128i min = _mm_set1_epi8(127), max = _mm_set1_epi8(-128);
    for (; i + 16 <= n; i += 16) {
      const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(src + i));
      min = _mm_min_epi8(min, values);
      max = _mm_max_epi8(max, values);
    }
    e = {joined(min, [](__m128i a, __m128i b) { return _mm_min_epi8(a, b); }),
         joined(max, [](__m128i a, __m128i b) { return _mm_max_epi8(a, b); })};
  }
  for (; i < n; ++i) e = {src[i] < e.min ? src[i] : e.min, src[i] > e.max ? src[i] : e.max};
  return e;
}

// Four sums: one would wait for itself.
std::uint64_t sum_of_exponentials(const std::int8_t* src, std::size_t n, std::int32_t max, const std::int32_t* table) {
  std::uint64_t sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t j = 0; j < 4; ++j) sums[j] += static_cast<std::uint32_t>(table[max - src[i + j]]);
  }
  for (; i < n; ++i) sums[0] += static_cast<std::uint32_t>(table[max - src[i]]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The results of 16 exponentials.
__m128i results_of(const std::int32_t* exponentials, __m256 factor, const Requantize& requantize) {
  const auto rounded = [&](const std::int32_t* from) {
    const __m256 e = _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(_mm256_mul_ps(e, factor), requantize.lo), requantize.hi));
  };
  // Narrowing pairs the halves of two vectors: dwords 0 and 2, 1 and 3 of the bytes belong to each.
  const __m128i bytes = requantize.narrow(rounded(exponentials), rounded(exponentials + 8));
  return _mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 1, 2, 0));
}

// One value after the other.
void compute_row(const std::int8_t* src, std::size_t n, std::int32_t max, const std::int32_t* table, __m256 factor,
                 const Requantize& requantize, std::int8_t* dst) {
  for (std::size_t i = 0; i < n; i += 16) {
    const std::size_t count = n - i < 16 ? n - i : 16;
    alignas(32) std::int32_t exponentials[16] = {};
    alignas(16) std::int8_t bytes[16];
    for (std::size_t j = 0; j < count; ++j) exponentials[j] = table[max - src[i + j]];
    _mm_store_si128(reinterpret_cast<__m128i*>(bytes), results_of(exponentials, factor, requantize));
    __builtin_memcpy(dst + i, bytes, count);
  }
}

// dst[i] = results[max - src[i]]
void look_up_row(const std::int8_t* src, std::size_t n, std::int32_t max, const std::uint8_t* results,
                 std::int8_t* dst) {
  std::size_t i = 0;
  if (n >= 64) {
    const Parts parts = load_parts(results);
    const __m256i from = _mm256_set1_epi8(static_cast<char>(max));
    for (; i + 32 <= n; i += 32) {
      const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + i), look_up(parts, _mm256_sub_epi8(from, values)));
    }
  }
  for (; i < n; ++i) dst[i] = static_cast<std::int8_t>(results[max - src[i]]);
}

void softmax(const SoftmaxQs8Args& args) {
  const Requantize requantize(args.output);
  alignas(32) std::uint8_t results[256] = {};
  for (std::size_t row = 0; row < args.rows; ++row) {
    const std::int8_t* src = args.src + row * args.src_row_stride;
    std::int8_t* dst = args.dst + row * args.dst_row_stride;
    const Extremes e = extremes_of(src, args.n);
    const std::uint64_t sum = sum_of_exponentials(src, args.n, e.max, args.table);
    const __m256 factor =
        _mm256_set1_ps(static_cast<float>(1.0 / (static_cast<double>(sum) * static_cast<double>(args.dst_scale))));
    const auto num_values = static_cast<std::size_t>(e.max - e.min + 1);
    if (args.n * 2 <= num_values) {
      compute_row(src, args.n, e.max, args.table, factor, requantize, dst);
      continue;
    }
    // results[d]: what becomes of the value max - d.
    for (std::size_t d = 0; d < num_values; d += 16) {
      _mm_store_si128(reinterpret_cast<__m128i*>(results + d), results_of(args.table + d, factor, requantize));
    }
    look_up_row(src, args.n, e.max, results, dst);
  }
}

}  // namespace

extern const SoftmaxQs8Kernel kSoftmaxQs8Avx2 = {"softmax_qs8_x32__avx2", Isa::kAvx2, softmax};

}  // namespace octet
