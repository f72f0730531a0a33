// SPDX-License-Identifier: Apache-2.0
// convert_layout brings image operators from NCHW to NHWC, once for the whole graph; convert_layout_to_nchw is the same the
// other way round, for files of formats whose images are NCHW.
//
//   x -> Conv(nchw) -> Relu -> Conv(nchw) -> y
//   becomes     x -> Transpose(0,2,3,1) -> Conv(nhwc) -> Relu -> Conv(nhwc) -> Transpose(0,3,1,2) -> y
//
// Every tensor exists in the layout of the source, in the wanted one, or in both; the missing form is made by a transpose at
// the first node that needs it, so no pair of transposes ever cancels out. Operators that work on any layout (element by
// element, or along an axis that can be renumbered: layout_rules.h) are computed in the wanted layout as soon as one of their
// inputs exists in it. Weights are transposed here, also those behind a dequantize node. Numeric effect: none.
#include <algorithm>

#include "ops/conv2d.h"
#include "ops/permuted_constant.h"
#include "ops/pool2d.h"
#include "ops/resize.h"
#include "ops/stored_weights.h"
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
  LayoutConverter(Graph& graph, const LayoutChange& change)
      : graph_(graph), change_(change), uses_(find_uses(graph)), nodes_(std::move(graph.nodes)) {
    graph_.nodes.clear();
    has_source_.assign(graph_.tensors.size(), false);
    wanted_.assign(graph_.tensors.size(), kNoTensor);
    for (const TensorId id : graph_.inputs) has_source_[static_cast<std::size_t>(id)] = true;
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i)
      if (graph_.tensors[i].is_constant) has_source_[i] = true;
  }

  Result<PassStats> run() {
    for (Node& node : nodes_) {
      Layout* layout = layout_attribute(node);
      if (layout != nullptr && *layout == change_.from) {
        OCTET_RETURN_IF_ERROR(convert_image_node(node, *layout));
      } else if (!convert_agnostic_node(node)) {
        keep_node(node);
      }
    }
    for (const TensorId id : graph_.outputs) make_source(id);
    remove_dead_code(graph_);
    return stats_;
  }

 private:
  Result<void> convert_image_node(Node& node, Layout& layout) {
    layout = change_.to;
    node.inputs[0] = make_wanted(node.inputs[0]);
    if (node.is(kConv2d)) {
      OCTET_RETURN_IF_ERROR(transpose_weights(node));
    }
    move_outputs(node);
    ++stats_.changed;
    return {};
  }

  // [K, C, kh, kw] -> [K, kh, kw, C], or back. Integer weights of a layer that computes in float are behind a node that
  // dequantizes them.
  Result<void> transpose_weights(Node& conv) {
    const TensorId weights = conv.inputs[1];
    if (graph_.tensor(weights).is_constant) {
      conv.inputs[1] = replace_constant(graph_, uses_, weights, permuted_constant(graph_.tensor(weights), change_.perm));
      grow();
      return {};
    }
    const auto stored = std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) { return node.outputs[0] == weights; });
    if (stored == graph_.nodes.end() || !dequantizes_weights(graph_, *stored) || uses_.single_consumer(weights) < 0)
      return make_error(ErrorCode::kUnsupported, "node '{}' (conv2d): its weights are not constant", conv.name);
    stored->inputs[0] = replace_constant(graph_, uses_, stored->inputs[0], permuted_constant(graph_.tensor(stored->inputs[0]), change_.perm));
    graph_.tensor(weights).shape = graph_.tensor(stored->inputs[0]).shape;
    grow();
    return {};
  }

  // Computes the node in the wanted layout if its rule allows and an input exists in it already.
  bool convert_agnostic_node(Node& node) {
    const bool has_wanted_input = std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
      return id != kNoTensor && wanted_[static_cast<std::size_t>(id)] != kNoTensor;
    });
    if (!has_wanted_input || !shapes_allow(node)) return false;
    const LayoutRule* rule = apply_layout_rule(node, change_);
    if (rule == nullptr) return false;
    for (TensorId& id : node.inputs) {
      if (id == kNoTensor) continue;
      if (!graph_.tensor(id).is_constant) {
        id = make_wanted(id);
      } else if (rule->permute_constants) {
        id = make_wanted_constant(id);
      }
    }
    if (rule->drops_layout) {
      for (const TensorId id : node.outputs) has_source_[static_cast<std::size_t>(id)] = true;
      graph_.nodes.push_back(std::move(node));
    } else {
      move_outputs(node);
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
      if (id != kNoTensor) make_source(id);
    for (const TensorId id : node.outputs) has_source_[static_cast<std::size_t>(id)] = true;
    graph_.nodes.push_back(std::move(node));
  }

  void move_outputs(Node& node) {
    for (TensorId& id : node.outputs) {
      const TensorId source = id;
      id = add_wanted_tensor(source);
      wanted_[static_cast<std::size_t>(source)] = id;
    }
    graph_.nodes.push_back(std::move(node));  // not add_node(): it has its name already
  }

  TensorId add_wanted_tensor(TensorId source) {
    Tensor tensor;
    const std::string name = wanted_name(graph_.tensor(source).name);
    tensor.name = name;
    tensor.type = graph_.tensor(source).type;
    tensor.shape = permuted(graph_.tensor(source).shape, change_.perm);
    tensor.quant = graph_.tensor(source).quant;
    if (tensor.quant && tensor.quant->axis >= 0)
      tensor.quant->axis = static_cast<int>(change_.inverse[static_cast<std::size_t>(tensor.quant->axis)]);
    const TensorId id = graph_.add_tensor(std::move(tensor));
    take_free_name(id, name);
    grow();
    return id;
  }

  // The graph keeps names of tensors that are gone for taken. (Of others there are few: the search is no concern.)
  void take_free_name(TensorId id, const std::string& name) {
    if (find_tensor(graph_, name) == kNoTensor) graph_.tensor(id).name = name;
  }

  // On the way back a tensor gets the name again that it had before.
  std::string wanted_name(const std::string& source) const {
    constexpr std::string_view kSuffix = "_nhwc";
    if (change_.to == Layout::kNhwc) return source + std::string(kSuffix);
    return source.ends_with(kSuffix) ? source.substr(0, source.size() - kSuffix.size()) : source + "_nchw";
  }

  void grow() {
    has_source_.resize(graph_.tensors.size(), true);
    wanted_.resize(graph_.tensors.size(), kNoTensor);
  }

  TensorId make_wanted(TensorId source) {
    if (wanted_[static_cast<std::size_t>(source)] == kNoTensor) {
      const TensorId id = add_wanted_tensor(source);
      wanted_[static_cast<std::size_t>(source)] = id;
      add_transpose(source, id, change_.perm);
    }
    return wanted_[static_cast<std::size_t>(source)];
  }

  void make_source(TensorId id) {
    if (has_source_[static_cast<std::size_t>(id)]) return;
    has_source_[static_cast<std::size_t>(id)] = true;
    add_transpose(wanted_[static_cast<std::size_t>(id)], id, change_.inverse);
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

  // A constant operand that broadcasts against images, with its dimensions in the wanted order.
  TensorId make_wanted_constant(TensorId id) {
    Tensor constant = graph_.tensor(id);
    if (constant.shape.empty() || num_elements(constant.shape) == 1) return id;
    constant.shape.insert(constant.shape.begin(), 4 - constant.shape.size(), 1);
    const TensorId made = graph_.add_tensor(permuted_constant(constant, change_.perm));
    grow();
    return made;
  }

  Graph& graph_;
  const LayoutChange& change_;
  const Uses uses_;          // of the graph as it was
  std::vector<Node> nodes_;          // still to be looked at
  std::vector<bool> has_source_;       // by TensorId: exists in the layout of the source
  std::vector<TensorId> wanted_;       // by TensorId: the same values in the wanted layout
  PassStats stats_;
};

}  // namespace

Result<PassStats> convert_layout(Graph& graph) { return LayoutConverter(graph, kToNhwc).run(); }

Result<PassStats> convert_layout_to_nchw(Graph& graph) { return LayoutConverter(graph, kToNchw).run(); }

}  // namespace octet
