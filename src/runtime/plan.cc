// SPDX-License-Identifier: Apache-2.0
#include "runtime/plan.h"

#include <algorithm>
#include <numeric>

#include "ops/reshape.h"
#include "runtime/memory_planner.h"
#include "runtime/operators/integer_weights.h"
#include "runtime/operators/operators.h"

namespace octet {
namespace {

Result<void> check_fixed_inputs(const Graph& graph) {
  for (const TensorId id : graph.inputs) {
    const Tensor& tensor = graph.tensor(id);
    if (is_fixed(tensor.shape)) continue;
    return make_error(ErrorCode::kInvalidArgument,
                      "input '{}' has a dynamic shape (negative: dynamic) [{}]: fix it with an input shape such as "
                      "\"{}:1,...\" (converter_lite --inputShape, octet --input-shape)",
                      tensor.name, fmt::join(tensor.shape, ", "), tensor.name);
  }
  return {};
}

bool is_dynamic(const Graph& graph, const Node& node) {
  const auto varies = [&](TensorId id) { return id != kNoTensor && !is_fixed(graph.tensor(id).shape); };
  return node.op->evaluate != nullptr || std::any_of(node.inputs.begin(), node.inputs.end(), varies) ||
         std::any_of(node.outputs.begin(), node.outputs.end(), varies);
}

// Whether node `reader` alone reads the only output of `node`.
bool reads_alone(const Uses& uses, const Node& node, std::size_t reader) {
  return node.outputs.size() == 1 && uses.single_consumer(node.outputs[0]) == static_cast<std::int32_t>(reader);
}

using TensorPairs = std::vector<std::pair<TensorId, TensorId>>;

// (tensor, what is written over it): what lies between the two steps of a fused operator, where the second one reads no element
// after it has written it.
TensorPairs find_overwritten(const Graph& graph, std::span<const Plan::Step> steps) {
  TensorPairs overwritten;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].fused == nullptr) continue;
    const Node& node = graph.nodes[i];
    const TensorId between = graph.nodes[i - 1].outputs[0];
    const auto input = static_cast<std::size_t>(std::ranges::find(node.inputs, between) - node.inputs.begin());
    if (steps[i].op->can_overwrite(input)) overwritten.emplace_back(between, node.outputs[0]);
  }
  return overwritten;
}

// The tensor whose memory each tensor uses: itself, what it is a slice of, what it is a reshaped view of, or what takes its place.
std::vector<TensorId> find_storage(const Graph& graph, std::span<const Slice> slices, const TensorPairs& overwritten) {
  std::vector<TensorId> storage(graph.tensors.size());
  std::iota(storage.begin(), storage.end(), 0);
  for (std::size_t i = 0; i < slices.size(); ++i)
    if (slices[i].buffer != kNoTensor) storage[i] = slices[i].buffer;
  for (const auto& [tensor, by] : overwritten)
    if (slices[static_cast<std::size_t>(by)].buffer == kNoTensor) storage[static_cast<std::size_t>(tensor)] = by;
  for (const Node& node : graph.nodes) {
    if (!keeps_elements(*node.op) || graph.tensor(node.inputs[0]).is_constant || is_dynamic(graph, node)) continue;
    if (graph.tensor(node.inputs[0]).quant != graph.tensor(node.outputs[0]).quant) continue;  // has to be requantized
    storage[static_cast<std::size_t>(node.outputs[0])] = storage[static_cast<std::size_t>(node.inputs[0])];
  }
  return storage;
}

}  // namespace

std::size_t tensor_bytes(const Tensor& tensor) {
  const auto count = num_elements(tensor.shape);
  OCTET_CHECK(count.has_value());
  return static_cast<std::size_t>(*count) * data_type_size(tensor.type);
}

