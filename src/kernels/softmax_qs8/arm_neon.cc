// SPDX-License-Identifier: Apache-2.0
// Built for ARMv8.0. A row has at most 256 different values: where that is less work, their results are computed first,
// and then looked up.
#include "kernels/requantize/arm_neon.h"
#include "kernels/lut_x8/arm_neon_look_up.h"
#include "kernels/softmax_qs8/softmax_qs8.h"

namespace octet {
namespace {

struct Extremes {
  std::int32_t min, max;
};

Extremes extremes_of(const std::int8_t* src, std::size_t n) {
  int8x16_t min = vdupq_n_s8(127), max = vdupq_n_s8(-128);
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const int8x16_t values = vld1q_s8(src + i);
    min = vminq_s8(min, values);
    max = vmaxq_s8(max, values);
  }
  Extremes e{vminvq_s8(min), vmaxvq_s8(max)};
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

// The results of 8 exponentials. vcvtn saturates: bounds can wait for the bytes.
int8x8_t results_of(const std::int32_t* exponentials, float factor, const Requantize& requantize) {
  const auto rounded = [&](const std::int32_t* from) {
    return vcvtnq_s32_f32(vmulq_n_f32(vcvtq_f32_s32(vld1q_s32(from)), factor));
  };
  return requantize.narrow(rounded(exponentials), rounded(exponentials + 4));
}

// One value after the other.
void compute_row(const std::int8_t* src, std::size_t n, std::int32_t max, const std::int32_t* table, float factor,
                 const Requantize& requantize, std::int8_t* dst) {
  for (std::size_t i = 0; i < n; i += 8) {
    const std::size_t count = n - i < 8 ? n - i : 8;
    std::int32_t exponentials[8] = {};
    std::int8_t bytes[8];
    for (std::size_t j = 0; j < count; ++j) exponentials[j] = table[max - src[i + j]];
    vst1_s8(bytes, results_of(exponentials, factor, requantize));
    __builtin_memcpy(dst + i, bytes, count);
  }
}

// dst[i] = results[max - src[i]]
void look_up_row(const std::int8_t* src, std::size_t n, std::int32_t max, const std::uint8_t* results,
                 std::int8_t* dst) {
  std::size_t i = 0;
  if (n >= 64) {
    const Parts parts = load_parts(results);
    const int8x16_t from = vdupq_n_s8(static_cast<std::int8_t>(max));
    for (; i + 16 <= n; i += 16) {
      const uint8x16_t index = vreinterpretq_u8_s8(vsubq_s8(from, vld1q_s8(src + i)));
      vst1q_s8(dst + i, vreinterpretq_s8_u8(look_up(parts, index)));
    }
  }
  for (; i < n; ++i) dst[i] = static_cast<std::int8_t>(results[max - src[i]]);
}

void softmax(const SoftmaxQs8Args& args) {
  const Requantize requantize(args.output);
  std::uint8_t results[256] = {};
  for (std::size_t row = 0; row < args.rows; ++row) {
    const std::int8_t* src = args.src + row * args.src_row_stride;
    std::int8_t* dst = args.dst + row * args.dst_row_stride;
    const Extremes e = extremes_of(src, args.n);
    const std::uint64_t sum = sum_of_exponentials(src, args.n, e.max, args.table);
    const auto factor = static_cast<float>(1.0 / (static_cast<double>(sum) * static_cast<double>(args.dst_scale)));
    const auto num_values = static_cast<std::size_t>(e.max - e.min + 1);
    if (args.n * 2 <= num_values) {
      compute_row(src, args.n, e.max, args.table, factor, requantize, dst);
      continue;
    }
    // results[d]: what becomes of the value max - d.
    for (std::size_t d = 0; d < num_values; d += 8) {
      vst1_u8(results + d, vreinterpret_u8_s8(results_of(args.table + d, factor, requantize)));
    }
    look_up_row(src, args.n, e.max, results, dst);
  }
}

}  // namespace

extern const SoftmaxQs8Kernel kSoftmaxQs8Neon = {"softmax_qs8_x16__neon", Isa::kNeon, softmax};

}  // namespace octet
