// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/computed_shapes.h"

#include <algorithm>

#include "ops/concat.h"
#include "ops/dynamic.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"

namespace octet {
namespace {

// The integers hold no 0: they are sizes of tensors, which have elements when a model runs, or constants.
bool has_no_zero(const Graph& graph, const Uses& uses, TensorId id) {
  if (graph.tensor(id).is_constant) {
    const auto values = integer_values(graph.tensor(id));
    return values.ok() && std::find(values->begin(), values->end(), 0) == values->end();
  }
  const std::int32_t producer = uses.producer[static_cast<std::size_t>(id)];
  if (producer < 0) return false;
  const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
  if (node.is(kShapeOf)) return true;
  const bool moves_first_input = keeps_elements(*node.op) || node.is(kSlice) || node.is(kGather) || node.is(kCast);
  if (moves_first_input) return has_no_zero(graph, uses, node.inputs[0]);
  return node.is(kConcat) &&
         std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId input) { return has_no_zero(graph, uses, input); });
}

// The node at `index` becomes a slice of all of the shape, which a node before it makes.
void split_shape_of(Graph& graph, std::size_t index) {
  const auto attrs = graph.nodes[index].as<ShapeOfAttrs>();
  const auto rank = static_cast<std::int64_t>(graph.tensor(graph.nodes[index].inputs[0]).shape.size());
  if (attrs.start == 0 && attrs.end >= rank) return;
  Node whole = graph.nodes[index];
  Tensor sizes;
  sizes.name = whole.name + "/sizes";
  sizes.type = graph.tensor(whole.outputs[0]).type;
  sizes.shape = {rank};
  whole.name = sizes.name;
  whole.attrs = ShapeOfAttrs{};
  whole.outputs = {graph.add_tensor(std::move(sizes))};
  Node& part = graph.nodes[index];
  part.op = &kSlice;
  part.attrs = SliceAttrs{.starts = {attrs.start}, .ends = {std::min(attrs.end, rank)}, .axes = {0}, .steps = {1}};
  part.inputs = whole.outputs;
  graph.insert_node(index, std::move(whole));
}

}  // namespace

void simplify_computed_shapes(Graph& graph) {
  const Uses uses = find_uses(graph);
  for (Node& node : graph.nodes) {
    if (!node.is(kDynamicReshape) || !has_no_zero(graph, uses, node.inputs[1])) continue;
    node.as<ReshapeAttrs>().allow_zero = false;
  }
  for (std::size_t i = graph.nodes.size(); i-- > 0;)
    if (graph.nodes[i].is(kShapeOf)) split_shape_of(graph, i);
}

}  // namespace octet
