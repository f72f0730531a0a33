// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/op_rules.h"

#include "base/infinity.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/pool2d.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace octet {
namespace {

// With these ends the scales are 1/256 and 1/128, zero points -128 and 0: what MindSpore Lite's and TFLite's kernels demand.
constexpr float kAlmostOne = 255.0f / 256.0f;
constexpr float kAlmostOneSigned = 127.0f / 128.0f;

const OpRule kRules[] = {
    {&kConv2d, RangeRule::kObserved},
    {&kFullyConnected, RangeRule::kObserved},
    {&kMatmul, RangeRule::kObserved},
    {&kAdd, RangeRule::kObserved},
    {&kSub, RangeRule::kObserved},
    {&kMul, RangeRule::kObserved},
    {&kMinimum, RangeRule::kObserved},
    {&kMaximum, RangeRule::kObserved},
    {&kScale, RangeRule::kObserved},
    {&kConcat, RangeRule::kShared},
    {&kSplit, RangeRule::kSameAsInput},
    {&kSlice, RangeRule::kSameAsInput},
    {&kPad, RangeRule::kSameAsInput},
    {&kReshape, RangeRule::kSameAsInput},
    {&kFlatten, RangeRule::kSameAsInput},
    {&kSqueeze, RangeRule::kSameAsInput},
    {&kUnsqueeze, RangeRule::kSameAsInput},
    {&kIdentity, RangeRule::kSameAsInput},
    {&kDropout, RangeRule::kSameAsInput},
    {&kTranspose, RangeRule::kSameAsInput},
    {&kMaxPool2d, RangeRule::kSameAsInput},
    {&kAvgPool2d, RangeRule::kSameAsInput},  // a global one: see range_rule()
    {&kReduceMean, RangeRule::kObserved},
    {&kResize, RangeRule::kSameAsInput},
    {&kRelu, RangeRule::kObserved},
    {&kRelu6, RangeRule::kObserved},
    {&kClip, RangeRule::kObserved},
    {&kLeakyRelu, RangeRule::kObserved},
    {&kElu, RangeRule::kObserved},
    {&kHardSwish, RangeRule::kObserved},
    {&kSilu, RangeRule::kObserved},
    {&kGelu, RangeRule::kObserved},
    {&kAbs, RangeRule::kObserved},
    {&kNeg, RangeRule::kObserved},
    {&kExp, RangeRule::kObserved},
    {&kSqrt, RangeRule::kObserved},
    {&kSoftplus, RangeRule::kObserved},
    {&kErf, RangeRule::kFixed, -1.0f, kAlmostOneSigned},
    {&kTanh, RangeRule::kFixed, -1.0f, kAlmostOneSigned},
    {&kSigmoid, RangeRule::kFixed, 0.0f, kAlmostOne},
    {&kHardSigmoid, RangeRule::kFixed, 0.0f, kAlmostOne},
    {&kSoftmax, RangeRule::kFixed, 0.0f, kAlmostOne},
};

// The fused activation of an operator whose attributes have one.
template <typename A>
OutputBounds fused_bounds(const Node& node) {
  const ActivationBounds bounds = activation_bounds(node.as<A>().activation);
  return {bounds.lo, bounds.hi};
}

struct BoundsRule {
  const Op* op;
  OutputBounds (*bounds)(const Node&);
};

const BoundsRule kBoundsRules[] = {
    {&kConv2d, fused_bounds<Conv2dAttrs>},
    {&kFullyConnected, fused_bounds<FullyConnectedAttrs>},
    {&kMatmul, fused_bounds<MatmulAttrs>},
    {&kAdd, fused_bounds<BinaryAttrs>},
    {&kSub, fused_bounds<BinaryAttrs>},
    {&kMul, fused_bounds<BinaryAttrs>},
    {&kMinimum, fused_bounds<BinaryAttrs>},
    {&kMaximum, fused_bounds<BinaryAttrs>},
    {&kScale, fused_bounds<ScaleAttrs>},
    {&kAvgPool2d, fused_bounds<Pool2dAttrs>},
    {&kRelu, [](const Node&) { return OutputBounds{0.0f, kInfinity}; }},
    {&kRelu6, [](const Node&) { return OutputBounds{0.0f, 6.0f}; }},
    {&kAbs, [](const Node&) { return OutputBounds{0.0f, kInfinity}; }},
    {&kExp, [](const Node&) { return OutputBounds{0.0f, kInfinity}; }},
    {&kSqrt, [](const Node&) { return OutputBounds{0.0f, kInfinity}; }},
    {&kClip, [](const Node& node) { return OutputBounds{node.as<ClipAttrs>().min, node.as<ClipAttrs>().max}; }},
};

}  // namespace

const OpRule* find_op_rule(const Op& op) {
  for (const OpRule& rule : kRules)
    if (rule.op == &op) return &rule;
  return nullptr;
}

RangeRule range_rule(const OpRule& rule, const Node& node) {
  // MindSpore Lite's int8 average pool wraps around when its parameters differ. The mean over a whole image is stored as a
  // reduction, which takes any, and gains from a range of its own: means spread less than what they average.
  if (node.is(kAvgPool2d) && node.as<Pool2dAttrs>().global) return RangeRule::kObserved;
  return rule.rule;
}

OutputBounds output_bounds(const Node& node) {
  for (const BoundsRule& rule : kBoundsRules)
    if (node.is(*rule.op)) return rule.bounds(node);
  return {-kInfinity, kInfinity};
}

bool has_weights(const Node& node) { return node.is(kConv2d) || node.is(kFullyConnected); }

bool is_fully_connected(const Graph& graph, const Node& node) {
  if (node.is(kFullyConnected)) return true;
  if (!node.is(kConv2d) || node.as<Conv2dAttrs>().group != 1 || node.as<Conv2dAttrs>().layout != Layout::kNhwc) return false;
  const auto is_pixel = [&](TensorId id) {
    const Shape& shape = graph.tensor(id).shape;
    return shape[1] == 1 && shape[2] == 1;
  };
  return is_pixel(node.inputs[0]) && is_pixel(node.inputs[1]) && is_pixel(node.outputs[0]);
}

Activation layer_activation(const Node& node) {
  return node.is(kConv2d) ? node.as<Conv2dAttrs>().activation : node.as<FullyConnectedAttrs>().activation;
}

}  // namespace octet
