// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/rewrite.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "ops/dynamic_quantize.h"
#include "ops/quantize.h"
#include "quantizers/full/bias_correction.h"
#include "quantizers/full/op_rules.h"
#include "quantizers/weights.h"

namespace octet {
namespace {

constexpr TensorId kNotMade = -2;

// Builds the quantized graph node by node. Every tensor of the float graph may exist in it as float, as int8, or as both;
// the missing form is made at the first node that asks for it.
class Rewriter {
 public:
  Rewriter(const Graph& src, const Selection& selection, const std::vector<std::optional<TensorRange>>& ranges,
           const RewriteOptions& options)
      : src_(src), selection_(selection), ranges_(ranges), options_(options) {
    float_.assign(src.tensors.size(), kNotMade);
    int8_.assign(src.tensors.size(), kNotMade);
  }

  Result<Graph> run() {
    dst_.name = src_.name;
    dst_.symbols = src_.symbols;
    for (const TensorId id : src_.inputs) {
      const TensorId made = dst_.add_tensor(src_.tensor(id));
      float_[static_cast<std::size_t>(id)] = made;
      dst_.inputs.push_back(made);
    }
    // Names of graph outputs are taken first: they belong to the float tensors that users see.
    for (const TensorId id : src_.outputs) reserved_.insert(src_.tensor(id).name);
    for (std::size_t i = 0; i < src_.nodes.size(); ++i) {
      if (selection_.quantized[i] && selection_.float_result[i]) {
        add_layer_with_float_result(src_.nodes[i]);
      } else if (selection_.quantized[i]) {
        OCTET_RETURN_IF_ERROR(add_int8_node(src_.nodes[i]));
      } else {
        add_float_node(src_.nodes[i]);
      }
    }
    for (const TensorId id : src_.outputs) dst_.outputs.push_back(float_tensor(id));
    OCTET_RETURN_IF_ERROR(infer_shapes(dst_));
    remove_dead_code(dst_);
    return std::move(dst_);
  }

 private:
  QuantParams params(TensorId id) const {
    const auto& range = ranges_[static_cast<std::size_t>(id)];
    OCTET_CHECK(range.has_value());
    return activation_quant_params(range->min, range->max, options_.symmetric_activations, options_.bits);
  }

  // A copy of the tensor's description without data.
  Tensor described(TensorId id) const {
    const Tensor& tensor = src_.tensor(id);
    Tensor copy;
    copy.name = tensor.name;
    copy.type = tensor.type;
    copy.shape = tensor.shape;
    copy.layout = tensor.layout;
    return copy;
  }

  TensorId float_tensor(TensorId id) {
    TensorId& made = float_[static_cast<std::size_t>(id)];
    if (made != kNotMade) return made;
    if (src_.tensor(id).is_constant) return made = dst_.add_tensor(src_.tensor(id));
    Node node;
    node.name = src_.tensor(id).name + "_dequantize";
    node.op = &kDequantize;
    node.attrs = kDequantize.default_attrs();
    node.inputs = {int8_[static_cast<std::size_t>(id)]};
    made = dst_.add_tensor(described(id));
    node.outputs = {made};
    dst_.add_node(std::move(node));
    return made;
  }

  TensorId int8_tensor(TensorId id) {
    TensorId& made = int8_[static_cast<std::size_t>(id)];
    if (made != kNotMade) return made;
    if (src_.tensor(id).is_constant) return made = add_int8_constant(id);
    Node node;
    node.name = src_.tensor(id).name + "_quantize";
    node.op = &kQuantize;
    node.attrs = kQuantize.default_attrs();
    node.inputs = {float_[static_cast<std::size_t>(id)]};
    made = add_int8_result(id);
    node.outputs = {made};
    dst_.add_node(std::move(node));
    return made;
  }

