// SPDX-License-Identifier: Apache-2.0
// Session::kernels(): what `octet inspect --kernels` shows.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/session_impl.h"
#include "base/cpu_features.h"
#include "octet/model.h"

namespace octet {
namespace {

std::string describe(const Graph& graph, TensorId id) {
  if (id == kNoTensor) return {};
  const Tensor& tensor = graph.tensor(id);
  return fmt::format("{} [{}]", data_type_name(tensor.type), fmt::join(tensor.shape, ", "));
}

// Names of kernels end with "__" and their tier.
std::string why(std::string_view kernel) {
  if (kernel == "view") return "the output is the input's memory";
  if (kernel == "slices") return "its inputs were written into the output";
  if (kernel == "dynamic") return "its shapes depend on values: one element after the other";
  if (kernel == "reference") return "no kernel takes these types and attributes: one element after the other";
  const std::size_t tier = kernel.rfind("__");
  const std::string_view best = isa_name(cpu_features().best());
  if (tier == std::string_view::npos || kernel.substr(tier + 2) == best)
    return fmt::format("the best tier of this machine, {}", best);
  return fmt::format("this family has no kernel for {}", best);
}

}  // namespace

std::vector<KernelChoice> Session::kernels() const {
  std::vector<KernelChoice> choices;
  const Graph& graph = impl_->graph();
  const auto& steps = impl_->executor.plan().steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Node& node = graph.nodes[steps[i].node];
    const char* kernel = impl_->executor.kernel_name(i);
    choices.push_back({node.name, std::string(node.op->name), describe(graph, node.inputs[0]),
                       describe(graph, node.outputs[0]), kernel, why(kernel)});
  }
  return choices;
}

}  // namespace octet
