// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "kernels/gemm_f32/gemm_f32.h"

namespace octet {
namespace {

// Packed: for each n its bias and its weights [taps * k].
std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) { return n * (1 + k * taps) * sizeof(float); }

void pack(const GemmF32PackArgs& args, std::byte* packed) {
  auto* out = reinterpret_cast<float*>(packed);
  for (std::size_t n = 0; n < args.n; ++n) {
    *out++ = args.bias != nullptr ? args.bias[n] : 0.0f;
    for (std::size_t k = 0; k < args.k * args.taps; ++k) *out++ = args.weights[n * args.n_stride + k * args.k_stride];
  }
}

const float* tap(const GemmF32Args& args, std::size_t m, std::size_t t) {
  if (args.offsets == nullptr) return args.src + m * args.src_stride;
  const std::int32_t offset = args.offsets[m * args.taps + t];
  return offset == kPaddingTap ? args.padding : args.src + offset;
}

float one_output(const GemmF32Args& args, std::size_t m, std::size_t n) {
  const float* weights = reinterpret_cast<const float*>(args.packed) + n * (1 + args.k * args.taps);
  float acc = *weights++;
  for (std::size_t t = 0; t < args.taps; ++t, weights += args.k) {
    const float* src = tap(args, m, t);
    for (std::size_t k = 0; k < args.k; ++k) acc += src[k] * weights[k];
  }
  if (args.addend != nullptr) acc += args.addend[m * args.addend_stride + n];
  // Comparisons as of minps and maxps: a NaN stays.
  const float above = args.lo > acc ? args.lo : acc;
  return args.hi < above ? args.hi : above;
}

void gemm(const GemmF32Args& args) {
  OCTET_DCHECK(args.offsets != nullptr || args.taps == 1);
  for (std::size_t m = 0; m < args.m; ++m) {
    for (std::size_t n = args.n_begin; n < args.n_end; ++n) args.dst[m * args.dst_stride + n] = one_output(args, m, n);
  }
}

}  // namespace

extern const GemmF32Kernel kGemmF32Scalar = {"gemm_f32_1x1__scalar", Isa::kScalar, 1, 1, packed_bytes, pack, gemm};

}  // namespace octet
