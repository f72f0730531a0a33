// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "kernels/gemv_qs8_qc4w/gemv_qs8_qc4w.h"

namespace octet {
namespace {

// Packed: for each n a Column and its weights, value k in the low half of byte k / 2 if k is even, else in the high half.
struct Column {
  std::int32_t bias;
  std::int32_t least;  // weight, from which the others are counted
  std::int32_t weights_zero_point;
  std::int32_t src_zero_point;
  float scale;

  std::int32_t weight(std::size_t k) const {
    const auto pair = static_cast<std::int32_t>(reinterpret_cast<const std::byte*>(this + 1)[k / 2]);
    return least + (k % 2 == 0 ? pair & 15 : pair >> 4);
  }
};

std::size_t column_bytes(std::size_t k) { return (sizeof(Column) + (k + 1) / 2 + 3) / 4 * 4; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t /*taps*/) { return n * column_bytes(k); }

void pack(const GemmQs8PackArgs& args, std::byte* packed) {
  OCTET_DCHECK(args.taps == 1 && fits_qc4w(args));
  for (std::size_t n = 0; n < args.n; ++n, packed += column_bytes(args.k)) {
    const std::int8_t* const weights = args.weights + n * args.n_stride;
    const std::int32_t least = least_weight(args, n);
    *reinterpret_cast<Column*>(packed) = {
        .bias = args.bias != nullptr ? args.bias[n] : 0,
        .least = least,
        .weights_zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0,
        .src_zero_point = args.src_zero_point,
        .scale = args.scale[n]};
    std::byte* const pairs = packed + sizeof(Column);
    for (std::size_t k = 0; k < args.k; ++k) {
      const auto half = static_cast<std::byte>(weights[k * args.k_stride] - least);
      pairs[k / 2] = k % 2 == 0 ? half : pairs[k / 2] | half << 4;
    }
  }
}

std::size_t scratch_bytes(std::size_t /*k*/, std::size_t /*taps*/) { return 0; }

std::int32_t accumulate(const Column& column, const std::int8_t* src, std::size_t k_end) {
  auto acc = static_cast<std::uint32_t>(column.bias);  // unsigned: overflow wraps, as in vector registers
  for (std::size_t k = 0; k < k_end; ++k)
    acc += static_cast<std::uint32_t>((src[k] - column.src_zero_point) * (column.weight(k) - column.weights_zero_point));
  return static_cast<std::int32_t>(acc);
}

void gemv(const GemmQs8Args& args) {
  OCTET_DCHECK(args.offsets == nullptr && args.taps == 1);
  for (std::size_t m = 0; m < args.m; ++m) {
    for (std::size_t n = args.n_begin; n < args.n_end; ++n) {
      const auto& column = *reinterpret_cast<const Column*>(args.packed + n * column_bytes(args.k));
      const std::int32_t acc = accumulate(column, args.src + m * args.src_stride, args.k);
      if (args.acc != nullptr) {
        args.acc[m * args.dst_stride + n] = acc;
      } else {
        args.dst[m * args.dst_stride + n] = requantize(acc, column.scale, args.output);
      }
    }
  }
}

}  // namespace

extern const GemmQs8Kernel kGemvQs8Qc4wScalar = {
    "gemv_qs8_qc4w_1x1__scalar", Isa::kScalar, 1, 1, packed_bytes, pack, scratch_bytes, gemv};

}  // namespace octet
