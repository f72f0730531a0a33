// SPDX-License-Identifier: Apache-2.0
// Float operators between dequantize and quantize become int8 operators:
//
//   a i8 -> Dequantize -> Op(weights f32, bias f32) -> Quantize -> y i8
//   becomes     a i8 -> Op(weights i8, bias i32) -> y i8
//
// which is how quantized ONNX files say it (QDQ). Weights are constants that keep the parameters of the integers they
// came from (Tensor::quant of a float32 constant), so the integers are found again exactly; a bias is rounded to
// src_scale * weights_scale[k] as the quantizer does. Operators that only move elements become int8 where their inputs
// are, whatever follows: Dequantize sinks below them.
//
// A fully connected layer whose result stays float gives floats from its sums (dynamic_fully_connected with constant
// parameters).
//
//   Dequantize -> Reshape -> y      becomes     Reshape -> Dequantize -> y
//   Dequantize -> Quantize -> y i8  becomes     Quantize(i8 to i8) -> y i8, or nothing where the parameters are equal
//
// Float constants that stay lose their parameters. 8-bit tensors without sign become int8 first, steps and zero points
// lower by 128; a graph input or output keeps its type behind a quantize node.
//
// Numeric effect: a float operator whose result is rounded to int8 becomes an integer one with Octet's rounding
// (docs/quantization.md), which differs by one step in some values of a thousand (docs/decisions/0017).
// Left alone (PassStats::skipped): operators that read dequantized values and have no int8 form, or whose result is not
// quantized (or also read in float), or whose weights or bias are no such constants.
#include <algorithm>
#include <cmath>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/pad.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"
#include "passes/passes.h"

namespace octet {
namespace {

constexpr std::int32_t kUnsignedShift = 128;
constexpr double kMaxBias = 1 << 30;  // leaves room for the products in the accumulator (docs/quantization.md)
constexpr double kFloatError = 0x1p-22;  // of a bias that went through float32: 2^30 may come back a little larger

bool is_int8_activation(const Tensor& tensor) {
  return tensor.type == DataType::kInt8 && tensor.quant && !tensor.quant->per_channel() && !tensor.quant->corrected();
}

// The steps of dst are steps of src.
bool moves_elements(const Node& node) {
  if (node.is(kPad)) return node.as<PadAttrs>().mode != PadKind::kConstant || node.as<PadAttrs>().value == 0.0f;
  if (node.is(kMaxPool2d)) return node.as<Pool2dAttrs>().activation == Activation::kNone;
  return keeps_elements(*node.op) || node.is(kTranspose) || node.is(kSlice) || node.is(kSplit);
}

bool has_weights(const Node& node) { return node.is(kConv2d) || node.is(kFullyConnected); }

bool has_int8_form(const Node& node) {
  static constexpr const Op* kOps[] = {&kConv2d,    &kFullyConnected, &kMatmul,     &kAdd,    &kSub,
                                       &kMul,       &kAvgPool2d,      &kReduceMean, &kResize, &kSoftmax,
                                       &kMaxPool2d, &kConcat,         &kPad};
  return is_unary(*node.op) || std::find(std::begin(kOps), std::end(kOps), node.op) != std::end(kOps);
}

// These compute with the parameters of their input; other ones are reached by a quantize node behind them.
bool keeps_params(const Node& node) { return node.is(kResize) || node.is(kMaxPool2d) || node.is(kPad); }

// float32 values back to the integers that they are.
Tensor integers_of(const Tensor& constant) {
  const QuantParams& quant = *constant.quant;
  const auto values = constant.values<float>();
  const std::size_t inner =
      quant.axis < 0 ? std::max<std::size_t>(values.size(), 1)
                     : static_cast<std::size_t>(dense_strides(constant.shape)[static_cast<std::size_t>(quant.axis)]);
  std::vector<std::int8_t> integers(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i / inner % quant.scale.size();
    const float step = std::nearbyint(values[i] / quant.scale[c]) + static_cast<float>(quant.zero_point[c]);
    integers[i] = static_cast<std::int8_t>(std::clamp(step, -128.0f, 127.0f));
  }
  Tensor result = make_constant(constant.name, constant.shape, integers);
  result.quant = quant;
  return result;
}

class QdqFolder {
 public:
  explicit QdqFolder(Graph& graph) : graph_(graph) {}

  PassStats run() {
    make_signed();
    uses_ = find_uses(graph_);
    nodes_ = std::move(graph_.nodes);
    graph_.nodes.clear();
    dead_.assign(nodes_.size(), false);
    int8_.assign(graph_.tensors.size(), kNoTensor);
    alias_ = int8_;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (!dead_[i]) rewrite(nodes_[i]);
    for (TensorId& id : graph_.outputs) id = resolved(id);
    for (Tensor& tensor : graph_.tensors)  // nobody else knows what parameters of floats mean
      if (tensor.is_constant && tensor.type == DataType::kFloat32) tensor.quant.reset();
    remove_dead_code(graph_);
    return stats_;
  }