  TensorId add_int8_result(TensorId id) {
    Tensor tensor = described(id);
    const bool keeps_name = float_[static_cast<std::size_t>(id)] == kNotMade && reserved_.count(tensor.name) == 0;
    if (!keeps_name) tensor.name += "_int8";
    tensor.type = DataType::kInt8;
    tensor.quant = params(id);
    tensor.layout = Layout::kNone;
    return dst_.add_tensor(std::move(tensor));
  }

  // A constant operand: of concat with the parameters of its group, of add, mul and the like with those of its own extremes.
  TensorId add_int8_constant(TensorId id) {
    const Tensor& tensor = src_.tensor(id);
    float min = 0.0f, max = 0.0f;
    for (const float value : tensor.values<float>()) {
      min = std::min(min, value);
      max = std::max(max, value);
    }
    const bool has_range = ranges_[static_cast<std::size_t>(id)].has_value();
    const QuantParams quant = has_range ? params(id) : activation_quant_params(min, max, options_.symmetric_activations, options_.bits);
    std::vector<std::int8_t> values;
    for (const float value : tensor.values<float>()) {
      const float q = std::nearbyint(value / quant.scale[0]) + static_cast<float>(quant.zero_point[0]);
      const QuantLevels levels = quant_levels(options_.bits);
      values.push_back(static_cast<std::int8_t>(std::clamp(q, static_cast<float>(levels.lo), static_cast<float>(levels.hi))));
    }
    Tensor constant = make_constant(tensor.name, tensor.shape, values);
    constant.quant = quant;
    return dst_.add_tensor(std::move(constant));
  }

  void add_float_node(const Node& node) {
    Node copy = node;
    for (TensorId& id : copy.inputs)
      if (id != kNoTensor) id = float_tensor(id);
    for (TensorId& id : copy.outputs) {
      const TensorId made = dst_.add_tensor(described(id));
      float_[static_cast<std::size_t>(id)] = made;
      id = made;
    }
    dst_.add_node(std::move(copy));
  }

  Result<void> add_int8_node(const Node& node) {
    Node copy = node;
    for (std::size_t i = 0; i < copy.inputs.size(); ++i) {
      const bool is_weight = has_weights(node) && i > 0;
      if (copy.inputs[i] != kNoTensor && !is_weight) copy.inputs[i] = int8_tensor(copy.inputs[i]);
    }
    if (has_weights(node)) add_weights(node, copy);
    for (TensorId& id : copy.outputs) {
      const TensorId made = add_int8_result(id);
      int8_[static_cast<std::size_t>(id)] = made;
      id = made;
    }
    dst_.add_node(std::move(copy));
    return {};
  }

  // A layer's weights in int8 and its bias in float, corrected.
  struct LayerWeights {
    QuantizedWeights weights;
    std::vector<float> bias;
    bool has_bias;  // in the float graph
  };

  LayerWeights layer_weights(const Node& node, bool integer_bias) const {
    const Tensor& weights = src_.tensor(node.inputs[1]);
    const auto channels = static_cast<std::size_t>(weights.shape[0]);
    LayerWeights layer;
    layer.has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
    layer.bias.assign(channels, 0.0f);
    if (layer.has_bias) {
      const auto values = src_.tensor(node.inputs[2]).values<float>();
      layer.bias.assign(values.begin(), values.end());
    }
    std::vector<float> floors;
    const float src_scale = params(node.inputs[0]).scale[0];
    for (std::size_t k = 0; integer_bias && k < channels; ++k) floors.push_back(bias_floor_scale(layer.bias[k], src_scale));
    layer.weights = quantize_weights(weights.values<float>(), channels, options_.per_channel, floors, options_.bits);
    if (options_.bias_correction_means != nullptr) {
      const auto means = options_.bias_correction_means->find(node.inputs[0]);
      if (means != options_.bias_correction_means->end())
        add_weight_error_correction(weights.values<float>(), layer.weights, means->second, layer.bias,
                                    static_cast<std::size_t>(weights.shape.back()));
    }
    return layer;
  }

