// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/matrix_product.h"

#include <algorithm>
#include <vector>

#include "kernels/dequantize_s32_f32/dequantize_s32_f32.h"
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"
#include "kernels/range_f32/range_f32.h"
#include "ops/dynamic_quantize.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/scratch.h"
#include "runtime/operators/weight_rows.h"

namespace octet {
namespace {

// Products smaller than this are done before other threads have woken up.
constexpr std::size_t kMinSharedProducts = std::size_t{1} << 18;

struct Sizes {
  std::size_t n, k;
};

template <typename F>
void split_if_large(ThreadPool& threads, std::size_t m, std::size_t mr, const Sizes& sizes, std::size_t nr, const F& part) {
  if (m * sizes.n * sizes.k < kMinSharedProducts)
    part(0, m, 0, sizes.n, 0);
  else
    split_product(threads, m, mr, sizes.n, nr, part);
}

class FloatProduct : public MatrixProduct {
 public:
  FloatProduct(const CpuFeatures& cpu, const float* weights, Sizes sizes, MemoryPool& memory)
      : kernel_(choose_gemm_f32(cpu)), sizes_(sizes), packed_(memory.take(kernel_.packed_bytes(sizes.n, sizes.k, 1))) {
    kernel_.pack({sizes.n, sizes.k, 1, weights, sizes.k, 1, nullptr}, packed_);
  }

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(std::size_t, int) const override { return 0; }

  void multiply(ThreadPool& threads, const float* src, std::size_t m, float* dst, std::byte*) const override {
    split_if_large(threads, m, kernel_.mr, sizes_, kernel_.nr,
                   [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int) {
      GemmF32Args args = float_product(src + m_begin * sizes_.k, m_end - m_begin, sizes_.k, packed_, n_end,
                                       dst + m_begin * sizes_.n, sizes_.n);
      args.n_begin = n_begin;
      kernel_.gemm(args);
    });
  }

 private:
  const GemmF32Kernel& kernel_;
  Sizes sizes_;
  std::byte* packed_;
};

// The float values of a tile's columns live in the scratch of the thread, and never all at once.
class IntegerWeightsProduct : public MatrixProduct {
 public:
  IntegerWeightsProduct(const CpuFeatures& cpu, WeightRows weights, std::size_t begin, Sizes sizes)
      : kernel_(choose_gemm_f32(cpu)), weights_(std::move(weights)), begin_(begin), sizes_(sizes) {}

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(std::size_t, int num_threads) const override {
    return static_cast<std::size_t>(num_threads) * thread_bytes();
  }

  void multiply(ThreadPool& threads, const float* src, std::size_t m, float* dst, std::byte* scratch) const override {
    threads.parallel_for(sizes_.n, kernel_.nr, [&](std::size_t begin, std::size_t end, int thread) {
      ScratchCursor cursor(scratch + static_cast<std::size_t>(thread) * thread_bytes());
      auto* const floats = cursor.take<float>(kernel_.nr * sizes_.k);
      auto* const packed = cursor.take<std::byte>(panel_bytes());
      for (std::size_t i = begin; i < end; i += kernel_.nr) {
        const std::size_t n = std::min(kernel_.nr, end - i);
        for (std::size_t j = 0; j < n; ++j) weights_.dequantize(begin_ + i + j, floats + j * sizes_.k);
        kernel_.pack({n, sizes_.k, 1, floats, sizes_.k, 1, nullptr}, packed);
        kernel_.gemm(float_product(src, m, sizes_.k, packed, n, dst + i, sizes_.n));
      }
    });
  }

 private:
  std::size_t panel_bytes() const { return kernel_.packed_bytes(kernel_.nr, sizes_.k, 1); }
  std::size_t thread_bytes() const {
    return scratch_piece_bytes(kernel_.nr * sizes_.k * sizeof(float)) + scratch_piece_bytes(panel_bytes());
  }

  const GemmF32Kernel& kernel_;
  WeightRows weights_;
  std::size_t begin_;
  Sizes sizes_;
};

class DynamicProduct : public MatrixProduct {
 public:
  DynamicProduct(const CpuFeatures& cpu, const Tensor& weights, std::size_t begin, Sizes sizes, std::size_t m, MemoryPool& memory)
      : range_(choose_range_f32(cpu)),
        quantize_(choose_quantize_f32_qs8(cpu)),
        gemm_(choose_int8_product(cpu, m, weights.values<std::int8_t>().data() + begin * sizes.k, sizes.n, sizes.k)),
        dequantize_(choose_dequantize_s32_f32(cpu)),
        sizes_(sizes),
        sums_(sizes.n, 0),
        zeros_(sizes.n, 0.0f),
        packed_(pack_for_accumulators(gemm_, weights.values<std::int8_t>().data() + begin * sizes.k, sizes.n, sizes.k,
                                      /*src_zero_point=*/0, memory)) {
    const WeightRows rows(weights, static_cast<std::size_t>(*num_elements(weights.shape)) / sizes.k);
    for (std::size_t n = 0; n < sizes.n; ++n) scale_.push_back(rows.scale(begin + n));
  }

