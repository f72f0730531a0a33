// SPDX-License-Identifier: Apache-2.0
// An average that counts its padding becomes a pad and an average without padding: what formats and targets without
// such an average can express, and what int8 pads and pools compute.
//
//   x -> AvgPool(pads, count_include_pad) -> y     becomes     x -> Pad(pads, 0) -> AvgPool -> y
//
// Left alone (PassStats::skipped): same_ padding, whose size depends on the image, and sizes rounded up where the last window
// would start in the padding: the padded image is one in which it does not.
// Numeric effect: none.
#include <algorithm>

#include "ops/pad.h"
#include "ops/pool2d.h"
#include "passes/passes.h"

namespace octet {
namespace {

// Zeros around the image: [top, bottom, left, right] in the form of pad's attributes.
PadAttrs spatial_pad(const std::array<std::int64_t, 4>& pads, Layout layout) {
  const ImageAxes axes = image_axes(layout);
  PadAttrs pad;
  pad.pads.assign(8, 0);
  pad.pads[axes.h] = pads[0];
  pad.pads[axes.h + 4] = pads[1];
  pad.pads[axes.w] = pads[2];
  pad.pads[axes.w + 4] = pads[3];
  return pad;
}

// Whether the pool has as many outputs on an image that is padded as on one that it pads.
bool keeps_outputs(const Pool2dAttrs& attrs, const Shape& src) {
  if (!attrs.ceil_mode || attrs.global) return true;
  if (!is_fixed(src)) return false;
  const Window2d window = pool2d_window(attrs, src);
  Pool2dAttrs plain = attrs;
  plain.pads = {0, 0, 0, 0};
  const ImageAxes axes = image_axes(attrs.layout);
  Shape padded = src;
  padded[axes.h] += attrs.pads[0] + attrs.pads[1];
  padded[axes.w] += attrs.pads[2] + attrs.pads[3];
  const Window2d after = pool2d_window(plain, padded);
  return window.h.output_size == after.h.output_size && window.w.output_size == after.w.output_size;
}

}  // namespace

Result<PassStats> expose_counted_padding(Graph& graph) {
  PassStats stats;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].is(kAvgPool2d) || !graph.nodes[i].as<Pool2dAttrs>().count_include_pad) continue;
    auto& attrs = graph.nodes[i].as<Pool2dAttrs>();
    const bool is_same = attrs.pad_mode != PadMode::kExplicit && !attrs.global;
    if (is_same || !keeps_outputs(attrs, graph.tensor(graph.nodes[i].inputs[0]).shape)) {
      ++stats.skipped;
      continue;
    }
    ++stats.changed;
    attrs.count_include_pad = false;
    const auto pads = std::exchange(attrs.pads, {0, 0, 0, 0});
    if (attrs.global || std::all_of(pads.begin(), pads.end(), [](std::int64_t p) { return p == 0; })) continue;
    const TensorId src = graph.nodes[i].inputs[0];
    Tensor padded;
    padded.name = graph.tensor(src).name + "_padded";
    padded.type = graph.tensor(src).type;
    padded.quant = graph.tensor(src).quant;
    Node pad;
    pad.name = graph.nodes[i].name + "_pad";
    pad.op = &kPad;
    pad.attrs = spatial_pad(pads, attrs.layout);
    pad.inputs = {src};
    pad.outputs = {graph.add_tensor(std::move(padded))};
    graph.nodes[i].inputs[0] = pad.outputs[0];
    graph.insert_node(i, std::move(pad));
    ++i;
  }
  OCTET_RETURN_IF_ERROR(infer_shapes(graph));
  return stats;
}

}  // namespace octet