  TensorId add_weights_constant(const Node& node, const QuantizedWeights& quantized) {
    const Tensor& weights = src_.tensor(node.inputs[1]);
    Tensor tensor = make_constant(weights.name, weights.shape, quantized.values);
    tensor.quant = QuantParams{quantized.scale, std::vector<std::int32_t>(quantized.scale.size(), 0),
                               quantized.scale.size() > 1 ? 0 : -1, options_.bits};
    return dst_.add_tensor(std::move(tensor));
  }

  std::string bias_name(const Node& node, const LayerWeights& layer) const {
    return layer.has_bias ? src_.tensor(node.inputs[2]).name : node.name + "_bias";
  }

  void add_weights(const Node& node, Node& copy) {
    const LayerWeights layer = layer_weights(node, /*integer_bias=*/true);
    copy.inputs[1] = add_weights_constant(node, layer.weights);
    if (!layer.has_bias && options_.bias_correction_means == nullptr) return;
    const float src_scale = params(node.inputs[0]).scale[0];
    std::vector<float> bias_scale = layer.weights.scale;
    for (float& scale : bias_scale) scale *= src_scale;
    Tensor bias_tensor = make_constant(bias_name(node, layer), Shape{static_cast<std::int64_t>(layer.bias.size())},
                                       quantize_bias(layer.bias, src_scale, layer.weights.scale));
    bias_tensor.quant = QuantParams{bias_scale, std::vector<std::int32_t>(bias_scale.size(), 0),
                                    bias_scale.size() > 1 ? 0 : -1, 32};
    copy.inputs.resize(3, kNoTensor);
    copy.inputs[2] = dst_.add_tensor(std::move(bias_tensor));
  }

  // The layer of dynamic quantization, with parameters of its input that are known: they are constants.
  void add_layer_with_float_result(const Node& node) {
    const LayerWeights layer = layer_weights(node, /*integer_bias=*/false);
    const TensorId src = int8_tensor(node.inputs[0]);
    const QuantParams quant = *dst_.tensor(src).quant;
    Node copy = node;
    copy.op = &kDynamicFullyConnected;
    copy.attrs = DynamicFullyConnectedAttrs{static_cast<DynamicActivation>(layer_activation(node))};
    copy.inputs = {src, dst_.add_tensor(make_constant(node.name + "_src_scale", {}, std::vector<float>{quant.scale[0]})),
                   dst_.add_tensor(make_constant(node.name + "_src_zero_point", {}, std::vector<std::int32_t>{quant.zero_point[0]})),
                   add_weights_constant(node, layer.weights)};
    Tensor& weights = dst_.tensor(copy.inputs[3]);
    weights.shape = {weights.shape.front(), weights.shape.back()};
    if (layer.has_bias || options_.bias_correction_means != nullptr)
      copy.inputs.push_back(dst_.add_tensor(make_constant(bias_name(node, layer), Shape{static_cast<std::int64_t>(layer.bias.size())}, layer.bias)));
    for (TensorId& id : copy.outputs) {
      const TensorId made = dst_.add_tensor(described(id));
      float_[static_cast<std::size_t>(id)] = made;
      id = made;
    }
    dst_.add_node(std::move(copy));
  }

  const Graph& src_;
  const Selection& selection_;
  const std::vector<std::optional<TensorRange>>& ranges_;
  const RewriteOptions& options_;
  Graph dst_;
  std::vector<TensorId> float_, int8_;  // by TensorId of src_
  std::set<std::string> reserved_;  // names of graph outputs
};

}  // namespace

Result<Graph> rewrite_to_int8(const Graph& graph, const Selection& selection,
                              const std::vector<std::optional<TensorRange>>& ranges, const RewriteOptions& options) {
  return Rewriter(graph, selection, ranges, options).run();
}

}  // namespace octet