  const char* kernel_name() const override { return gemm_.name; }

  std::size_t scratch_bytes(std::size_t m, int num_threads) const override {
    return scratch_piece_bytes(m * sizes_.k) + scratch_piece_bytes(m * sizeof(float)) + scratch_piece_bytes(m * sizeof(std::int32_t)) +
           scratch_piece_bytes(m * sizes_.n * sizeof(std::int32_t)) + static_cast<std::size_t>(num_threads) * gemm_bytes();
  }

  void multiply(ThreadPool& threads, const float* src, std::size_t m, float* dst, std::byte* scratch) const override {
    ScratchCursor cursor(scratch);
    auto* const q = cursor.take<std::int8_t>(m * sizes_.k);
    auto* const row_scale = cursor.take<float>(m);
    auto* const zero_points = cursor.take<std::int32_t>(m);
    auto* const acc = cursor.take<std::int32_t>(m * sizes_.n);
    auto* const gemm_scratch = cursor.take<std::byte>(0);
    for (std::size_t r = 0; r < m; ++r) {
      const RangeF32 range = range_.range(src + r * sizes_.k, sizes_.k);
      row_scale[r] = dynamic_params(range.min, range.max, /*symmetric=*/true).scale;
      zero_points[r] = 0;
      quantize_.quantize({sizes_.k, src + r * sizes_.k, row_scale[r], q + r * sizes_.k, Qs8Output{0, -128, 127}});
    }
    split_if_large(threads, m, gemm_.mr, sizes_, gemm_.nr,
                   [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int thread) {
      GemmQs8Args args = int8_product(q + m_begin * sizes_.k, m_end - m_begin, sizes_.k, packed_, n_begin, n_end, sizes_.n,
                                      gemm_scratch + static_cast<std::size_t>(thread) * gemm_bytes());
      args.acc = acc + m_begin * sizes_.n;
      gemm_.gemm(args);
      DequantizeS32F32Args out{};
      out.m = args.m;
      out.n = n_end - n_begin;
      out.acc = args.acc + n_begin;
      out.acc_stride = sizes_.n;
      out.row_scale = row_scale + m_begin;
      out.row_zero_point = zero_points + m_begin;
      out.scale = scale_.data() + n_begin;
      out.weights_sum = sums_.data() + n_begin;
      out.bias = zeros_.data() + n_begin;
      out.lo = -kInfinity;
      out.hi = kInfinity;
      out.dst = dst + m_begin * sizes_.n + n_begin;
      out.dst_stride = sizes_.n;
      dequantize_.dequantize[static_cast<std::size_t>(DequantizeFunction::kClamp)](out);
    });
  }

 private:
  std::size_t gemm_bytes() const { return scratch_piece_bytes(gemm_.scratch_bytes(sizes_.k, 1)); }

  const RangeF32Kernel& range_;
  const QuantizeF32Qs8Kernel& quantize_;
  const GemmQs8Kernel& gemm_;
  const DequantizeS32F32Kernel& dequantize_;
  Sizes sizes_;
  std::vector<std::int32_t> sums_;  // nothing is to be taken off: rows are symmetric
  std::vector<float> zeros_, scale_;
  const std::byte* packed_;
};

}  // namespace

std::unique_ptr<MatrixProduct> make_matrix_product(const CpuFeatures& cpu, const Tensor& weights, std::size_t begin,
                                                   std::size_t count, std::size_t m, bool dynamic, MemoryPool& memory) {
  const auto k = static_cast<std::size_t>(weights.shape.back());
  const Sizes sizes{count, k};
  if (weights.type == DataType::kFloat32)
    return std::make_unique<FloatProduct>(cpu, weights.values<float>().data() + begin * k, sizes, memory);
  if (dynamic) return std::make_unique<DynamicProduct>(cpu, weights, begin, sizes, m, memory);
  const auto rows = static_cast<std::size_t>(*num_elements(weights.shape)) / k;
  return std::make_unique<IntegerWeightsProduct>(cpu, WeightRows(weights, rows), begin, sizes);
}

}  // namespace octet
