// SPDX-License-Identifier: Apache-2.0
// Arguments of plain products, for operators that call the GEMM kernels themselves: rows that follow each other, no windows.
#ifndef OCTET_RUNTIME_OPERATORS_GEMM_ARGS_H_
#define OCTET_RUNTIME_OPERATORS_GEMM_ARGS_H_

#include <vector>

#include "base/infinity.h"
#include "base/memory_pool.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/gemv_qs8_qc4w/gemv_qs8_qc4w.h"

namespace octet {

// dst[m, n] = src[m, k] x packed, all n columns of it, without bounds.
inline GemmF32Args float_product(const float* src, std::size_t m, std::size_t k, const std::byte* packed, std::size_t n, float* dst,
                                 std::size_t dst_stride) {
  GemmF32Args args{};
  args.m = m;
  args.n_end = n;
  args.k = k;
  args.taps = 1;
  args.src = src;
  args.src_stride = k;
  args.packed = packed;
  args.dst = dst;
  args.dst_stride = dst_stride;
  args.lo = -kInfinity;
  args.hi = kInfinity;
  return args;
}

// Columns [n_begin, n_end) of src[m, k] x packed, rows of the result `dst_stride` apart. The caller says where it goes: acc, or dst
// and output.
inline GemmQs8Args int8_product(const std::int8_t* src, std::size_t m, std::size_t k, const std::byte* packed, std::size_t n_begin,
                                std::size_t n_end, std::size_t dst_stride, std::byte* scratch) {
  GemmQs8Args args{};
  args.m = m;
  args.n_begin = n_begin;
  args.n_end = n_end;
  args.k = k;
  args.taps = 1;
  args.src = src;
  args.src_stride = k;
  args.packed = packed;
  args.dst_stride = dst_stride;
  args.scratch = scratch;
  return args;
}

// What weights [n, k] are packed from, without bias, zero points and scales.
inline GemmQs8PackArgs int8_weights(const std::int8_t* weights, std::size_t n, std::size_t k) {
  GemmQs8PackArgs args{};
  args.n = n;
  args.k = k;
  args.taps = 1;
  args.weights = weights;
  args.n_stride = k;
  args.k_stride = 1;
  return args;
}

// The kernel for products of at most `m` rows with weights [n, k], n and k at least 1, which it packs. For a row or two the time is that
// of reading the weights, so those of 4 bits are packed as such.
inline const GemmQs8Kernel& choose_int8_product(const CpuFeatures& cpu, std::size_t m, const std::int8_t* weights, std::size_t n,
                                                std::size_t k) {
  constexpr std::size_t kFewRows = 2;
  return m <= kFewRows && fits_qc4w(int8_weights(weights, n, k)) ? choose_gemv_qs8_qc4w(cpu) : choose_gemm_qs8_qc8w(cpu);
}

// Weights [n, k] for products whose accumulators are the result: their scales are known only when they run.
inline const std::byte* pack_for_accumulators(const GemmQs8Kernel& kernel, const std::int8_t* weights, std::size_t n, std::size_t k,
                                              std::int32_t src_zero_point, MemoryPool& memory) {
  const std::vector<float> no_scale(n, 1.0f);
  GemmQs8PackArgs args = int8_weights(weights, n, k);
  args.scale = no_scale.data();
  args.src_zero_point = src_zero_point;
  std::byte* const packed = memory.take(kernel.packed_bytes(n, k, 1));
  kernel.pack(args, packed);
  return packed;
}

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_GEMM_ARGS_H_
