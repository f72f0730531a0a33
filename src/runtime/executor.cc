// SPDX-License-Identifier: Apache-2.0
#include "runtime/executor.h"

#include <algorithm>
#include <cstring>

#include "ops/evaluate.h"
#include "ops/reshape.h"

namespace octet {

Executor::Executor(std::shared_ptr<const Plan> plan, int num_threads)
    : plan_(std::move(plan)),
      threads_(num_threads),
      arena_(plan_->arena_bytes()),
      scratch_(plan_->scratch_bytes(num_threads)) {
  bind();
  find_last_readers();
}

void Executor::find_last_readers() {
  const Graph& graph = plan_->graph();
  for (std::size_t step = 0; step < plan_->steps().size(); ++step)
    for (const TensorId id : graph.nodes[plan_->steps()[step].node].inputs)
      if (id != kNoTensor && !is_fixed(graph.tensor(id).shape)) last_readers_[id] = step;
  for (const TensorId id : graph.outputs) last_readers_.erase(id);
}

void Executor::bind() {
  const Graph& graph = plan_->graph();
  const auto address = [&](TensorId id) -> std::byte* {
    const Tensor& tensor = graph.tensor(id);
    if (tensor.is_constant) return const_cast<std::byte*>(tensor.data.bytes().data());
    return is_fixed(tensor.shape) ? arena_.data() + plan_->offset(id) : nullptr;
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
    if (step.fused != nullptr) {
      bound.fused_inputs = steps_.back().inputs;
      bound.fused_inputs.insert(bound.fused_inputs.end(), bound.inputs.begin(), bound.inputs.end());
    }
    bound.dst_row_stride = plan_->slice(node.outputs[0]).row_stride;
    const auto is_slice = [&](TensorId id) { return plan_->slice(id).buffer != kNoTensor; };
    if (step.op != nullptr && keeps_elements(*node.op) && bound.inputs[0].data == bound.outputs[0].data) bound.in_place = "view";
    if (step.op != nullptr && step.op->joins_slices() && std::ranges::all_of(node.inputs, is_slice)) bound.in_place = "slices";
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
  if (const auto found = values_.find(id); found != values_.end()) return found->second.data.bytes();
  if (!is_fixed(tensor.shape)) return {};
  return {arena_.data() + plan_->offset(id), tensor_bytes(tensor)};
}

const Shape& Executor::output_shape(std::size_t i) const {
  const TensorId id = plan_->graph().outputs[i];
  const auto found = values_.find(id);
  return found == values_.end() ? plan_->graph().tensor(id).shape : found->second.shape;
}

const char* Executor::kernel_name(std::size_t step) const {
  if (plan_->steps()[step].op == nullptr) return "dynamic";
  return steps_[step].in_place != nullptr ? steps_[step].in_place : plan_->steps()[step].op->kernel_name();
}

// The tensor as a constant: shared where it lies outside the arena, copied from there.
Tensor Executor::value(TensorId id) const {
  const Tensor& tensor = plan_->graph().tensor(id);
  if (tensor.is_constant) return tensor;
  if (!is_fixed(tensor.shape)) return values_.at(id);
  const std::byte* const bytes = arena_.data() + plan_->offset(id);
  Tensor copy = tensor;
  copy.data = ConstantData({bytes, bytes + tensor_bytes(tensor)});
  copy.is_constant = true;
  return copy;
}

Result<void> Executor::run_dynamic(std::size_t step) {
  const Graph& graph = plan_->graph();
  const Node& node = graph.nodes[plan_->steps()[step].node];
  BoundStep& bound = steps_[step];
  std::vector<Tensor> values;
  values.reserve(node.inputs.size());
  std::vector<const Tensor*> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoTensor) values.push_back(value(node.inputs[i]));
    inputs.push_back(node.inputs[i] == kNoTensor ? nullptr : &values.back());
  }
  OCTET_ASSIGN_OR_RETURN(std::vector<Tensor> results, evaluate_values(node, inputs));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Tensor& expected = graph.tensor(node.outputs[i]);
    if (results[i].type != expected.type || (is_fixed(expected.shape) && results[i].shape != expected.shape)) {
      return make_error(ErrorCode::kInvalidModel, "node '{}' ({}): output {} is {}[{}], expected {}[{}]", node.name, node.op->name, i,
                        data_type_name(results[i].type), fmt::join(results[i].shape, ", "), data_type_name(expected.type),
                        fmt::join(expected.shape, ", "));
    }
    if (is_fixed(expected.shape)) {
      const auto bytes = results[i].data.bytes();
      if (!bytes.empty()) std::memcpy(bound.outputs[i].data, bytes.data(), bytes.size());
      continue;
    }
    Tensor& kept = values_[node.outputs[i]] = std::move(results[i]);
    bound.outputs[i].shape = &kept.shape;
    bound.outputs[i].data = const_cast<std::byte*>(kept.data.bytes().data());
  }
  return {};
}

void Executor::release_inputs(std::size_t step) {
  if (plan_->steps()[step].op != nullptr) return;
  for (const TensorId id : plan_->graph().nodes[plan_->steps()[step].node].inputs)
    if (const auto last = last_readers_.find(id); last != last_readers_.end() && last->second == step) values_.erase(id);
}

Result<void> Executor::run_step(std::size_t step, const Operator* replacement) {
  if (plan_->steps()[step].op == nullptr) return run_dynamic(step);
  const BoundStep& bound = steps_[step];
  if (bound.in_place != nullptr) return {};
  const Operator& op = replacement == nullptr ? *plan_->steps()[step].op : *replacement;
  op.run({bound.inputs, bound.outputs, scratch_.data(), &threads_, bound.dst_row_stride});
  return {};
}

Result<void> Executor::run() {
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    const Operator* const fused = step + 1 < steps_.size() ? plan_->steps()[step + 1].fused.get() : nullptr;
    if (fused != nullptr) {
      ++step;
      const BoundStep& bound = steps_[step];
      fused->run({bound.fused_inputs, bound.outputs, scratch_.data(), &threads_, bound.dst_row_stride});
      continue;
    }
    OCTET_RETURN_IF_ERROR(run_step(step));
    release_inputs(step);
  }
  return {};
}

Result<void> Executor::run(const StepCallback& after_step) {
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    OCTET_RETURN_IF_ERROR(run_step(step));
    after_step(step, plan_->graph().nodes[plan_->steps()[step].node], steps_[step].inputs, steps_[step].outputs);
    release_inputs(step);
  }
  return {};
}

}  // namespace octet
