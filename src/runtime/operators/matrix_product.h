// SPDX-License-Identifier: Apache-2.0
// Products with constant matrices, for operators that make several of them in one run.
#ifndef OCTET_RUNTIME_OPERATORS_MATRIX_PRODUCT_H_
#define OCTET_RUNTIME_OPERATORS_MATRIX_PRODUCT_H_

#include <cstddef>
#include <memory>

#include "base/cpu_features.h"
#include "base/memory_pool.h"
#include "base/thread_pool.h"
#include "ir/tensor.h"

namespace octet {

// dst[M, N] = src[M, K] x weights[N, K]^T, all float32 outside.
class MatrixProduct {
 public:
  virtual ~MatrixProduct() = default;
  virtual const char* kernel_name() const = 0;
  virtual std::size_t scratch_bytes(std::size_t m, int num_threads) const = 0;  // for at most m rows
  virtual void multiply(ThreadPool& threads, const float* src, std::size_t m, float* dst, std::byte* scratch) const = 0;
};

// Of rows [begin, begin + count) of the constant `weights` as a matrix whose last dimension is K, for at most `m` rows of src at a time:
//   - float32: packed once;
//   - integers: they stay so, and a tile of columns at a time is dequantized while it runs;
//   - integers with `dynamic` (int8, no zero points, K at most kMaxQs8Products): each row of src is quantized to int8
//     symmetrically, sums are exact. It has the bits of the reference of ops/recurrent.h.
// What is packed lies in `memory`.
std::unique_ptr<MatrixProduct> make_matrix_product(const CpuFeatures& cpu, const Tensor& weights, std::size_t begin,
                                                   std::size_t count, std::size_t m, bool dynamic, MemoryPool& memory);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_MATRIX_PRODUCT_H_
