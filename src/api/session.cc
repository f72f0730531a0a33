// SPDX-License-Identifier: Apache-2.0
#include "api/session_impl.h"

#include <algorithm>
#include <chrono>

#include "api/model_impl.h"
#include "api/node_macs.h"
#include "base/log.h"
#include "octet/model.h"
#include "passes/pass.h"

namespace octet {
namespace {

Result<std::shared_ptr<const Plan>> make_plan(Graph graph, const InputShapes& input_shapes) {
  if (!input_shapes.empty()) OCTET_RETURN_IF_ERROR(fix_input_shapes(graph, input_shapes));
  PassOptions passes;
  passes.for_running = true;
  OCTET_RETURN_IF_ERROR(run_passes(graph, passes));
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan, Plan::make(std::move(graph), {.cpu = cpu_features(), .shares_memory = true}));
  if (plan->num_dynamic_steps() > 0) {
    OCTET_LOG(kWarning, "{} of {} nodes have shapes that depend on values; they run by references, without kernels",
              plan->num_dynamic_steps(), plan->steps().size());
  }
  return plan;
}

bool has_dynamic_inputs(const Graph& graph) {
  return std::any_of(graph.inputs.begin(), graph.inputs.end(), [&](TensorId id) { return !is_fixed(graph.tensor(id).shape); });
}

// Every input of `graph` that is named has the shape that is asked for.
bool has_shapes(const Graph& graph, const InputShapes& shapes) {
  return std::all_of(shapes.begin(), shapes.end(), [&](const auto& wanted) {
    return std::any_of(graph.inputs.begin(), graph.inputs.end(), [&](TensorId id) {
      return graph.tensor(id).name == wanted.first && graph.tensor(id).shape == wanted.second;
    });
  });
}

}  // namespace

Result<Session> Session::create(const Model& model, const SessionOptions& options) {
  if (options.num_threads < 1 || options.num_threads > kMaxThreads)
    return make_error(ErrorCode::kInvalidArgument, "num_threads is {}, expected 1 to {}", options.num_threads, kMaxThreads);
  const Graph& graph = model.impl().graph;
  OCTET_ASSIGN_OR_RETURN(auto plan, make_plan(graph, options.input_shapes));
  return Session(std::make_unique<Impl>(has_dynamic_inputs(graph) ? std::optional(graph) : std::nullopt, std::move(plan), options.num_threads));
}

Result<void> Session::resize(const InputShapes& input_shapes) {
  if (has_shapes(impl_->graph(), input_shapes)) return {};
  // Fixed inputs refuse any other shape: the error names it.
  OCTET_ASSIGN_OR_RETURN(auto plan, make_plan(impl_->source ? *impl_->source : impl_->graph(), input_shapes));
  impl_ = std::make_unique<Impl>(std::move(impl_->source), std::move(plan), impl_->num_threads);
  return {};
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

std::size_t Session::num_inputs() const { return impl_->graph().inputs.size(); }
std::size_t Session::num_outputs() const { return impl_->graph().outputs.size(); }
TensorInfo Session::input_info(std::size_t i) const { return tensor_info(impl_->graph().tensor(impl_->graph().inputs[i])); }
TensorInfo Session::output_info(std::size_t i) const {
  Tensor output = impl_->graph().tensor(impl_->graph().outputs[i]);
  output.shape = impl_->executor.output_shape(i);
  return tensor_info(output);
}
std::span<std::byte> Session::input_bytes(std::size_t i) { return impl_->executor.input(i); }
std::span<const std::byte> Session::output_bytes(std::size_t i) const { return impl_->executor.output(i); }
Result<void> Session::run() { return impl_->executor.run(); }

Result<std::vector<NodeTime>> Session::run_profiled() {
  std::vector<NodeTime> times;
  times.reserve(impl_->graph().nodes.size());
  auto last = std::chrono::steady_clock::now();
  OCTET_RETURN_IF_ERROR(impl_->executor.run([&](std::size_t step, const Node& node, std::span<const ConstView>, std::span<const View>) {
    const auto now = std::chrono::steady_clock::now();
    const bool is_int8 = node.inputs[0] != kNoTensor && impl_->graph().tensor(node.inputs[0]).type == DataType::kInt8;
    times.push_back({node.name, std::string(node.op->name), impl_->executor.kernel_name(step),
                     std::chrono::duration<double, std::milli>(now - last).count(), node_macs(impl_->graph(), node), is_int8});
    last = std::chrono::steady_clock::now();
  }));
  return times;
}

}  // namespace octet