 private:
  // Quantized uint8 tensors become int8. Those that enter or leave the graph stay, with a quantize node beside them.
  void make_signed() {
    const Uses uses = find_uses(graph_);
    std::vector<TensorId> inner, outer;  // found first: new nodes change places
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      const Tensor& tensor = graph_.tensors[i];
      const bool is_quantized =
          tensor.type == DataType::kUint8 && tensor.quant && !tensor.is_constant && !tensor.quant->per_channel();
      const TensorId id = static_cast<TensorId>(i);
      if (!is_quantized || !is_between_borders(uses, id)) continue;
      (uses.is_output[i] || uses.producer[i] < 0 ? outer : inner).push_back(id);
    }
    for (const TensorId id : inner) {
      shift(graph_.tensor(id));
      producer_of(id)->as<QuantizeAttrs>().to = DataType::kInt8;
    }
    for (const TensorId id : outer) add_signed_twin(id);
  }

  // A quantize node or nobody makes it, and nodes that know parameters read it.
  bool is_between_borders(const Uses& uses, TensorId id) const {
    const auto is_border = [&](std::int32_t i) {
      const Node& node = graph_.nodes[static_cast<std::size_t>(i)];
      return node.is(kDequantize) || node.is(kQuantize);
    };
    const auto index = static_cast<std::size_t>(id);
    const std::int32_t producer = uses.producer[index];
    const bool is_given = producer < 0 && !uses.is_output[index];
    return (is_given || (producer >= 0 && graph_.nodes[static_cast<std::size_t>(producer)].is(kQuantize))) &&
           std::all_of(uses.consumers[index].begin(), uses.consumers[index].end(), is_border);
  }

