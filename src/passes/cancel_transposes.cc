// SPDX-License-Identifier: Apache-2.0
// Simplifies transposes:
//
//   x -> Transpose(p) -> Transpose(q) -> y     becomes     x -> Transpose(p o q) -> y
//   x -> Transpose(identity) -> y              becomes     x -> Identity -> y, which merge_reshapes removes
//   x -> Transpose -> y, where only dimensions of size 1 change places, becomes x -> Reshape -> y
//
// Numeric effect: none.
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/passes.h"

namespace octet {
namespace {

// No dimension changes its place.
bool is_identity(const std::vector<std::int64_t>& perm) {
  for (std::size_t d = 0; d < perm.size(); ++d)
    if (perm[d] != static_cast<std::int64_t>(d)) return false;
  return true;
}

// The order of the dimensions above 1 stays: the elements stay where they are.
bool keeps_element_order(const Shape& src, const std::vector<std::int64_t>& perm) {
  std::int64_t last = -1;
  for (const std::int64_t d : perm) {
    if (src[static_cast<std::size_t>(d)] == 1) continue;
    if (d < last) return false;
    last = d;
  }
  return true;
}

}  // namespace

Result<PassStats> cancel_transposes(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (!node.is(kTranspose)) continue;
    const std::int32_t before = uses.producer[static_cast<std::size_t>(node.inputs[0])];
    if (before >= 0 && graph.nodes[static_cast<std::size_t>(before)].is(kTranspose)) {
      const Node& first = graph.nodes[static_cast<std::size_t>(before)];
      const auto& inner = first.as<TransposeAttrs>().perm;
      for (std::int64_t& d : node.as<TransposeAttrs>().perm) d = inner[static_cast<std::size_t>(d)];
      node.inputs[0] = first.inputs[0];
      ++stats.changed;
    }
    const Shape& src = graph.tensor(node.inputs[0]).shape;
    const Shape& dst = graph.tensor(node.outputs[0]).shape;
    const auto& perm = node.as<TransposeAttrs>().perm;
    if (is_identity(perm) || (is_fixed(src) && src == dst && keeps_element_order(src, perm))) {
      node.op = &kIdentity;
      node.attrs = kIdentity.default_attrs();
    } else if (is_fixed(src) && keeps_element_order(src, perm)) {
      node.op = &kReshape;
      node.attrs = ReshapeAttrs{dst, false};
    } else {
      continue;
    }
    ++stats.changed;
  }
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
