// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN: what the inputs of all steps add to the gates is one matrix product; what the state adds is one per
// step, with its weights packed once. The products are float, or of weights that stay integers (matrix_product.h).
#include "ops/recurrent.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "kernels/unary_f32/unary_f32.h"
#include "runtime/operators/matrix_product.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

using Product = std::unique_ptr<MatrixProduct>;

class Recurrent : public Operator {
 public:
  explicit Recurrent(const OperatorContext& context)
      : node_(context.node),
        sizes_(recurrent_sizes(context.node, context.input(0).shape)),
        unary_(choose_unary_f32(context.cpu)) {
    const std::size_t rows = sizes_.gates * sizes_.hidden;
    const auto product = [&](std::size_t input, std::size_t begin, std::size_t count) {
      const std::size_t m = input == 1 ? sizes_.steps * sizes_.batch : sizes_.batch;
      return make_matrix_product(context.cpu, context.input(input), begin, count, m, node_.as<RecurrentAttrs>().dynamic, context.memory);
    };
    for (std::size_t d = 0; d < sizes_.directions; ++d) {
      input_.push_back(product(1, d * rows, rows));
      state_.push_back(product(2, d * rows, rows));
      if (!splits_state()) continue;
      // A GRU that resets before the product multiplies two gates with one state, and the third with another.
      const std::size_t two = 2 * sizes_.hidden;
      first_gates_.push_back(product(2, d * rows, two));
      last_gate_.push_back(product(2, d * rows + two, rows - two));
    }
    context.packed_inputs[1] = context.packed_inputs[2] = true;
  }

  const char* kernel_name() const override { return input_[0]->kernel_name(); }
  std::size_t scratch_bytes(int num_threads) const override {
    std::size_t bytes = input_[0]->scratch_bytes(sizes_.steps * sizes_.batch, num_threads);
    for (const auto* products : {&state_, &first_gates_, &last_gate_})
      if (!products->empty()) bytes = std::max(bytes, products->front()->scratch_bytes(sizes_.batch, num_threads));
    return scratch_piece_bytes(recurrent_scratch(sizes_) * sizeof(float)) + bytes;
  }

  void run(const RunContext& context) const override;

 private:
  friend class KernelProducts;

  bool splits_state() const { return node_.is(kGru) && !node_.as<RecurrentAttrs>().reset_after; }

  Node node_;
  RecurrentSizes sizes_;
  const UnaryF32Kernel& unary_;
  std::vector<Product> input_, state_;             // by direction
  std::vector<Product> first_gates_, last_gate_;   // of a GRU that resets before the product
};

class KernelProducts : public RecurrentProducts {
 public:
  KernelProducts(const Recurrent& layer, ThreadPool& threads, std::byte* scratch)
      : layer_(layer), threads_(threads), scratch_(scratch) {}

  void multiply_input(std::size_t direction, const float* src, float* gates) override {
    layer_.input_[direction]->multiply(threads_, src, layer_.sizes_.steps * layer_.sizes_.batch, gates, scratch_);
  }
  void multiply_state(std::size_t direction, std::size_t begin, std::size_t end, const float* h, float* dst) override {
    const bool is_all = begin == 0 && end == layer_.sizes_.gates;
    const auto& products = is_all ? layer_.state_ : begin == 0 ? layer_.first_gates_ : layer_.last_gate_;
    products[direction]->multiply(threads_, h, layer_.sizes_.batch, dst, scratch_);
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
  const Recurrent& layer_;
  ThreadPool& threads_;
  std::byte* scratch_;
};

void Recurrent::run(const RunContext& context) const {
  ScratchCursor cursor(context.scratch);
  auto* const scratch = cursor.take<float>(recurrent_scratch(sizes_));
  KernelProducts products(*this, *context.threads, cursor.take<std::byte>(0));
  const Result<void> done = run_recurrent(node_, context.inputs, context.outputs, products, scratch);
  if (done) return;
  // As of references: lengths that make no sense leave zeros.
  OCTET_LOG(kError, "node '{}' ({}): {}; its outputs are set to zero", node_.name, node_.op->name,
            done.error().message);
  for (const View& output : context.outputs)
    std::memset(output.data, 0,
                static_cast<std::size_t>(num_elements(*output.shape).value_or(0)) * data_type_size(output.type));
}

}  // namespace

Result<std::unique_ptr<Operator>> make_recurrent(const OperatorContext& context) {
  for (const std::size_t i : {1u, 2u}) {
    const Tensor& weights = context.input(i);
    const bool too_long = static_cast<std::size_t>(weights.shape.back()) > kMaxQs8Products;
    if (!weights.is_constant || (context.node.as<RecurrentAttrs>().dynamic && too_long)) return nullptr;
  }
  return std::make_unique<Recurrent>(context);
}

}  // namespace octet
