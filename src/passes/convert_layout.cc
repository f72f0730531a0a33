// SPDX-License-Identifier: Apache-2.0
// Brings image operators from NCHW to NHWC, once for the whole graph.
//
//   x -> Conv(nchw) -> Relu -> Conv(nchw) -> y
//   becomes     x -> Transpose(0,2,3,1) -> Conv(nhwc) -> Relu -> Conv(nhwc) -> Transpose(0,3,1,2) -> y
//
// Every tensor exists in NCHW, in NHWC, or in both; the missing form is made by a transpose at the first node that needs
// it, so no pair of transposes ever cancels out. Operators that work on any layout (element by element, or along an axis
// that can be renumbered: layout_rules.h) are computed on NHWC as soon as one of their inputs exists in it. Weights are
// transposed here. Numeric effect: none.
#include <algorithm>

#include "ops/conv2d.h"
#include "ops/pool2d.h"
#include "ops/resize.h"
#include "ops/transpose.h"
#include "passes/layout_rules.h"
#include "passes/passes.h"

namespace octet {
namespace {

Shape permuted(const Shape& shape, const std::array<std::int64_t, 4>& perm) {
  return {shape[static_cast<std::size_t>(perm[0])], shape[static_cast<std::size_t>(perm[1])],
          shape[static_cast<std::size_t>(perm[2])], shape[static_cast<std::size_t>(perm[3])]};
}

Layout* layout_attribute(Node& node) {
  if (node.is(kConv2d)) return &node.as<Conv2dAttrs>().layout;
  if (node.is(kMaxPool2d) || node.is(kAvgPool2d)) return &node.as<Pool2dAttrs>().layout;
  if (node.is(kResize)) return &node.as<ResizeAttrs>().layout;
  return nullptr;
}

class LayoutConverter {
 public:
  explicit LayoutConverter(Graph& graph) : graph_(graph), uses_(find_uses(graph)), nodes_(std::move(graph.nodes)) {
    graph_.nodes.clear();
    has_nchw_.assign(graph_.tensors.size(), false);
    nhwc_.assign(graph_.tensors.size(), kNoTensor);
    for (const TensorId id : graph_.inputs) has_nchw_[static_cast<std::size_t>(id)] = true;
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i)
      if (graph_.tensors[i].is_constant) has_nchw_[i] = true;
  }

  Result<PassStats> run() {
    for (Node& node : nodes_) {
      Layout* layout = layout_attribute(node);
      if (layout != nullptr && *layout == Layout::kNchw) {
        OCTET_RETURN_IF_ERROR(convert_image_node(node, *layout));
      } else if (!convert_agnostic_node(node)) {
        keep_node(node);
      }
    }
    for (const TensorId id : graph_.outputs) make_nchw(id);
    remove_dead_code(graph_);
    return stats_;
  }

 private:
  Result<void> convert_image_node(Node& node, Layout& layout) {
    layout = Layout::kNhwc;
    node.inputs[0] = make_nhwc(node.inputs[0]);
    if (node.is(kConv2d)) {
      Tensor weights = graph_.tensor(node.inputs[1]);
      if (!weights.is_constant || weights.type != DataType::kFloat32) {
        return make_error(ErrorCode::kUnsupported, "node '{}' (conv2d): its weights are not a float32 constant", node.name);
      }
      // [K, C, kh, kw] -> [K, kh, kw, C]
      node.inputs[1] = replace_constant(graph_, uses_, node.inputs[1], transposed(weights, kNchwToNhwc));
      grow();
    }
    move_outputs_to_nhwc(node);
    ++stats_.changed;
    return {};
  }

