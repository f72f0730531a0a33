// SPDX-License-Identifier: Apache-2.0
#include "runtime/executor.h"

#include "ops/reshape.h"

namespace octet {

Executor::Executor(std::shared_ptr<const Plan> plan, int num_threads)
    : plan_(std::move(plan)),
      threads_(num_threads),
      arena_(plan_->arena_bytes()),
      scratch_(plan_->scratch_bytes(num_threads)) {
  bind();
}

void Executor::bind() {
  const Graph& graph = plan_->graph();
  const auto address = [&](TensorId id) -> std::byte* {
    const Tensor& tensor = graph.tensor(id);
    if (tensor.is_constant) return const_cast<std::byte*>(tensor.data.bytes().data());
    return arena_.data() + plan_->offset(id);
  };
  const auto quant = [](const Tensor& tensor) { return tensor.quant ? &*tensor.quant : nullptr; };
  for (const Plan::Step& step : plan_->steps()) {
    const Node& node = graph.nodes[step.node];
    BoundStep bound;
    for (const TensorId id : node.inputs) {
      if (id == kNoTensor) {
        bound.inputs.push_back({});
        continue;
      }
      const Tensor& tensor = graph.tensor(id);
      bound.inputs.push_back({tensor.type, &tensor.shape, address(id), quant(tensor)});
    }
    for (const TensorId id : node.outputs) {
      const Tensor& tensor = graph.tensor(id);
      bound.outputs.push_back({tensor.type, &tensor.shape, address(id), quant(tensor)});
    }
    bound.is_view = keeps_elements(*node.op) && bound.inputs[0].data == bound.outputs[0].data;
    steps_.push_back(std::move(bound));
  }
}

std::span<std::byte> Executor::input(std::size_t i) {
  const TensorId id = plan_->graph().inputs[i];
  return {arena_.data() + plan_->offset(id), tensor_bytes(plan_->graph().tensor(id))};
}

std::span<const std::byte> Executor::output(std::size_t i) const {
  const TensorId id = plan_->graph().outputs[i];
  const Tensor& tensor = plan_->graph().tensor(id);
  if (tensor.is_constant) return tensor.data.bytes();
  return {arena_.data() + plan_->offset(id), tensor_bytes(tensor)};
}

const char* Executor::kernel_name(std::size_t step) const {
  return steps_[step].is_view ? "view" : plan_->steps()[step].op->kernel_name();
}

void Executor::run_step(std::size_t step, const Operator* replacement) {
  const BoundStep& bound = steps_[step];
  if (bound.is_view) return;
  const Operator& op = replacement == nullptr ? *plan_->steps()[step].op : *replacement;
  op.run({bound.inputs, bound.outputs, scratch_.data(), &threads_});
}

void Executor::run() {
  for (std::size_t step = 0; step < steps_.size(); ++step) run_step(step);
}

void Executor::run(const StepCallback& after_step) {
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    run_step(step);
    after_step(step, plan_->graph().nodes[plan_->steps()[step].node], steps_[step].inputs, steps_[step].outputs);
  }
}

}  // namespace octet
