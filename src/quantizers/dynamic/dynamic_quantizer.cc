// SPDX-License-Identifier: Apache-2.0
#include "quantizers/dynamic/dynamic_quantizer.h"

#include <algorithm>
#include <map>

#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/recurrent.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/unary.h"
#include "quantizers/embeddings.h"
#include "quantizers/node_names.h"
#include "quantizers/weights.h"

namespace octet {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_float_constant(const Graph& graph, TensorId id) {
  return graph.tensor(id).is_constant && graph.tensor(id).type == DataType::kFloat32;
}

// Functions whose values lie on one side of zero, or nearly so.
bool is_one_sided(const Op& op) {
  static constexpr const Op* kOps[] = {&kAbs, &kExp, &kGelu, &kHardSigmoid, &kHardSwish, &kRelu, &kRelu6, &kSigmoid, &kSilu, &kSoftmax,
                                       &kSoftplus, &kSqrt};
  return std::find(std::begin(kOps), std::end(kOps), &op) != std::end(kOps);
}

// 1.1 % apart: channels of a model share a few hundred of them, and each is stored once.
constexpr double kScalesPerOctave = 64;

// An int8 form of an activation: q, scale, zero point.
struct Quantized {
  TensorId q, scale, zero_point;
};

class DynamicQuantizer {
 public:
  DynamicQuantizer(const Graph& graph, const DynamicQuantOptions& options) : source_(graph), options_(options), uses_(find_uses(graph)) {
    result_.graph = graph;
  }

  Result<DynamicQuantResult> run() {
    OCTET_RETURN_IF_ERROR(check_node_names(result_.graph, options_.skip_nodes));
    OCTET_ASSIGN_OR_RETURN(result_.num_quantized_nodes,
                           quantize_embeddings(result_.graph, [&](const Node& node) { return !reason_to_skip(node).empty(); }));
    for (std::size_t i = 0; i < result_.graph.nodes.size(); ++i) {
      const Node node = result_.graph.nodes[i];  // a copy: nodes are inserted
      const bool is_skipped_embedding = is_embedding(result_.graph, node);  // others were quantized above
      if (!node.is(kFullyConnected) && !node.is(kMatmul) && !is_recurrent(*node.op) && !is_skipped_embedding) continue;
      if (std::string reason = reason_against(node); !reason.empty()) {
        result_.float_products.push_back({node.name, std::string(node.op->name), std::move(reason)});
        continue;
      }
      if (node.is(kFullyConnected)) {
        OCTET_RETURN_IF_ERROR(quantize_layer(node, i));
      } else if (is_recurrent(*node.op)) {
        OCTET_RETURN_IF_ERROR(quantize_recurrent(node, i));
      } else {
        quantize_product(node, i);
      }
      ++result_.num_quantized_nodes;
    }
    OCTET_RETURN_IF_ERROR(infer_shapes(result_.graph));
    remove_dead_code(result_.graph);
    return std::move(result_);
  }

 private:
  Graph& graph() { return result_.graph; }

  bool is_skipped(const Node& node) const {
    if (contains(options_.skip_nodes, node.name)) return true;
    return std::any_of(node.absorbed.begin(), node.absorbed.end(),
                       [&](const std::string& name) { return contains(options_.skip_nodes, name); });
  }

  std::string reason_to_skip(const Node& node) const {
    if (is_skipped(node)) return "named in skip_quant_node";
    return contains(options_.skip_ops, node.op->name) ? "its operator is named in skip_quant_type" : "";
  }

