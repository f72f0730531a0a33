// SPDX-License-Identifier: Apache-2.0
// Quantizing activations while the model runs, and the layers that take them.
#include "ops/dynamic_quantize.h"

#include <algorithm>

#include "base/infinity.h"
#include "kernels/dequantize_s32_f32/dequantize_s32_f32.h"
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"
#include "kernels/range_f32/range_f32.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

// The parameters of a row, or of the whole tensor: one range of values each.
class DynamicQuantize : public Operator {
 public:
  explicit DynamicQuantize(const OperatorContext& context)
      : range_(choose_range_f32(context.cpu)), quantize_(choose_quantize_f32_qs8(context.cpu)),
        rows_(element_count(context.output(1))), n_(rows_ == 0 ? 0 : element_count(context.input(0)) / rows_),
        symmetric_(context.node.as<DynamicQuantizeAttrs>().symmetric) {}

  const char* kernel_name() const override { return quantize_.name; }

  void run(const RunContext& context) const override {
    if (rows_ == 1) return run_whole(context);
    const float* src = context.inputs[0].as<float>();
    auto* dst = context.outputs[0].as<std::int8_t>();
    context.threads->parallel_for(rows_, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        const DynamicParams params = set_params(range_.range(src + row * n_, n_), row, context);
        quantize(src + row * n_, n_, params, dst + row * n_);
      }
    });
  }

 private:
  static constexpr std::size_t kGrain = 4096;  // elements: below, a fork costs more than the work

  DynamicParams set_params(const RangeF32& range, std::size_t row, const RunContext& context) const {
    const DynamicParams params = dynamic_params(range.min, range.max, symmetric_);
    context.outputs[1].as<float>()[row] = params.scale;
    context.outputs[2].as<std::int32_t>()[row] = params.zero_point;
    return params;
  }

  void quantize(const float* src, std::size_t n, const DynamicParams& params, std::int8_t* dst) const {
    quantize_.quantize({n, src, params.scale, dst, Qs8Output{params.zero_point, -128, 127}});
  }

  // One range over all: the elements are split instead.
  void run_whole(const RunContext& context) const {
    const float* src = context.inputs[0].as<float>();
    const DynamicParams params = set_params(range_.range(src, n_), 0, context);
    context.threads->parallel_for(n_, kGrain, [&](std::size_t begin, std::size_t end) {
      quantize(src + begin, end - begin, params, context.outputs[0].as<std::int8_t>() + begin);
    });
  }

  const RangeF32Kernel& range_;
  const QuantizeF32Qs8Kernel& quantize_;
  std::size_t rows_, n_;
  bool symmetric_;
};

struct FusedFunction {
  DequantizeFunction function = DequantizeFunction::kClamp;
  float lo = -kInfinity;
  float hi = kInfinity;
};

FusedFunction fused_function(DynamicActivation activation) {
  FusedFunction fused;
  switch (activation) {
    case DynamicActivation::kNone: break;
    case DynamicActivation::kRelu: fused.lo = 0.0f; break;
    case DynamicActivation::kRelu6: fused.lo = 0.0f, fused.hi = 6.0f; break;
    case DynamicActivation::kGelu: fused.function = DequantizeFunction::kGelu; break;
    case DynamicActivation::kGeluApproximate: fused.function = DequantizeFunction::kGeluApproximate; break;
  }
  return fused;
}

// The zero point that the product itself takes off, which decides the form of its operands: near that of most values.
std::int32_t usual_zero_point(const OperatorContext& context, std::size_t input) {
  if (context.input(input + 2).is_constant) return context.input(input + 2).values<std::int32_t>()[0];
  const TensorId id = context.node.inputs[input];
  for (const Node& node : context.graph.nodes) {
    if (node.outputs[0] == id && node.is(kDynamicQuantize)) return node.as<DynamicQuantizeAttrs>().symmetric ? 0 : -128;
  }
  return 0;
}

std::vector<std::int32_t> weight_sums(const std::int8_t* weights, std::size_t n, std::size_t k) {
  std::vector<std::int32_t> sums(n, 0);
  for (std::int32_t& sum : sums)
    for (std::size_t i = 0; i < k; ++i) sum += *weights++;
  return sums;
}

