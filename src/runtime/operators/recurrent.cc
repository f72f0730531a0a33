// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN in float32: what the inputs of all steps add to the gates is one matrix product; what the state
// adds is one per step, with its weights packed once.
#include "ops/recurrent.h"

#include <cstring>

#include "base/infinity.h"
#include "base/log.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/unary_f32/unary_f32.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

// Products smaller than this are done before other threads have woken up.
constexpr std::size_t kMinSharedProducts = std::size_t{1} << 18;

class RecurrentF32 : public Operator {
 public:
  explicit RecurrentF32(const OperatorContext& context)
      : node_(context.node),
        sizes_(recurrent_sizes(context.node, context.input(0).shape)),
        kernel_(choose_gemm_f32(context.cpu)),
        unary_(choose_unary_f32(context.cpu)) {
    const std::size_t rows = sizes_.gates * sizes_.hidden;
    for (std::size_t d = 0; d < sizes_.directions; ++d) {
      const float* const input = context.input(1).values<float>().data() + d * rows * sizes_.input;
      const float* const recurrent = context.input(2).values<float>().data() + d * rows * sizes_.hidden;
      input_weights_.push_back(packed(input, rows, sizes_.input));
      state_weights_.push_back(packed(recurrent, rows, sizes_.hidden));
      if (!splits_state()) continue;
      // A GRU that resets before the product multiplies two gates with one state, and the third with another.
      const std::size_t two = 2 * sizes_.hidden;
      first_gates_.push_back(packed(recurrent, two, sizes_.hidden));
      last_gate_.push_back(packed(recurrent + two * sizes_.hidden, rows - two, sizes_.hidden));
    }
    context.packed_inputs[1] = context.packed_inputs[2] = true;
  }

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(int) const override {
    return scratch_piece_bytes(recurrent_scratch(sizes_) * sizeof(float));
  }

  void run(const RunContext& context) const override;

 private:
  friend class KernelProducts;

  bool splits_state() const { return node_.is(kGru) && !node_.as<RecurrentAttrs>().reset_after; }

  AlignedBuffer packed(const float* weights, std::size_t n, std::size_t k) const {
    AlignedBuffer buffer(kernel_.packed_bytes(n, k, 1));
    kernel_.pack({n, k, 1, weights, k, 1, nullptr}, buffer.data());
    return buffer;
  }

  void multiply(ThreadPool& threads, const float* src, std::size_t m, std::size_t k, const AlignedBuffer& weights,
                std::size_t n, float* dst) const {
    const auto part = [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int) {
      GemmF32Args args{};
      args.m = m_end - m_begin;
      args.n_begin = n_begin;
      args.n_end = n_end;
      args.k = k;
      args.taps = 1;
      args.src = src + m_begin * k;
      args.src_stride = k;
      args.packed = weights.data();
      args.dst = dst + m_begin * n;
      args.dst_stride = n;
      args.lo = -kInfinity;
      args.hi = kInfinity;
      kernel_.gemm(args);
    };
    if (m * k * n < kMinSharedProducts)
      part(0, m, 0, n, 0);
    else
      split_product(threads, m, kernel_.mr, n, kernel_.nr, part);
  }

  Node node_;
  RecurrentSizes sizes_;
  const GemmF32Kernel& kernel_;
  const UnaryF32Kernel& unary_;
  std::vector<AlignedBuffer> input_weights_, state_weights_;  // by direction
  std::vector<AlignedBuffer> first_gates_, last_gate_;        // of a GRU that resets before the product
};

class KernelProducts : public RecurrentProducts {
 public:
  KernelProducts(const RecurrentF32& layer, ThreadPool& threads) : layer_(layer), threads_(threads) {}

  void multiply_input(std::size_t direction, const float* src, float* gates) override {
    const RecurrentSizes& z = layer_.sizes_;
    layer_.multiply(threads_, src, z.steps * z.batch, z.input, layer_.input_weights_[direction], z.gates * z.hidden,
                    gates);
  }
  void multiply_state(std::size_t direction, std::size_t begin, std::size_t end, const float* h, float* dst) override {
    const RecurrentSizes& z = layer_.sizes_;
    const bool is_all = begin == 0 && end == z.gates;
    const auto& weights = is_all ? layer_.state_weights_ : begin == 0 ? layer_.first_gates_ : layer_.last_gate_;
    layer_.multiply(threads_, h, z.batch, z.hidden, weights[direction], (end - begin) * z.hidden, dst);
  }
  void activate(RecurrentActivation activation, float alpha, float beta, float* values, std::size_t count) override {
    const auto map = [&](UnaryFunction function) {
      layer_.unary_.map[static_cast<std::size_t>(function)]({count, values, values, alpha, beta});
    };
    if (activation == RecurrentActivation::kSigmoid)
      map(UnaryFunction::kSigmoid);
    else if (activation == RecurrentActivation::kTanh)
      map(UnaryFunction::kTanh);
    else
      RecurrentProducts::activate(activation, alpha, beta, values, count);
  }

 private:
  const RecurrentF32& layer_;
  ThreadPool& threads_;
};

void RecurrentF32::run(const RunContext& context) const {
  KernelProducts products(*this, *context.threads);
  const Result<void> done =
      run_recurrent(node_, context.inputs, context.outputs, products, reinterpret_cast<float*>(context.scratch));
  if (done) return;
  // As of references: lengths that make no sense leave zeros.
  OCTET_LOG(kError, "node '{}' ({}): {}; its outputs are set to zero", node_.name, node_.op->name,
            done.error().message);
  for (const View& output : context.outputs)
    std::memset(output.data, 0,
                static_cast<std::size_t>(num_elements(*output.shape).value_or(0)) * data_type_size(output.type));
}

}  // namespace

Result<std::unique_ptr<Operator>> make_recurrent_f32(const OperatorContext& context) {
  const bool has_constants = context.input(1).is_constant && context.input(2).is_constant;
  if (!has_constants || element_count(context.input(0)) == 0) return nullptr;
  return std::make_unique<RecurrentF32>(context);
}

}  // namespace octet