Result<std::shared_ptr<const Plan>> Plan::make(Graph graph, const PlanOptions& options) {
  OCTET_RETURN_IF_ERROR(check_fixed_inputs(graph));
  OCTET_RETURN_IF_ERROR(resolve_stored_weights(graph));
  std::shared_ptr<Plan> plan(new Plan());
  plan->graph_ = std::move(graph);
  const Uses uses = find_uses(plan->graph_);
  std::vector<bool> needed(plan->graph_.tensors.size(), false);  // constants that some operator reads while running
  for (std::size_t i = 0; i < plan->graph_.nodes.size(); ++i) {
    const Node& node = plan->graph_.nodes[i];
    std::vector<bool> packed(node.inputs.size(), false);
    if (is_dynamic(plan->graph_, node)) {
      plan->steps_.push_back({i, nullptr});
      for (const TensorId id : node.inputs)
        if (id != kNoTensor) needed[static_cast<std::size_t>(id)] = true;
      continue;
    }
    const OperatorContext context{plan->graph_, node, options.cpu, plan->packed_memory_, packed};
    auto op = make_operator(context);
    if (!op) return at(fmt::format("node '{}' ({})", node.name, node.op->name), std::move(op).error());
    plan->steps_.push_back({i, std::move(op).value()});
    if (i > 0 && plan->steps_[i - 1].op != nullptr && plan->steps_[i - 1].fused == nullptr &&
        reads_alone(uses, plan->graph_.nodes[i - 1], i))
      plan->steps_[i].fused = plan->steps_[i - 1].op->fused_with(context, plan->graph_.nodes[i - 1]);
    for (std::size_t j = 0; j < node.inputs.size(); ++j)
      if (node.inputs[j] != kNoTensor && !packed[j]) needed[static_cast<std::size_t>(node.inputs[j])] = true;
  }
  for (const TensorId id : plan->graph_.outputs) needed[static_cast<std::size_t>(id)] = true;
  for (std::size_t i = 0; i < needed.size(); ++i)
    if (!needed[i]) plan->graph_.tensors[i].data = {};  // packed elsewhere: frees the original
  plan->slices_.resize(plan->graph_.tensors.size());
  if (options.shares_memory) {
    std::vector<const Operator*> operators;
    for (const Step& step : plan->steps_) operators.push_back(step.op.get());
    plan->slices_ = place_slices(plan->graph_, operators);
  }
  plan->place_tensors(find_storage(plan->graph_, plan->slices_,
                                   options.shares_memory ? find_overwritten(plan->graph_, plan->steps_) : TensorPairs{}));
  return std::shared_ptr<const Plan>(std::move(plan));
}

void Plan::place_tensors(std::span<const TensorId> storage) {
  const int last = static_cast<int>(graph_.nodes.size());
  std::vector<BufferLifetime> lifetimes(graph_.tensors.size(), BufferLifetime{0, last + 1, -1});
  const auto use = [&](TensorId id, int step) {
    if (id == kNoTensor || graph_.tensor(id).is_constant || !is_fixed(graph_.tensor(id).shape)) return;
    const TensorId root = storage[static_cast<std::size_t>(id)];
    BufferLifetime& lifetime = lifetimes[static_cast<std::size_t>(root)];
    lifetime.size_bytes = std::max(lifetime.size_bytes, tensor_bytes(graph_.tensor(id)));
    lifetime.first_step = std::min(lifetime.first_step, step);
    lifetime.last_step = std::max(lifetime.last_step, step);
  };
  for (int step = 0; step < last; ++step) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(step)];
    for (const TensorId id : node.inputs) use(id, step);
    for (const TensorId id : node.outputs) use(id, step);
    if (steps_[static_cast<std::size_t>(step)].fused == nullptr) continue;
    for (const TensorId id : graph_.nodes[static_cast<std::size_t>(step) - 1].inputs) use(id, step);
  }
  // Inputs keep their values over runs, outputs until the next one.
  for (const TensorId id : graph_.inputs) use(id, 0), use(id, last);
  for (const TensorId id : graph_.outputs) use(id, last);

  std::vector<BufferLifetime> buffers;
  std::vector<std::size_t> tensor_of_buffer;
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    if (lifetimes[i].last_step < 0) continue;
    buffers.push_back(lifetimes[i]);
    tensor_of_buffer.push_back(i);
  }
  const ArenaLayout layout = plan_arena(buffers);
  offsets_.assign(graph_.tensors.size(), 0);
  for (std::size_t b = 0; b < buffers.size(); ++b) offsets_[tensor_of_buffer[b]] = layout.offsets[b];
  for (std::size_t i = 0; i < storage.size(); ++i)
    offsets_[i] = offsets_[static_cast<std::size_t>(storage[i])] + slices_[i].offset * data_type_size(graph_.tensors[i].type);
  arena_bytes_ = layout.size_bytes;
}

std::size_t Plan::scratch_bytes(int num_threads) const {
  std::size_t bytes = 0;
  for (const Step& step : steps_)
    for (const Operator* op : {step.op.get(), step.fused.get()})
      if (op != nullptr) bytes = std::max(bytes, op->scratch_bytes(num_threads));
  return bytes;
}

std::size_t Plan::num_dynamic_steps() const {
  return static_cast<std::size_t>(std::count_if(steps_.begin(), steps_.end(), [](const Step& step) { return step.op == nullptr; }));
}

}  // namespace octet
