// SPDX-License-Identifier: Apache-2.0
// Where things lie in what pack_winograd_qs8 writes, and how accumulators come out of the sums of 9 * 2^s of them.
#ifndef OCTET_KERNELS_WINOGRAD_QS8_QC8W_PACKED_WEIGHTS_H_
#define OCTET_KERNELS_WINOGRAD_QS8_QC8W_PACKED_WEIGHTS_H_

#include "kernels/winograd_qs8_qc8w/winograd_qs8_qc8w.h"

namespace octet {
namespace {

constexpr std::size_t kColumns = kWinogradChannels;  // of a panel
constexpr std::size_t kOutputs = 4;                  // of an axis
constexpr std::size_t kPixels = 6;                   // of a patch, and points

constexpr std::int32_t kInverseOf9 = 0x38E38E39;  // modulo 2^32
constexpr int kShift[kOutputs] = {3, 2, 1, 1};    // of an axis; s is the sum of both

// The first of the n biases, scales and offsets; of the words of columns [n_begin, n_begin + 16) at a point.
[[maybe_unused]] const std::int32_t* packed_bias(const std::byte* packed) { return reinterpret_cast<const std::int32_t*>(packed); }
[[maybe_unused]] const float* packed_scales(const std::byte* packed, std::size_t n) { return reinterpret_cast<const float*>(packed) + n; }
[[maybe_unused]] const float* packed_offsets(const std::byte* packed, std::size_t n) { return reinterpret_cast<const float*>(packed) + 2 * n; }
[[maybe_unused]] const std::int16_t* packed_words(const std::byte* packed, std::size_t n, std::size_t depth, std::size_t point,
                                                   std::size_t n_begin) {
  return reinterpret_cast<const std::int16_t*>(packed + 3 * n * 4) + (point * n + n_begin) * depth;
}

// Where column i of a panel stands.
[[maybe_unused]] constexpr std::size_t position_of(std::size_t i) { return (i & 3) | (i & 4) << 1 | (i & 8) >> 1; }

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_QS8_QC8W_PACKED_WEIGHTS_H_
