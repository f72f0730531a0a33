// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/runtime_support.h"

#include "ops/binary.h"
#include "ops/conv2d.h"
#include "ops/resize.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {
namespace {

constexpr const char* kNoKernel = "has no int8 kernel there: the file does not load (\"FindBackendKernel return nullptr\")";

const Op* const kWithoutInt8Kernel[] = {
    &kClip, &kElu, &kErf, &kExp, &kGelu, &kHardSigmoid, &kLogSoftmax, &kMaximum, &kMinimum, &kNeg, &kPrelu, &kSilu, &kSoftplus,
};

std::string gap_of(const Graph& graph, const Node& node) {
  for (const Op* op : kWithoutInt8Kernel)
    if (node.is(*op)) return kNoKernel;
  const Tensor& src = graph.tensor(node.inputs[0]);
  if (node.is(kConv2d)) {
    const Shape& weights = graph.tensor(node.inputs[1]).shape;
    const std::int64_t group = node.as<Conv2dAttrs>().group;
    const bool plain_depthwise = group == src.shape[3] && weights[0] == group;
    if (group > 1 && !plain_depthwise && graph.tensor(node.inputs[1]).quant->per_channel())
      return "grouped convolution takes one weight scale there (per_channel=false): the file does not load";
  }
  if (node.is(kLeakyRelu) && src.quant->zero_point[0] != 0) return "is computed wrongly there unless its input's zero point is 0";
  if (node.is(kResize) && node.as<ResizeAttrs>().coordinate_mode != CoordinateMode::kAsymmetric &&
      node.as<ResizeAttrs>().coordinate_mode != CoordinateMode::kAlignCorners)
    return "half_pixel is computed as asymmetric there";
  if (node.is(kResize) && node.as<ResizeAttrs>().mode == ResizeMode::kCubic) return kNoKernel;
  return "";
}

}  // namespace

std::vector<RuntimeGap> find_mindspore_gaps(const Graph& graph) {
  std::vector<RuntimeGap> gaps;
  for (const Node& node : graph.nodes) {
    const Tensor& output = graph.tensor(node.outputs[0]);
    if (output.type != DataType::kInt8 || node.inputs.empty() || !graph.tensor(node.inputs[0]).quant) continue;
    std::string reason = gap_of(graph, node);
    if (!reason.empty()) gaps.push_back({node.name, std::string(node.op->name), std::move(reason)});
  }
  return gaps;
}

}  // namespace octet
