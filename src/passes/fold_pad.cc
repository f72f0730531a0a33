// SPDX-License-Identifier: Apache-2.0
// Folds a pad with zeros into the convolution that reads it.
//
//   x -> Pad(top, bottom, left, right, 0) -> Conv(pads) -> y     becomes     x -> Conv(pads + ...) -> y
//
// Left alone (PassStats::skipped): pads of other values or dimensions, cropping, other readers, same_ padding.
// Numeric effect: none.
#include <algorithm>

#include "ops/conv2d.h"
#include "ops/pad.h"
#include "passes/passes.h"

namespace octet {
namespace {

// Adds the spatial pads to `pads` if the pad node has no others. Returns whether it did.
bool add_spatial_pads(const PadAttrs& pad, Layout layout, std::array<std::int64_t, 4>& pads) {
  if (pad.mode != PadKind::kConstant || pad.value != 0.0f || pad.pads.size() != 8) return false;
  if (std::any_of(pad.pads.begin(), pad.pads.end(), [](std::int64_t p) { return p < 0; })) return false;
  const ImageAxes axes = image_axes(layout);
  for (std::size_t d = 0; d < 4; ++d)
    if (d != axes.h && d != axes.w && (pad.pads[d] != 0 || pad.pads[d + 4] != 0)) return false;
  pads[0] += pad.pads[axes.h];
  pads[1] += pad.pads[axes.h + 4];
  pads[2] += pad.pads[axes.w];
  pads[3] += pad.pads[axes.w + 4];
  return true;
}

bool fold_into(Node& reader, const PadAttrs& pad) {
  if (!reader.is(kConv2d)) return false;
  auto& attrs = reader.as<Conv2dAttrs>();
  return attrs.pad_mode == PadMode::kExplicit && add_spatial_pads(pad, attrs.layout, attrs.pads);
}

}  // namespace

Result<PassStats> fold_pad(Graph& graph) {
  PassStats stats;
  const Uses uses = find_uses(graph);
  for (Node& reader : graph.nodes) {
    const std::int32_t index = reader.inputs.empty() || reader.inputs[0] == kNoTensor
                                   ? -1
                                   : uses.producer[static_cast<std::size_t>(reader.inputs[0])];
    if (index < 0) continue;
    const Node& pad = graph.nodes[static_cast<std::size_t>(index)];
    if (!pad.is(kPad)) continue;
    if (uses.single_consumer(pad.outputs[0]) < 0 || !fold_into(reader, pad.as<PadAttrs>())) {
      ++stats.skipped;
      continue;
    }
    reader.inputs[0] = pad.inputs[0];
    reader.absorbed.push_back(pad.name);
    ++stats.changed;
  }
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