  // Of a node of the float graph.
  std::string reason_against(const Node& node) const {
    if (std::string reason = reason_to_skip(node); !reason.empty()) return reason;
    if (source_.tensor(node.inputs[0]).type != DataType::kFloat32) return "its input is not float32";
    if (node.is(kFullyConnected)) {
      const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
      if (!is_float_constant(source_, node.inputs[1])) return "its weights are not a float32 constant";
      if (has_bias && !is_float_constant(source_, node.inputs[2])) return "its bias is not a float32 constant";
      return "";
    }
    if (is_recurrent(*node.op)) {
      if (!options_.recurrent) return "a recurrent layer, which the original leaves float";
      const bool constant = is_float_constant(source_, node.inputs[1]) && is_float_constant(source_, node.inputs[2]);
      return constant ? "" : "its weights are not float32 constants";
    }
    if (!options_.two_activations) return "a product of two activations";
    const auto& attrs = node.as<MatmulAttrs>();
    const Shape &a = source_.tensor(node.inputs[0]).shape, &b = source_.tensor(node.inputs[1]).shape;
    const bool plain = !attrs.transpose_a && attrs.activation == Activation::kNone && (node.inputs.size() < 3 || node.inputs[2] == kNoTensor);
    const bool same_batch = a.size() >= 2 && a.size() == b.size() && std::equal(a.begin(), a.end() - 2, b.begin());
    return plain && same_batch ? "" : "a product of two activations that broadcasts, is transposed, or has a bias";
  }

  // What makes the values of `tensor`, looking through operators that only move them.
  bool is_one_sided_tensor(TensorId tensor) const {
    while (true) {
      const std::int32_t index = uses_.producer[static_cast<std::size_t>(tensor)];
      if (index < 0) return false;
      const Node& node = source_.nodes[static_cast<std::size_t>(index)];
      if (is_one_sided(*node.op)) return true;
      if (!keeps_elements(*node.op)) return has_one_sided_activation(node);
      tensor = node.inputs[0];
    }
  }

  static bool has_one_sided_activation(const Node& node) {
    return node.is(kFullyConnected) && node.as<FullyConnectedAttrs>().activation != Activation::kNone;
  }

  // The quantized form of an input of node i, made before it (which moves it on by one) unless an earlier node has it already.
  Quantized quantized(std::size_t input, bool per_row, bool symmetric, std::size_t& i) {
    const TensorId src = graph().nodes[i].inputs[input];
    const auto key = std::make_tuple(src, per_row, symmetric);
    if (const auto found = quantized_.find(key); options_.share_casts && found != quantized_.end()) return found->second;
    // The original's name is that of the tensor, too.
    const std::string cast = fmt::format("{}_dynamic_cast_node_{}", graph().nodes[i].name, input + 1);
    const std::string name = options_.share_casts ? graph().tensor(src).name : cast;
    const auto add = [&](const char* suffix) {
      Tensor tensor;
      tensor.name = name + suffix;
      return graph().add_tensor(std::move(tensor));
    };
    const Quantized made{add(options_.share_casts ? "_int8" : ""), add("_scale"), add("_zero_point")};
    Node node;
    node.name = options_.share_casts ? name + "_dynamic_quantize" : cast;
    node.op = &kDynamicQuantize;
    node.attrs = DynamicQuantizeAttrs{per_row, symmetric};
    node.inputs = {src};
    node.outputs = {made.q, made.scale, made.zero_point};
    graph().insert_node(i++, std::move(node));
    return quantized_[key] = made;
  }

  Result<void> quantize_layer(const Node& node, std::size_t& i) {
    OCTET_RETURN_IF_ERROR(check_finite(node.name, source_.tensor(node.inputs[1])));
    const TensorId int8_weights = quantized_weights(node.inputs[1]);
    const Quantized src =
        quantized(0, options_.activations_per_row, !is_asymmetric(node.inputs[0]), i);
    Node& layer = graph().nodes[i];
    const Activation activation = node.as<FullyConnectedAttrs>().activation;
    static_assert(static_cast<int>(DynamicActivation::kRelu6) == static_cast<int>(Activation::kRelu6));
    layer.op = &kDynamicFullyConnected;
    layer.attrs = DynamicFullyConnectedAttrs{static_cast<DynamicActivation>(activation)};
    layer.inputs = {src.q, src.scale, src.zero_point, int8_weights};
    if (node.inputs.size() > 2 && node.inputs[2] != kNoTensor) layer.inputs.push_back(node.inputs[2]);
    return {};
  }

  Result<void> quantize_recurrent(const Node& node, std::size_t i) {
    for (const std::size_t input : {1u, 2u}) {
      OCTET_RETURN_IF_ERROR(check_finite(node.name, source_.tensor(node.inputs[input])));
      graph().nodes[i].inputs[input] = quantized_weights(node.inputs[input]);
    }
    auto attrs = node.as<RecurrentAttrs>();
    attrs.dynamic = true;
    graph().nodes[i].attrs = std::move(attrs);
    return {};
  }

