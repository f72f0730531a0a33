// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

namespace octet {
namespace {

// Packed: for each n a Column and its weights [taps * k].
struct Column {
  std::int32_t bias;
  std::int32_t weights_zero_point;
  std::int32_t src_zero_point;
  float scale;
};

std::size_t column_bytes(std::size_t k_total) { return (sizeof(Column) + k_total + 3) / 4 * 4; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) { return n * column_bytes(k * taps); }

void pack(const GemmQs8PackArgs& args, std::byte* packed) {
  const std::size_t k_total = args.k * args.taps;
  for (std::size_t n = 0; n < args.n; ++n, packed += column_bytes(k_total)) {
    *reinterpret_cast<Column*>(packed) = {
        .bias = args.bias != nullptr ? args.bias[n] : 0,
        .weights_zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0,
        .src_zero_point = args.src_zero_point,
        .scale = args.scale[n]};
    auto* weights = reinterpret_cast<std::int8_t*>(packed + sizeof(Column));
    for (std::size_t k = 0; k < k_total; ++k) weights[k] = args.weights[n * args.n_stride + k * args.k_stride];
  }
}

std::size_t scratch_bytes(std::size_t /*k*/, std::size_t /*taps*/) { return 0; }

const std::int8_t* tap(const GemmQs8Args& args, std::size_t m, std::size_t t) {
  if (args.offsets == nullptr) return args.src + m * args.src_stride;
  const std::int32_t offset = args.offsets[m * args.taps + t];
  return offset == kPaddingTap ? args.padding : args.src + offset;
}

std::int32_t accumulate(const GemmQs8Args& args, std::size_t m, const Column& column, const std::int8_t* weights) {
  auto acc = static_cast<std::uint32_t>(column.bias);  // unsigned: overflow wraps, as in vector registers
  for (std::size_t t = 0; t < args.taps; ++t, weights += args.k) {
    const std::int8_t* src = tap(args, m, t);
    for (std::size_t k = 0; k < args.k; ++k) {
      acc += static_cast<std::uint32_t>((src[k] - column.src_zero_point) * (weights[k] - column.weights_zero_point));
    }
  }
  return static_cast<std::int32_t>(acc);
}

void gemm(const GemmQs8Args& args) {
  OCTET_DCHECK(args.offsets != nullptr || args.taps == 1);
  const std::size_t stride = column_bytes(args.k * args.taps);
  for (std::size_t m = 0; m < args.m; ++m) {
    for (std::size_t n = args.n_begin; n < args.n_end; ++n) {
      const std::byte* packed = args.packed + n * stride;
      const auto& column = *reinterpret_cast<const Column*>(packed);
      const auto* weights = reinterpret_cast<const std::int8_t*>(packed + sizeof(Column));
      const std::int32_t acc = accumulate(args, m, column, weights);
      if (args.acc != nullptr) {
        args.acc[m * args.dst_stride + n] = acc;
      } else {
        args.dst[m * args.dst_stride + n] = requantize(acc, column.scale, args.output);
      }
    }
  }
}

}  // namespace

extern const GemmQs8Kernel kGemmQs8Scalar = {
    "gemm_qs8_qc8w_1x1__scalar", Isa::kScalar, 1, 1, packed_bytes, pack, scratch_bytes, gemm};

}  // namespace octet