// Rows are multiplied in chunks, so that their accumulators are still in the cache when they become floats.
class DynamicFullyConnected : public Operator {
 public:
  explicit DynamicFullyConnected(const OperatorContext& context)
      : dequantize_(choose_dequantize_s32_f32(context.cpu)),
        n_(static_cast<std::size_t>(context.input(3).shape[0])),
        k_(static_cast<std::size_t>(context.input(3).shape[1])),
        rows_(element_count(context.output()) / n_),
        gemm_(choose_int8_product(context.cpu, rows_, context.input(3).values<std::int8_t>().data(), n_, k_)),
        per_row_(element_count(context.input(1)) > 1),
        zero_point_(usual_zero_point(context, 0)),
        fused_(fused_function(context.node.as<DynamicFullyConnectedAttrs>().activation)),
        scale_(n_),
        bias_(n_, 0.0f) {
    const Tensor& weights = context.input(3);
    for (std::size_t n = 0; n < n_; ++n) scale_[n] = weights.quant->scale[weights.quant->per_channel() ? n : 0];
    if (context.has_input(4)) std::copy_n(context.input(4).values<float>().begin(), n_, bias_.begin());
    const std::int8_t* values = weights.values<std::int8_t>().data();
    sums_ = weight_sums(values, n_, k_);
    packed_ = pack_for_accumulators(gemm_, values, n_, k_, zero_point_, context.memory);
    context.packed_inputs[3] = true;
    if (context.has_input(4)) context.packed_inputs[4] = true;
  }

  const char* kernel_name() const override { return gemm_.name; }

  std::size_t scratch_bytes(int num_threads) const override { return thread_scratch() * static_cast<std::size_t>(num_threads); }

  void run(const RunContext& context) const override {
    split_product(*context.threads, rows_, gemm_.mr, n_, gemm_.nr,
                  [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int thread) {
      std::byte* scratch = context.scratch + static_cast<std::size_t>(thread) * thread_scratch();
      for (std::size_t m = m_begin; m < m_end; m += chunk_rows())
        run_chunk(context, m, std::min(chunk_rows(), m_end - m), n_begin, n_end, scratch);
    });
  }

 private:
  // Accumulators of a chunk take a quarter of a second-level cache of 512 KiB, unless rows are very long.
  std::size_t chunk_rows() const {
    const std::size_t rows = 128 * 1024 / (n_ * sizeof(std::int32_t)) / gemm_.mr * gemm_.mr;
    return std::clamp<std::size_t>(rows, gemm_.mr, 96);
  }

  std::size_t thread_scratch() const {
    return scratch_piece_bytes(gemm_.scratch_bytes(k_, 1)) + scratch_piece_bytes(chunk_rows() * n_ * sizeof(std::int32_t)) +
           scratch_piece_bytes(chunk_rows() * sizeof(float)) + scratch_piece_bytes(chunk_rows() * sizeof(std::int32_t));
  }

  void run_chunk(const RunContext& context, std::size_t m, std::size_t rows, std::size_t n_begin, std::size_t n_end,
                 std::byte* scratch) const {
    ScratchCursor cursor(scratch);
    auto* const acc = cursor.take<std::int32_t>(chunk_rows() * n_);
    auto* const row_scale = cursor.take<float>(chunk_rows());
    auto* const row_zero_point = cursor.take<std::int32_t>(chunk_rows());
    GemmQs8Args args = int8_product(context.inputs[0].as<std::int8_t>() + m * k_, rows, k_, packed_, n_begin, n_end, n_,
                                    cursor.take<std::byte>(0));
    args.acc = acc;
    gemm_.gemm(args);
    for (std::size_t r = 0; r < rows; ++r) {
      row_scale[r] = context.inputs[1].as<float>()[per_row_ ? m + r : 0];
      row_zero_point[r] = context.inputs[2].as<std::int32_t>()[per_row_ ? m + r : 0] - zero_point_;
    }
    DequantizeS32F32Args out{};
    out.m = rows;
    out.n = n_end - n_begin;
    out.acc = acc + n_begin;
    out.acc_stride = n_;
    out.row_scale = row_scale;
    out.row_zero_point = row_zero_point;
    out.scale = scale_.data() + n_begin;
    out.weights_sum = sums_.data() + n_begin;
    out.bias = bias_.data() + n_begin;
    out.lo = fused_.lo;
    out.hi = fused_.hi;
    out.dst = context.outputs[0].as<float>() + m * n_ + n_begin;
    out.dst_stride = n_;
    dequantize_.dequantize[static_cast<std::size_t>(fused_.function)](out);
  }

  const DequantizeS32F32Kernel& dequantize_;
  std::size_t n_, k_, rows_;
  const GemmQs8Kernel& gemm_;
  bool per_row_;
  std::int32_t zero_point_;
  FusedFunction fused_;
  std::vector<float> scale_, bias_;
  std::vector<std::int32_t> sums_;
  const std::byte* packed_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_dynamic_quantize(const OperatorContext& context) {
  if (context.input(0).type != DataType::kFloat32) return nullptr;
  return std::make_unique<DynamicQuantize>(context);
}

Result<std::unique_ptr<Operator>> make_dynamic_fully_connected(const OperatorContext& context) {
  if (!context.input(3).is_constant || (context.has_input(4) && !context.input(4).is_constant)) return nullptr;
  if (element_count(context.input(0)) == 0 || element_count(context.input(3)) == 0) return nullptr;
  if (static_cast<std::size_t>(context.input(3).shape[1]) > kMaxQs8Products) return nullptr;
  return std::make_unique<DynamicFullyConnected>(context);
}

}  // namespace octet
