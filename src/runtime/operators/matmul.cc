// SPDX-License-Identifier: Apache-2.0
// Products of two activations: the right-hand side is packed on every run.
#include "ops/matmul.h"

#include <algorithm>

#include "kernels/transpose/transpose.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

// Sizes of the products and where each batch's matrices start.
struct MatmulShape {
  std::size_t m = 1, n = 1, k = 1;
  std::vector<std::size_t> a_start, b_start;  // elements, by batch of dst
  bool transpose_a = false, transpose_b = false;
};

// First elements of the matrices of `shape` (its last two dimensions) for every batch index of `batch`, broadcast.
std::vector<std::size_t> matrix_starts(const Shape& shape, const Shape& batch, std::size_t matrix_elements) {
  const Shape own(shape.begin(), shape.end() - 2);
  const std::vector<std::int64_t> strides = dense_strides(own);
  std::vector<std::size_t> starts;
  const auto count = static_cast<std::size_t>(num_elements(batch).value_or(0));
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t rest = i, start = 0;
    for (std::size_t d = batch.size(); d-- > 0;) {
      const std::size_t index = rest % static_cast<std::size_t>(batch[d]);
      rest /= static_cast<std::size_t>(batch[d]);
      if (d + own.size() < batch.size()) continue;
      const std::size_t own_d = d + own.size() - batch.size();
      if (own[own_d] != 1) start += index * static_cast<std::size_t>(strides[own_d]);
    }
    starts.push_back(start * matrix_elements);
  }
  return starts;
}

MatmulShape matmul_shape(const OperatorContext& context) {
  const auto& attrs = context.node.as<MatmulAttrs>();
  Shape a = context.input(0).shape, b = context.input(1).shape;
  MatmulShape shape;
  shape.transpose_a = attrs.transpose_a && a.size() > 1;
  shape.transpose_b = attrs.transpose_b && b.size() > 1;
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  shape.m = static_cast<std::size_t>(a[a.size() - (shape.transpose_a ? 1 : 2)]);
  shape.k = static_cast<std::size_t>(a[a.size() - (shape.transpose_a ? 2 : 1)]);
  shape.n = static_cast<std::size_t>(b[b.size() - (shape.transpose_b ? 2 : 1)]);
  const Shape batch = broadcast_shapes(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2)).value();
  shape.a_start = matrix_starts(a, batch, shape.m * shape.k);
  shape.b_start = matrix_starts(b, batch, shape.k * shape.n);
  return shape;
}

// Rows of a in order: a itself, or transposed into scratch.
template <typename T>
const T* rows_of_a(const MatmulShape& shape, const TransposeKernel& transpose, const T* a, std::byte* scratch) {
  if (!shape.transpose_a) return a;
  TransposeArgs args{};
  args.rank = 2;
  args.shape[0] = shape.m;
  args.shape[1] = shape.k;
  args.src_strides[0] = 1;
  args.src_strides[1] = static_cast<std::ptrdiff_t>(shape.m);
  args.dst_strides[0] = static_cast<std::ptrdiff_t>(shape.k);
  args.dst_strides[1] = 1;
  args.element_bytes = sizeof(T);
  args.src = a;
  args.dst = scratch;
  transpose.transpose(args);
  return reinterpret_cast<const T*>(scratch);
}

class MatmulF32 : public Operator {
 public:
  explicit MatmulF32(const OperatorContext& context)
      : kernel_(choose_gemm_f32(context.cpu)),
        transpose_(choose_transpose(context.cpu)),
        shape_(matmul_shape(context)),
        bounds_(activation_bounds(context.node.as<MatmulAttrs>().activation)) {}

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(int) const override {
    return scratch_piece_bytes(kernel_.packed_bytes(shape_.n, shape_.k, 1)) + scratch_piece_bytes(shape_.m * shape_.k * sizeof(float));
  }

  void run(const RunContext& context) const override {
    std::byte* packed = context.scratch;
    std::byte* rows = packed + scratch_piece_bytes(kernel_.packed_bytes(shape_.n, shape_.k, 1));
    const float* bias = context.inputs.size() > 2 && context.inputs[2].data ? context.inputs[2].as<float>() : nullptr;
    for (std::size_t i = 0; i < shape_.a_start.size(); ++i) {
      const float* a = rows_of_a(shape_, transpose_, context.inputs[0].as<float>() + shape_.a_start[i], rows);
      const float* b = context.inputs[1].as<float>() + shape_.b_start[i];
      float* dst = context.outputs[0].as<float>() + i * shape_.m * shape_.n;
      kernel_.pack({shape_.n, shape_.k, 1, b, shape_.transpose_b ? shape_.k : 1, shape_.transpose_b ? 1 : shape_.n, bias}, packed);
      split_product(*context.threads, shape_.m, kernel_.mr, shape_.n, kernel_.nr,
                    [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int) {
        GemmF32Args args = float_product(a + m_begin * shape_.k, m_end - m_begin, shape_.k, packed, n_end, dst + m_begin * shape_.n, shape_.n);
        args.n_begin = n_begin;
        args.lo = bounds_.lo;
        args.hi = bounds_.hi;
        kernel_.gemm(args);
      });
    }
  }