  // Computes the node on NHWC if its rule allows and an input exists in NHWC already.
  bool convert_agnostic_node(Node& node) {
    const bool has_nhwc_input = std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
      return id != kNoTensor && nhwc_[static_cast<std::size_t>(id)] != kNoTensor;
    });
    if (!has_nhwc_input || !shapes_allow(node)) return false;
    const LayoutRule* rule = apply_layout_rule(node);
    if (rule == nullptr) return false;
    for (TensorId& id : node.inputs) {
      if (id == kNoTensor) continue;
      if (!graph_.tensor(id).is_constant) {
        id = make_nhwc(id);
      } else if (rule->permute_constants) {
        id = make_nhwc_constant(id);
      }
    }
    if (rule->drops_layout) {
      for (const TensorId id : node.outputs) has_nchw_[static_cast<std::size_t>(id)] = true;
      graph_.nodes.push_back(std::move(node));
    } else {
      move_outputs_to_nhwc(node);
    }
    ++stats_.changed;
    return true;
  }

  // Computed inputs must be images; constants may broadcast from fewer dimensions.
  bool shapes_allow(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
      if (id == kNoTensor) return true;
      const Tensor& tensor = graph_.tensor(id);
      return tensor.is_constant ? tensor.shape.size() <= 4 : tensor.shape.size() == 4;
    });
  }

  void keep_node(Node& node) {
    for (TensorId& id : node.inputs)
      if (id != kNoTensor) make_nchw(id);
    for (const TensorId id : node.outputs) has_nchw_[static_cast<std::size_t>(id)] = true;
    graph_.nodes.push_back(std::move(node));
  }

  void move_outputs_to_nhwc(Node& node) {
    for (TensorId& id : node.outputs) {
      const TensorId nchw = id;
      id = add_nhwc_tensor(nchw);
      nhwc_[static_cast<std::size_t>(nchw)] = id;
    }
    graph_.nodes.push_back(std::move(node));  // not add_node(): it has its name already
  }

  TensorId add_nhwc_tensor(TensorId nchw) {
    Tensor tensor;
    tensor.name = graph_.tensor(nchw).name + "_nhwc";
    tensor.type = graph_.tensor(nchw).type;
    tensor.shape = permuted(graph_.tensor(nchw).shape, kNchwToNhwc);
    tensor.quant = graph_.tensor(nchw).quant;
    if (tensor.quant && tensor.quant->axis >= 0)
      tensor.quant->axis = static_cast<int>(kNhwcToNchw[static_cast<std::size_t>(tensor.quant->axis)]);
    const TensorId id = graph_.add_tensor(std::move(tensor));
    grow();
    return id;
  }

  void grow() {
    has_nchw_.resize(graph_.tensors.size(), true);
    nhwc_.resize(graph_.tensors.size(), kNoTensor);
  }

  TensorId make_nhwc(TensorId nchw) {
    if (nhwc_[static_cast<std::size_t>(nchw)] == kNoTensor) {
      const TensorId id = add_nhwc_tensor(nchw);
      nhwc_[static_cast<std::size_t>(nchw)] = id;
      add_transpose(nchw, id, kNchwToNhwc);
    }
    return nhwc_[static_cast<std::size_t>(nchw)];
  }

  void make_nchw(TensorId id) {
    if (has_nchw_[static_cast<std::size_t>(id)]) return;
    has_nchw_[static_cast<std::size_t>(id)] = true;
    add_transpose(nhwc_[static_cast<std::size_t>(id)], id, kNhwcToNchw);
  }

  void add_transpose(TensorId src, TensorId dst, const std::array<std::int64_t, 4>& perm) {
    Node node;
    node.name = graph_.tensor(dst).name + "_transpose";
    node.op = &kTranspose;
    node.attrs = TransposeAttrs{{perm.begin(), perm.end()}};
    node.inputs = {src};
    node.outputs = {dst};
    graph_.add_node(std::move(node));
  }

  // A constant operand that broadcasts against images, with its dimensions in NHWC order.
  TensorId make_nhwc_constant(TensorId id) {
    Tensor constant = graph_.tensor(id);
    if (constant.shape.empty() || num_elements(constant.shape) == 1) return id;
    constant.shape.insert(constant.shape.begin(), 4 - constant.shape.size(), 1);
    const TensorId made = graph_.add_tensor(transposed(constant, kNchwToNhwc));
    grow();
    return made;
  }

  Graph& graph_;
  const Uses uses_;          // of the graph as it was
  std::vector<Node> nodes_;          // still to be looked at
  std::vector<bool> has_nchw_;       // by TensorId: exists as the source model has it
  std::vector<TensorId> nhwc_;       // by TensorId: the same values in NHWC
  PassStats stats_;
};

}  // namespace

Result<PassStats> convert_layout(Graph& graph) { return LayoutConverter(graph).run(); }

}  // namespace octet
