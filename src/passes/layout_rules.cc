// SPDX-License-Identifier: Apache-2.0
#include "passes/layout_rules.h"

#include <algorithm>
#include <cstring>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/unary.h"
#include "ops/window.h"

namespace octet {
namespace {

std::int64_t moved_axis(std::int64_t axis, const LayoutChange& change) {
  return change.inverse[static_cast<std::size_t>(axis < 0 ? axis + 4 : axis)];
}

bool as_is(Node&, const LayoutChange&) { return true; }

template <typename A>
bool renumber_axis(Node& node, const LayoutChange& change) {
  auto& axis = node.as<A>().axis;
  axis = moved_axis(axis, change);
  return true;
}

bool renumber_slice(Node& node, const LayoutChange& change) {
  for (std::int64_t& axis : node.as<SliceAttrs>().axes) axis = moved_axis(axis, change);
  return true;
}

bool renumber_pad(Node& node, const LayoutChange& change) {
  auto& pads = node.as<PadAttrs>().pads;
  const std::vector<std::int64_t> old = pads;
  for (std::size_t d = 0; d < 4; ++d) {
    const auto moved = static_cast<std::size_t>(change.inverse[d]);
    pads[moved] = old[d];
    pads[moved + 4] = old[d + 4];
  }
  return true;
}

bool renumber_reduce(Node& node, const LayoutChange& change) {
  auto& attrs = node.as<ReduceAttrs>();
  if (!attrs.keep_dims) return false;
  for (std::int64_t& axis : attrs.axes) axis = moved_axis(axis, change);
  return true;
}

// Without keep_dims only a reduction over both spatial dimensions gives the same [N, C] in both layouts.
bool renumber_spatial_reduce(Node& node, const LayoutChange& change) {
  auto& attrs = node.as<ReduceAttrs>();
  std::vector<std::int64_t> axes;
  for (const std::int64_t axis : attrs.axes) axes.push_back(moved_axis(axis, change));
  std::sort(axes.begin(), axes.end());
  const ImageAxes image = image_axes(change.to);
  if (attrs.keep_dims || axes != std::vector{static_cast<std::int64_t>(image.h), static_cast<std::int64_t>(image.w)}) return false;
  attrs.axes = std::move(axes);
  return true;
}

const LayoutRule kRules[] = {
    {&kAdd, as_is, true},       {&kSub, as_is, true},          {&kMul, as_is, true},
    {&kDiv, as_is, true},       {&kMinimum, as_is, true},      {&kMaximum, as_is, true},
    {&kPow, as_is, true},       {&kPrelu, as_is, true},
    {&kConcat, renumber_axis<ConcatAttrs>, true},
    {&kSplit, renumber_axis<SplitAttrs>},
    {&kSoftmax, renumber_axis<SoftmaxAttrs>},
    {&kLogSoftmax, renumber_axis<SoftmaxAttrs>},
    {&kBatchNorm, renumber_axis<BatchNormAttrs>},
    {&kScale, renumber_axis<ScaleAttrs>},
    {&kLrn, renumber_axis<LrnAttrs>},
    {&kSlice, renumber_slice},
    {&kPad, renumber_pad},
    {&kReduceMean, renumber_reduce},
    {&kReduceMean, renumber_spatial_reduce, false, true},
    {&kIdentity, as_is},
    {&kDropout, as_is},
    {&kQuantize, as_is},
    {&kDequantize, as_is},
};
const LayoutRule kUnaryRule = {nullptr, as_is};

}  // namespace

const LayoutRule* apply_layout_rule(Node& node, const LayoutChange& change) {
  if (is_unary(*node.op)) return &kUnaryRule;
  for (const LayoutRule& rule : kRules)
    if (rule.op == node.op && rule.renumber(node, change)) return &rule;
  return nullptr;
}

}  // namespace octet