 private:
  const GemmF32Kernel& kernel_;
  const TransposeKernel& transpose_;
  MatmulShape shape_;
  ActivationBounds bounds_;
};

// The zero point of b is taken off by the kernels' zero point of weights.
class MatmulQs8 : public Operator {
 public:
  explicit MatmulQs8(const OperatorContext& context)
      : kernel_(choose_gemm_qs8_qc8w(context.cpu)),
        transpose_(choose_transpose(context.cpu)),
        shape_(matmul_shape(context)),
        scale_(requantize_scales(*context.input(0).quant, *context.input(1).quant, *context.output().quant, shape_.n)),
        b_zero_points_(weight_zero_points(*context.input(1).quant, shape_.n)),
        a_zero_point_(context.input(0).quant->zero_point[0]),
        output_(qs8_output(context.output(), context.node.as<MatmulAttrs>().activation)),
        scratch_per_thread_(scratch_piece_bytes(kernel_.scratch_bytes(shape_.k, 1))) {}

  std::size_t products_per_sum() const { return shape_.k; }

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(int num_threads) const override {
    return scratch_piece_bytes(kernel_.packed_bytes(shape_.n, shape_.k, 1)) + scratch_piece_bytes(shape_.m * shape_.k) +
           scratch_per_thread_ * static_cast<std::size_t>(num_threads);
  }

  void run(const RunContext& context) const override {
    std::byte* packed = context.scratch;
    std::byte* rows = packed + scratch_piece_bytes(kernel_.packed_bytes(shape_.n, shape_.k, 1));
    std::byte* scratch = rows + scratch_piece_bytes(shape_.m * shape_.k);
    for (std::size_t i = 0; i < shape_.a_start.size(); ++i) {
      const std::int8_t* a = rows_of_a(shape_, transpose_, context.inputs[0].as<std::int8_t>() + shape_.a_start[i], rows);
      pack(context.inputs[1].as<std::int8_t>() + shape_.b_start[i], packed);
      std::int8_t* dst = context.outputs[0].as<std::int8_t>() + i * shape_.m * shape_.n;
      split_product(*context.threads, shape_.m, kernel_.mr, shape_.n, kernel_.nr,
                    [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int thread) {
        GemmQs8Args args = int8_product(a + m_begin * shape_.k, m_end - m_begin, shape_.k, packed, n_begin, n_end, shape_.n,
                                        scratch + static_cast<std::size_t>(thread) * scratch_per_thread_);
        args.dst = dst + m_begin * shape_.n;
        args.output = output_;
        kernel_.gemm(args);
      });
    }
  }

 private:
  void pack(const std::int8_t* b, std::byte* packed) const {
    GemmQs8PackArgs args{};
    args.n = shape_.n;
    args.k = shape_.k;
    args.taps = 1;
    args.weights = b;
    args.n_stride = shape_.transpose_b ? shape_.k : 1;
    args.k_stride = shape_.transpose_b ? 1 : shape_.n;
    args.weights_zero_point = b_zero_points_.empty() ? nullptr : b_zero_points_.data();
    args.scale = scale_.data();
    args.src_zero_point = a_zero_point_;
    kernel_.pack(args, packed);
  }

  const GemmQs8Kernel& kernel_;
  const TransposeKernel& transpose_;
  MatmulShape shape_;
  std::vector<float> scale_;
  std::vector<std::int32_t> b_zero_points_;
  std::int32_t a_zero_point_;
  Qs8Output output_;
  std::size_t scratch_per_thread_;
};

bool is_empty(const OperatorContext& context) {
  return element_count(context.input(0)) == 0 || element_count(context.input(1)) == 0;
}

}  // namespace

Result<std::unique_ptr<Operator>> make_matmul_f32(const OperatorContext& context) {
  if (is_empty(context) || context.input(0).type != DataType::kFloat32 || context.input(1).type != DataType::kFloat32) return nullptr;
  return std::make_unique<MatmulF32>(context);
}

Result<std::unique_ptr<Operator>> make_matmul_qs8(const OperatorContext& context) {
  if (is_empty(context) || !is_qs8(context.input(0)) || !is_qs8(context.input(1)) || !is_qs8(context.output()) || context.has_input(2)) return nullptr;
  auto op = std::make_unique<MatmulQs8>(context);
  if (op->products_per_sum() > kMaxQs8Products) return nullptr;
  return op;
}

}  // namespace octet
