// SPDX-License-Identifier: Apache-2.0
#include "runtime/slice_placement.h"

#include <cstdint>
#include <limits>

namespace octet {
namespace {

// Kernels may count elements of an image in 32 bits, and those of a slice span the whole output.
constexpr std::size_t kMaxElementsOfBuffer = std::numeric_limits<std::int32_t>::max();

class Placer {
 public:
  Placer(const Graph& graph, std::span<const Operator* const> operators)
      : graph_(graph), operators_(operators), uses_(find_uses(graph)), slices_(graph.tensors.size()) {}

  // Readers before makers: where the output of an inner concatenation lies is known when its inputs are placed.
  std::vector<Slice> run() {
    for (std::size_t i = graph_.nodes.size(); i-- > 0;)
      if (operators_[i] != nullptr && operators_[i]->joins_slices()) place_inputs(graph_.nodes[i]);
    return std::move(slices_);
  }

 private:
  Slice& slice(TensorId id) { return slices_[static_cast<std::size_t>(id)]; }

  void place_inputs(const Node& concat) {
    const TensorId output = concat.outputs[0];
    const Tensor& dst = graph_.tensor(output);
    Slice next = slice(output);
    if (next.buffer == kNoTensor) next = {output, 0, static_cast<std::size_t>(dst.shape.back())};
    if (element_count(graph_.tensor(next.buffer)) > kMaxElementsOfBuffer) return;
    for (const TensorId input : concat.inputs) {
      if (can_be_slice(input)) slice(input) = next;
      next.offset += static_cast<std::size_t>(graph_.tensor(input).shape.back());
    }
  }

  bool can_be_slice(TensorId id) const {
    const std::int32_t maker = uses_.producer[static_cast<std::size_t>(id)];
    if (maker < 0 || uses_.single_consumer(id) < 0 || element_count(graph_.tensor(id)) == 0) return false;
    const Operator* const op = operators_[static_cast<std::size_t>(maker)];
    return op != nullptr && op->can_write_rows_apart() && graph_.nodes[static_cast<std::size_t>(maker)].outputs[0] == id;
  }

  const Graph& graph_;
  std::span<const Operator* const> operators_;
  Uses uses_;
  std::vector<Slice> slices_;
};

}  // namespace

std::vector<Slice> place_slices(const Graph& graph, std::span<const Operator* const> operators) {
  return Placer(graph, operators).run();
}

}  // namespace octet
