// SPDX-License-Identifier: Apache-2.0
// An int8 graph as the float graph that it stands for: weights and biases are their real values, tensors between operators
// are float32, and what quantized or dequantized passes its values on.
//
//   a i8 -> Op(weights i8, bias i32) -> y i8      becomes      a f32 -> Op(weights f32, bias f32) -> y f32
//
// Dynamically quantized layers become plain ones. A graph input or output of 8 bits is one of float32 then.
// Numeric effect: values are no longer rounded to steps nor cut to their range; the rounding of weights stays.
// Error: kUnsupported for a product of two dynamically quantized activations, and what evaluating a constant gives.
#include <algorithm>

#include "base/error.h"
#include "ops/dynamic_quantize.h"
#include "ops/evaluate.h"
#include "ops/fully_connected.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/reshape.h"
#include "passes/passes.h"

namespace octet {
namespace {

bool is_quantized(const Tensor& tensor) { return tensor.quant.has_value() && is_integer(tensor.type); }

Result<Tensor> real_constant(const Tensor& constant) {
  Node node;
  node.name = constant.name;
  node.op = &kDequantize;
  node.attrs = kDequantize.default_attrs();
  node.outputs = {0};  // one
  const Tensor* const input = &constant;
  OCTET_ASSIGN_OR_RETURN(auto values, evaluate_values(node, {&input, 1}));
  Tensor real = std::move(values[0]);
  real.name = constant.name;
  real.layout = constant.layout;
  return real;
}

class Dequantizer {
 public:
  explicit Dequantizer(Graph& graph) : graph_(graph) {}

  Result<PassStats> run() {
    for (Node& node : graph_.nodes) OCTET_RETURN_IF_ERROR(rewrite(node));
    for (Tensor& tensor : graph_.tensors) OCTET_RETURN_IF_ERROR(rewrite(tensor));
    remove_dead_code(graph_);
    OCTET_RETURN_IF_ERROR(infer_shapes(graph_));
    return stats_;
  }

 private:
  void make_identity(Node& node) {
    node.op = &kIdentity;
    node.attrs = kIdentity.default_attrs();
    node.inputs.resize(1);
    node.outputs.resize(1);
    ++stats_.changed;
  }

  Result<void> rewrite(Node& node) {
    if (node.is(kDequantize) || node.is(kQuantize) || node.is(kDynamicQuantize)) {
      make_identity(node);
      graph_.tensor(node.outputs[0]).type = DataType::kFloat32;
    } else if (node.is(kDynamicMatmul)) {
      return make_error(ErrorCode::kUnsupported, "node '{}' ({}): a product of two dynamically quantized activations has no float form here",
                        node.name, node.op->name);
    } else if (node.is(kDynamicFullyConnected)) {
      const auto activation = node.as<DynamicFullyConnectedAttrs>().activation;
      if (activation > DynamicActivation::kRelu6)
        return make_error(ErrorCode::kUnsupported, "node '{}' ({}): a fused GELU has no float form here", node.name, node.op->name);
      node.op = &kFullyConnected;
      node.attrs = FullyConnectedAttrs{.activation = static_cast<Activation>(activation)};
      node.inputs.erase(node.inputs.begin() + 1, node.inputs.begin() + 3);
      ++stats_.changed;
    } else if (is_recurrent(*node.op)) {
      node.as<RecurrentAttrs>().dynamic = false;
    }
    return {};
  }

  Result<void> rewrite(Tensor& tensor) {
    if (!is_quantized(tensor)) {
      tensor.quant.reset();
      return {};
    }
    if (tensor.is_constant) {
      OCTET_ASSIGN_OR_RETURN(tensor, real_constant(tensor));
    }
    tensor.type = DataType::kFloat32;
    tensor.quant.reset();
    ++stats_.changed;
    return {};
  }

  Graph& graph_;
  PassStats stats_;
};

}  // namespace

Result<PassStats> dequantize_graph(Graph& graph) { return Dequantizer(graph).run(); }

}  // namespace octet