  bool is_asymmetric(TensorId tensor) const { return options_.two_activations || is_one_sided_tensor(tensor); }

  // Weights that several layers read are quantized once.
  TensorId quantized_weights(TensorId id) {
    if (const auto found = weights_.find(id); found != weights_.end()) return found->second;
    Tensor tensor = int8_form(source_.tensor(id));
    // The float weights lose their name if nobody else reads them.
    const auto& readers = uses_.consumers[static_cast<std::size_t>(id)];
    const bool only_layers = std::all_of(readers.begin(), readers.end(), [&](std::int32_t reader) {
      return reads_as_weights(source_.nodes[static_cast<std::size_t>(reader)], id);
    });
    if (only_layers && !uses_.is_output[static_cast<std::size_t>(id)]) {
      graph().tensor(id) = std::move(tensor);
      return weights_[id] = id;
    }
    return weights_[id] = graph().add_tensor(std::move(tensor));
  }

  // The node is quantized, and reads the tensor as weights alone.
  bool reads_as_weights(const Node& node, TensorId id) const {
    const auto last = static_cast<std::size_t>(node.is(kFullyConnected) ? 1 : is_recurrent(*node.op) ? 2 : 0);
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i] == id && (i < 1 || i > last)) return false;
    return last > 0 && reason_against(node).empty();
  }

  // Of layers [N, K], channels are rows; of recurrent ones [D, N, K], directions, or the rows of all directions.
  Tensor int8_form(const Tensor& weights) const {
    const bool is_layer = weights.shape.size() == 2;
    const int axis = is_layer || options_.original_reads ? 0 : 1;
    const std::size_t parts = axis == 0 ? 1 : static_cast<std::size_t>(weights.shape[0]);
    const auto channels = static_cast<std::size_t>(weights.shape[static_cast<std::size_t>(axis)]);
    const auto values = weights.values<float>();
    QuantizedWeights quantized = quantize_weights(values, parts * channels, options_.weights_per_channel);
    if (options_.weights_per_channel) unite_parts(channels, quantized.scale);
    if (options_.share_scales)
      for (float& scale : quantized.scale) scale = shared_scale(scale, SharedScale::kNotSmaller, kScalesPerOctave);
    if (options_.share_scales || parts > 1)
      quantized = quantize_weights(values, parts * channels, options_.weights_per_channel, quantized.scale);
    if (options_.weights_per_channel) quantized.scale.resize(channels);
    Tensor tensor = make_constant(weights.name, weights.shape, quantized.values);
    tensor.quant.emplace();
    tensor.quant->zero_point.assign(quantized.scale.size(), 0);
    tensor.quant->axis = quantized.scale.size() > 1 ? axis : -1;
    tensor.quant->scale = std::move(quantized.scale);
    return tensor;
  }

  // Scales of the same channel in several parts become the largest of them.
  static void unite_parts(std::size_t channels, std::vector<float>& scale) {
    for (std::size_t i = channels; i < scale.size(); ++i) scale[i % channels] = std::max(scale[i % channels], scale[i]);
    for (std::size_t i = channels; i < scale.size(); ++i) scale[i] = scale[i % channels];
  }

  void quantize_product(const Node& node, std::size_t& i) {
    const Quantized a = quantized(0, false, false, i);
    const Quantized b = quantized(1, false, false, i);
    Node& product = graph().nodes[i];
    product.op = &kDynamicMatmul;
    product.attrs = DynamicMatmulAttrs{node.as<MatmulAttrs>().transpose_b};
    product.inputs = {a.q, a.scale, a.zero_point, b.q, b.scale, b.zero_point};
  }

  const Graph& source_;
  const DynamicQuantOptions& options_;
  Uses uses_;  // of source_
  DynamicQuantResult result_;
  std::map<std::tuple<TensorId, bool, bool>, Quantized> quantized_;
  std::map<TensorId, TensorId> weights_;  // by TensorId of source_: what takes the place of the float ones
};

}  // namespace

Result<DynamicQuantResult> quantize_dynamic(const Graph& graph, const DynamicQuantOptions& options) {
  return DynamicQuantizer(graph, options).run();
}

}  // namespace octet
