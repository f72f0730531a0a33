// SPDX-License-Identifier: Apache-2.0
// Convolutions over one dimension are those of images of height 1, between an unsqueeze and a squeeze. What works
// element by element or on channels between two of them works on the images, too:
//
//   x -> Conv2d -> Squeeze -> Relu -> Unsqueeze -> Conv2d -> y     becomes     x -> Conv2d -> Relu -> Conv2d -> y
//
// A squeeze of the height moves behind such operators, where it meets the unsqueeze of the next convolution, and both
// go. So the convolutions take in what follows them, and no transposes lie between them in NHWC. Numeric effect: none.
// Must run before batch norms and scales are folded and the layout is converted. Left alone: other types than f32, and
// operators that read anything but squeezed images and constants.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/normalization.h"
#include "ops/pool2d.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/unary.h"
#include "passes/passes.h"

namespace octet {
namespace {

constexpr std::int64_t kHeight = 2;  // of [N, C, H, W]

bool is_image_node(const Node& node) {
  if (node.is(kResize)) return node.as<ResizeAttrs>().layout == Layout::kNchw;
  if (node.is(kConv2d)) return node.as<Conv2dAttrs>().layout == Layout::kNchw;
  return (node.is(kMaxPool2d) || node.is(kAvgPool2d)) && node.as<Pool2dAttrs>().layout == Layout::kNchw;
}

bool is_of_height(const Node& node, const Op& op) {
  return node.is(op) && node.as<SqueezeAttrs>().axes == std::vector<std::int64_t>{kHeight};
}

bool is_elementwise(const Node& node) {
  static constexpr const Op* kOps[] = {&kAdd, &kSub, &kMul, &kDiv, &kMinimum, &kMaximum, &kPow, &kPrelu};
  return is_unary(*node.op) || std::find(std::begin(kOps), std::end(kOps), node.op) != std::end(kOps);
}

bool works_on_channels(const Node& node) {
  if (node.is(kBatchNorm)) return node.as<BatchNormAttrs>().axis == 1;
  if (node.is(kScale)) return node.as<ScaleAttrs>().axis == 1;
  if (node.is(kSlice)) return node.as<SliceAttrs>().axes == std::vector<std::int64_t>{1};
  return node.is(kConcat) && node.as<ConcatAttrs>().axis == 1;
}

class SqueezeSinker {
 public:
  explicit SqueezeSinker(Graph& graph) : graph_(graph) {}

  PassStats run() {
    std::vector<Node> nodes = std::move(graph_.nodes);
    graph_.nodes.clear();
    for (Node& node : nodes) {
      for (TensorId& id : node.inputs)
        if (const auto found = replaced_.find(id); found != replaced_.end()) id = found->second;
      place(std::move(node));
    }
    remove_dead_code(graph_);
    return stats_;
  }

 private:
  void place(Node node) {
    if (is_of_height(node, kSqueeze) && images_.contains(node.inputs[0])) {
      squeezed_[node.outputs[0]] = node.inputs[0];
    } else if (is_of_height(node, kUnsqueeze) && squeezed_.contains(node.inputs[0]) && !is_output(node.outputs[0])) {
      replaced_[node.outputs[0]] = squeezed_[node.inputs[0]];
      ++stats_.changed;
      return;
    } else if (can_lift(node)) {
      return lift(std::move(node));
    }
    if (is_image_node(node)) images_.insert(node.outputs.begin(), node.outputs.end());
    graph_.nodes.push_back(std::move(node));
  }

  bool is_output(TensorId id) const {
    return std::find(graph_.outputs.begin(), graph_.outputs.end(), id) != graph_.outputs.end();
  }

  bool can_lift(const Node& node) const {
    if (!is_elementwise(node) && !works_on_channels(node)) return false;
    const auto fits = [&](TensorId id) {
      if (id == kNoTensor) return true;
      const Tensor& tensor = graph_.tensor(id);
      return tensor.is_constant ? tensor.shape.size() <= 3 && !node.is(kConcat) : squeezed_.contains(id);
    };
    const bool has_image =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) { return squeezed_.contains(id); });
    const Tensor& dst = graph_.tensor(node.outputs[0]);
    return has_image && node.outputs.size() == 1 && dst.type == DataType::kFloat32 && dst.shape.size() == 3 &&
           std::all_of(node.inputs.begin(), node.inputs.end(), fits);
  }

  // The node on images; a squeeze makes what it made before.
  void lift(Node node) {
    const bool broadcasts = is_elementwise(node);
    for (TensorId& id : node.inputs) {
      if (id == kNoTensor) continue;
      if (!graph_.tensor(id).is_constant)
        id = squeezed_[id];
      else if (broadcasts && graph_.tensor(id).shape.size() > 1)
        id = with_height(id);
    }
    const TensorId line = node.outputs[0];
    Tensor image = graph_.tensor(line);
    image.name += "_image";
    image.shape.insert(image.shape.begin() + kHeight, 1);
    node.outputs[0] = graph_.add_tensor(std::move(image));
    images_.insert(node.outputs[0]);
    squeezed_[line] = node.outputs[0];
    Node squeeze;
    squeeze.name = node.name + "_squeeze";
    squeeze.op = &kSqueeze;
    squeeze.attrs = SqueezeAttrs{{kHeight}};
    squeeze.inputs = {node.outputs[0]};
    squeeze.outputs = {line};
    graph_.add_node(std::move(node));
    graph_.add_node(std::move(squeeze));
    ++stats_.changed;
  }

  // A constant [.., K, L] that broadcasts against lines as [.., K, 1, L], which does against images.
  TensorId with_height(TensorId id) {
    const auto [entry, is_new] = constants_.try_emplace(id, kNoTensor);
    if (is_new) {
      Tensor constant = graph_.tensor(id);
      constant.name += "_image";
      constant.shape.insert(constant.shape.end() - 1, 1);
      entry->second = graph_.add_tensor(std::move(constant));
    }
    return entry->second;
  }

  Graph& graph_;
  PassStats stats_;
  std::set<TensorId> images_;                        // made by image operators, or in place of lines
  std::unordered_map<TensorId, TensorId> squeezed_;  // lines: the images that they come from
  std::unordered_map<TensorId, TensorId> replaced_;  // images that an unsqueeze made of lines
  std::unordered_map<TensorId, TensorId> constants_;
};

}  // namespace

Result<PassStats> sink_squeezes(Graph& graph) { return SqueezeSinker(graph).run(); }

}  // namespace octet