  Node* producer_of(TensorId id) {
    const auto found =
        std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) { return node.outputs[0] == id; });
    return found == graph_.nodes.end() ? nullptr : &*found;
  }

  static void shift(Tensor& tensor) {
    tensor.type = DataType::kInt8;
    tensor.quant->zero_point[0] -= kUnsignedShift;
  }

  // Of a graph input or output: all nodes take the same values as int8.
  void add_signed_twin(TensorId id) {
    Tensor twin = graph_.tensor(id);
    twin.name += "_int8";
    shift(twin);
    twin.layout = Layout::kNone;
    const TensorId made = graph_.add_tensor(std::move(twin));
    for (Node& node : graph_.nodes) std::replace(node.inputs.begin(), node.inputs.end(), id, made);
    if (Node* producer = producer_of(id); producer != nullptr) {
      producer->outputs[0] = made;
      producer->as<QuantizeAttrs>().to = DataType::kInt8;
      graph_.add_node(quantize_node(graph_.tensor(id).name, made, id, DataType::kUint8));
    } else {
      graph_.insert_node(0, quantize_node(graph_.tensor(made).name, id, made));
    }
  }

  static Node quantize_node(const std::string& name, TensorId src, TensorId dst, DataType to = DataType::kInt8) {
    Node node;
    node.name = name;
    node.op = &kQuantize;
    node.attrs = QuantizeAttrs{to};
    node.inputs = {src};
    node.outputs = {dst};
    return node;
  }

  void rewrite(Node& node) {
    for (TensorId& id : node.inputs) id = resolved(id);
    if (node.is(kQuantize)) return rewrite_quantize(node);
    if (node.is(kDequantize)) {
      if (is_int8_activation(graph_.tensor(node.inputs[0]))) set(int8_, node.outputs[0], node.inputs[0]);
      return keep(node);
    }
    const bool reads_int8 =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) { return int8_of(id) != kNoTensor; });
    if (!reads_int8) return keep(node);
    if (sink(node)) return;
    if (!has_int8_form(node) || !fold(node)) {
      ++stats_.skipped;
      keep(node);
    }
  }

  void keep(Node& node) { graph_.nodes.push_back(std::move(node)); }  // not add_node(): it has its name already

  static TensorId look_up(const std::vector<TensorId>& map, TensorId id) {
    const auto index = static_cast<std::size_t>(id);
    return id != kNoTensor && index < map.size() ? map[index] : kNoTensor;
  }
  void set(std::vector<TensorId>& map, TensorId id, TensorId value) {
    map.resize(graph_.tensors.size(), kNoTensor);
    map[static_cast<std::size_t>(id)] = value;
  }
  // The int8 tensor that `id` is dequantized from; kNoTensor if there is none.
  TensorId int8_of(TensorId id) const { return look_up(int8_, id); }
  TensorId resolved(TensorId id) const { return look_up(alias_, id) == kNoTensor ? id : look_up(alias_, id); }

  void rewrite_quantize(Node& node) {
    const TensorId src = int8_of(node.inputs[0]), dst = node.outputs[0];
    if (src == kNoTensor || node.as<QuantizeAttrs>().to != DataType::kInt8) return keep(node);
    ++stats_.changed;
    if (graph_.tensor(src).quant == graph_.tensor(dst).quant && !uses_.is_output[static_cast<std::size_t>(dst)])
      return set(alias_, dst, src);
    node.inputs[0] = src;
    keep(node);
  }

  TensorId add_int8(const std::string& name, const Shape& shape, const QuantParams& quant) {
    Tensor tensor;
    tensor.name = name;
    tensor.type = DataType::kInt8;
    tensor.shape = shape;
    tensor.quant = quant;
    return graph_.add_tensor(std::move(tensor));
  }

  // The operator on int8, and dequantize nodes behind it.
  bool sink(Node& node) {
    if (!moves_elements(node) && !node.is(kConcat)) return false;
    for (const TensorId id : node.inputs)
      if (int8_of(id) == kNoTensor || graph_.tensor(int8_of(id)).quant != graph_.tensor(int8_of(node.inputs[0])).quant)
        return false;
    for (TensorId& id : node.inputs) id = int8_of(id);
    const QuantParams quant = *graph_.tensor(node.inputs[0]).quant;
    ++stats_.changed;
    const std::int32_t reader = quantizing_reader(node);
    if (reader >= 0 && graph_.tensor(nodes_[static_cast<std::size_t>(reader)].outputs[0]).quant == quant) {
      node.outputs[0] = nodes_[static_cast<std::size_t>(reader)].outputs[0];
      dead_[static_cast<std::size_t>(reader)] = true;
      keep(node);
      return true;
    }
    std::vector<Node> dequantizes;
    for (TensorId& id : node.outputs) {
      const std::string name = graph_.tensor(id).name;
      const TensorId made = add_int8(name + "_int8", graph_.tensor(id).shape, quant);
      Node dequantize;
      dequantize.name = name + "_dequantize";
      dequantize.op = &kDequantize;
      dequantize.attrs = kDequantize.default_attrs();
      dequantize.inputs = {made};
      dequantize.outputs = {id};
      dequantizes.push_back(std::move(dequantize));
      set(int8_, id, made);
      id = made;
    }
    keep(node);
    for (Node& dequantize : dequantizes) graph_.add_node(std::move(dequantize));
    return true;
  }

  // The quantize node that alone reads the result; -1 if there is none.
  std::int32_t quantizing_reader(const Node& node) const {
    if (node.outputs.size() != 1) return -1;
    const std::int32_t reader = uses_.single_consumer(node.outputs[0]);
    if (reader < 0) return -1;
    const Node& quantize = nodes_[static_cast<std::size_t>(reader)];
    return quantize.is(kQuantize) && is_int8_activation(graph_.tensor(quantize.outputs[0])) ? reader : -1;
  }

  bool fold(Node& node) {
    const std::int32_t reader = quantizing_reader(node);
    if (reader < 0) return give_floats(node);
    const TensorId dst = nodes_[static_cast<std::size_t>(reader)].outputs[0];
    std::vector<TensorId> inputs;
    if (!(has_weights(node) ? layer_inputs(node, inputs) : plain_inputs(node, inputs))) return false;
    dead_[static_cast<std::size_t>(reader)] = true;
    ++stats_.changed;
    node.inputs = std::move(inputs);
    if (node.is(kConcat)) requantize_inputs(node, *graph_.tensor(dst).quant);
    const QuantParams src_quant = *graph_.tensor(node.inputs[0]).quant;
    if (!keeps_params(node) || src_quant == graph_.tensor(dst).quant) {
      node.outputs[0] = dst;
      keep(node);
      return true;
    }
    const std::string name = graph_.tensor(dst).name;
    node.outputs[0] = add_int8(name + "_int8", graph_.tensor(dst).shape, src_quant);
    const TensorId made = node.outputs[0];
    keep(node);
    graph_.add_node(quantize_node(name + "_requantize", made, dst));
    return true;
  }

  // A layer whose result stays float computes on integers all the same.
  bool give_floats(Node& node) {
    if (!node.is(kFullyConnected)) return false;
    const TensorId src = int8_of(node.inputs[0]);
    const Tensor weights = graph_.tensor(node.inputs[1]);
    if (src == kNoTensor || !were_weights(weights)) return false;
    for (const std::int32_t zero_point : weights.quant->zero_point)
      if (zero_point != 0) return false;
    const QuantParams quant = *graph_.tensor(src).quant;
    const auto parameter = [&](std::string_view suffix, auto value) {
      return graph_.add_tensor(make_constant(fmt::format("{}_{}", node.name, suffix), {}, std::vector{value}));
    };
    std::vector<TensorId> inputs = {src, parameter("src_scale", quant.scale[0]),
                                    parameter("src_zero_point", quant.zero_point[0]),
                                    graph_.add_tensor(integers_of(weights))};
    if (node.inputs.size() > 2) inputs.push_back(node.inputs[2]);
    node.inputs = std::move(inputs);
    node.attrs = DynamicFullyConnectedAttrs{static_cast<DynamicActivation>(node.as<FullyConnectedAttrs>().activation)};
    node.op = &kDynamicFullyConnected;
    ++stats_.changed;
    keep(node);
    return true;
  }

  static bool were_weights(const Tensor& weights) {
    return weights.is_constant && weights.type == DataType::kFloat32 && weights.quant &&
           (!weights.quant->per_channel() || weights.quant->axis == 0);
  }

  // Activations, and constants that were integers.
  bool plain_inputs(const Node& node, std::vector<TensorId>& inputs) {
    for (const TensorId id : node.inputs) {
      if (id == kNoTensor) return false;
      const Tensor& tensor = graph_.tensor(id);
      const bool is_integer_constant =
          tensor.is_constant && tensor.type == DataType::kFloat32 && tensor.quant && !tensor.quant->per_channel();
      const TensorId int8 = is_integer_constant ? graph_.add_tensor(integers_of(Tensor(tensor))) : int8_of(id);
      if (int8 == kNoTensor) return false;
      inputs.push_back(int8);
    }
    return true;
  }

  bool layer_inputs(const Node& node, std::vector<TensorId>& inputs) {
    const TensorId src = int8_of(node.inputs[0]);
    const Tensor weights = graph_.tensor(node.inputs[1]);
    if (src == kNoTensor || !were_weights(weights)) return false;
    inputs = {src};
    if (node.inputs.size() < 3 || node.inputs[2] == kNoTensor) {
      inputs.push_back(graph_.add_tensor(integers_of(weights)));
      return true;
    }
    const Tensor& bias = graph_.tensor(node.inputs[2]);
    if (!bias.is_constant || bias.type != DataType::kFloat32) return false;
    const auto integers = integer_bias(bias, *weights.quant, graph_.tensor(src).quant->scale[0]);
    if (!integers) return false;
    inputs.push_back(graph_.add_tensor(integers_of(weights)));
    inputs.push_back(graph_.add_tensor(*integers));
    return true;
  }

  static std::optional<Tensor> integer_bias(const Tensor& bias, const QuantParams& weights, float src_scale) {
    const auto values = bias.values<float>();
    QuantParams quant{weights.scale, std::vector<std::int32_t>(weights.scale.size(), 0), weights.per_channel() ? 0 : -1,
                      32};
    for (float& scale : quant.scale) scale *= src_scale;
    std::vector<std::int32_t> integers;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::size_t c = weights.per_channel() ? k : 0;
      const double step = std::nearbyint(static_cast<double>(values[k]) /
                                         (static_cast<double>(src_scale) * static_cast<double>(weights.scale[c])));
      if (!(std::abs(step) <= kMaxBias * (1 + kFloatError))) return std::nullopt;
      integers.push_back(static_cast<std::int32_t>(std::clamp(step, -kMaxBias, kMaxBias)));
    }
    for (const float scale : quant.scale)
      if (!(scale > 0.0f)) return std::nullopt;
    Tensor result = make_constant(bias.name, bias.shape, integers);
    result.quant = std::move(quant);
    return result;
  }

  void requantize_inputs(Node& node, const QuantParams& quant) {
    for (TensorId& id : node.inputs) {
      if (graph_.tensor(id).quant == quant) continue;
      const std::string name = graph_.tensor(id).name + "_requantized";
      const TensorId made = add_int8(name, graph_.tensor(id).shape, quant);
      graph_.add_node(quantize_node(name, id, made));
      id = made;
    }
  }

  Graph& graph_;
  Uses uses_;                    // of the graph as it was
  std::vector<Node> nodes_;      // as they were; those that are done have moved away
  std::vector<bool> dead_;       // by place in nodes_: another node does its work
  std::vector<TensorId> int8_;   // by TensorId of real values: what they are dequantized from
  std::vector<TensorId> alias_;  // by TensorId: the tensor to read instead
  PassStats stats_;
};

}  // namespace

Result<PassStats> fold_qdq(Graph& graph) { return QdqFolder(graph).run(); }

}  // namespace octet
