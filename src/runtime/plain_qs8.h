// SPDX-License-Identifier: Apache-2.0
// Plain int8 arithmetic for tests, written from the formulas in the kernels' headers: no packing, no tiles, no threads.
// Integer sums come from the operators' references on whole numbers, which are exact in float32 below 2^24.
#ifndef OCTET_RUNTIME_PLAIN_QS8_H_
#define OCTET_RUNTIME_PLAIN_QS8_H_

#include "kernels/softmax_qs8/softmax_qs8.h"
#include "ops/binary.h"
#include "ops/conv2d.h"
#include "ops/copy.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/unary.h"
#include "runtime/runtime_test_support.h"

namespace octet {

struct PlainNode {
  const Graph& graph;
  const Node& node;
  std::vector<const Tensor*> inputs;  // null: absent

  const Tensor& output() const { return graph.tensor(node.outputs[0]); }
  const QuantParams& quant(std::size_t i) const { return *inputs[i]->quant; }
  const QuantParams& dst() const { return *output().quant; }
};

using Floats = std::vector<float>;
using Bytes = std::vector<std::int8_t>;

// q - zero_point, as floats.
inline Floats centered(const Tensor& tensor) {
  const QuantParams& quant = *tensor.quant;
  const auto values = tensor.values<std::int8_t>();
  const std::size_t per_channel = values.size() / quant.scale.size();  // channels are dimension 0
  Floats result;
  for (std::size_t i = 0; i < values.size(); ++i)
    result.push_back(static_cast<float>(values[i] - quant.zero_point[quant.per_channel() ? i / per_channel : 0]));
  return result;
}

// Evaluates the node's (or another) operator on float inputs.
inline Floats evaluate_floats(Node node, const std::vector<std::pair<Shape, Floats>>& inputs, const Shape& dst) {
  std::vector<ConstView> views;
  for (const auto& [shape, values] : inputs) views.push_back({DataType::kFloat32, &shape, values.data(), nullptr});
  Floats result(static_cast<std::size_t>(num_elements(dst).value()));
  const View out{DataType::kFloat32, &dst, result.data(), nullptr};
  EXPECT_TRUE(node.op->reference(node, views, std::span(&out, 1)));
  return result;
}

struct PlainBounds {
  int lo = -128, hi = 127;
};
inline PlainBounds plain_bounds(Activation activation, const QuantParams& dst) {
  PlainBounds bounds;
  if (activation == Activation::kNone) return bounds;
  bounds.lo = dst.zero_point[0];
  if (activation == Activation::kRelu6)
    bounds.hi = static_cast<int>(std::min(127.0f, std::nearbyint(6.0f / dst.scale[0]) + static_cast<float>(dst.zero_point[0])));
  return bounds;
}

// Convolution, fully connected and matmul: accumulators from the reference without bias and activation.
template <typename A>
Bytes plain_layer(const PlainNode& p) {
  Node node = p.node;
  const Activation activation = node.as<A>().activation;
  node.as<A>().activation = Activation::kNone;
  const Floats sums = evaluate_floats(
      node, {{p.inputs[0]->shape, centered(*p.inputs[0])}, {p.inputs[1]->shape, centered(*p.inputs[1])}}, p.output().shape);
  const auto channels = static_cast<std::size_t>(p.output().shape.back());
  const PlainBounds bounds = plain_bounds(activation, p.dst());
  const bool has_bias = p.inputs.size() > 2 && p.inputs[2] != nullptr;
  Bytes result;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t k = i % channels;
    const std::int32_t acc = static_cast<std::int32_t>(sums[i]) + (has_bias ? p.inputs[2]->values<std::int32_t>()[k] : 0);
    const float weights_scale = p.quant(1).scale[p.quant(1).per_channel() ? k : 0];
    const float scale = static_cast<float>(static_cast<double>(p.quant(0).scale[0]) * weights_scale / p.dst().scale[0]);
    result.push_back(expected_requantized(acc, scale, p.dst().zero_point[0], bounds.lo, bounds.hi));
  }
  return result;
}

inline Bytes plain_pool(const PlainNode& p) {
  const auto& attrs = p.node.as<Pool2dAttrs>();
  const Shape& src = p.inputs[0]->shape;
  const auto values = p.inputs[0]->values<std::int8_t>();
  const Window2d window = pool2d_window(attrs, src);
  const PlainBounds bounds = plain_bounds(attrs.activation, p.dst());
  const auto inside = [](std::int64_t i, std::int64_t size) { return i >= 0 && i < size; };
  Bytes result;
  for_each_index(p.output().shape, std::array<Strides, 1>{Strides{0, 0, 0, 0}}, [&](std::int64_t flat, const auto&) {
    const std::int64_t c = flat % src[3], ow = flat / src[3] % window.w.output_size;
    const std::int64_t oh = flat / src[3] / window.w.output_size % window.h.output_size;
    const std::int64_t n = flat / src[3] / window.w.output_size / window.h.output_size;
    int sum = 0, count = 0, padded = 0, max = -1000;
    for (std::int64_t r = 0; r < window.h.kernel; ++r) {
      for (std::int64_t s = 0; s < window.w.kernel; ++s) {
        const std::int64_t y = oh * window.h.stride - window.h.pad_begin + r * window.h.dilation;
        const std::int64_t x = ow * window.w.stride - window.w.pad_begin + s * window.w.dilation;
        padded += y < src[1] + window.h.pad_end && x < src[2] + window.w.pad_end ? 1 : 0;
        if (!inside(y, src[1]) || !inside(x, src[2])) continue;
        const int value = values[static_cast<std::size_t>(((n * src[1] + y) * src[2] + x) * src[3] + c)];
        sum += value - p.quant(0).zero_point[0];
        max = std::max(max, value);
        ++count;
      }
    }
    if (p.node.is(kMaxPool2d)) {
      result.push_back(static_cast<std::int8_t>(std::clamp(max, bounds.lo, bounds.hi)));
      return;
    }
    const int divisor = attrs.count_include_pad ? padded : std::max(count, 1);
    const float scale = p.quant(0).scale[0] / p.dst().scale[0] / static_cast<float>(divisor);
    result.push_back(expected_qs8(static_cast<float>(sum) * scale, p.dst().zero_point[0], bounds.lo, bounds.hi));
  });
  return result;
}

// The tensor's centered values repeated to fill `shape`.
inline Floats broadcast(const Tensor& tensor, const Shape& shape) {
  const Floats values = centered(tensor);
  Floats result;
  for_each_index(shape, std::array<Strides, 1>{broadcast_strides(tensor.shape, shape)},
                 [&](std::int64_t, const auto& offsets) { result.push_back(values[static_cast<std::size_t>(offsets[0])]); });
  return result;
}

inline Bytes plain_binary(const PlainNode& p) {
  const Floats a = broadcast(*p.inputs[0], p.output().shape), b = broadcast(*p.inputs[1], p.output().shape);
  const float sa = p.quant(0).scale[0], sb = p.quant(1).scale[0], sd = p.dst().scale[0];
  const PlainBounds bounds = plain_bounds(p.node.as<BinaryAttrs>().activation, p.dst());
  Bytes result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    float scaled = 0;
    if (p.node.is(kMul)) {
      scaled = a[i] * b[i] * static_cast<float>(static_cast<double>(sa) * sb / sd);
    } else {
      const float x = a[i] * (sa / sd);
      const float y = b[i] * (sb / sd);
      scaled = p.node.is(kAdd) ? x + y : x - y;
    }
    result.push_back(expected_qs8(scaled, p.dst().zero_point[0], bounds.lo, bounds.hi));
  }
  return result;
}

inline Bytes plain_unary(const PlainNode& p) {
  Bytes result;
  for (const float q : centered(*p.inputs[0])) {
    const double real = static_cast<double>(p.quant(0).scale[0]) * q;
    const double value = is_unary(*p.node.op) ? evaluate_unary(p.node, real) : real;
    const double steps = std::isnan(value) ? 0.0 : std::nearbyint(value / p.dst().scale[0]);
    result.push_back(static_cast<std::int8_t>(std::clamp(steps + p.dst().zero_point[0], -128.0, 127.0)));
  }
  return result;
}

inline Bytes plain_quantize(const PlainNode& p) {
  if (p.inputs[0]->type == DataType::kInt8) return plain_unary(p);
  Bytes result;
  for (const float value : p.inputs[0]->values<float>())
    result.push_back(expected_qs8(value / p.dst().scale[0], p.dst().zero_point[0], -128, 127));
  return result;
}

// Along the last dimension that is not 1.
inline Bytes plain_softmax(const PlainNode& p) {
  std::array<std::int32_t, 256> table;
  make_softmax_qs8_table(p.quant(0).scale[0], table);
  const auto values = p.inputs[0]->values<std::int8_t>();
  const std::size_t axis = *normalize_axis(p.node.as<SoftmaxAttrs>().axis, p.output().shape.size());
  const auto n = static_cast<std::size_t>(p.output().shape[axis]);
  Bytes result;
  for (std::size_t row = 0; row < values.size(); row += n) {
    int max = -128;
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) max = std::max<int>(max, values[row + i]);
    for (std::size_t i = 0; i < n; ++i) sum += table[static_cast<std::size_t>(max - values[row + i])];
    const auto r = static_cast<float>(1.0 / (sum * static_cast<double>(p.dst().scale[0])));
    for (std::size_t i = 0; i < n; ++i) {
      const auto e = static_cast<float>(table[static_cast<std::size_t>(max - values[row + i])]);
      result.push_back(expected_qs8(e * r, p.dst().zero_point[0], -128, 127));
    }
  }
  return result;
}

inline Bytes plain_reduce_mean(const PlainNode& p) {
  Node sum = p.node;
  sum.op = &kReduceSum;
  const Floats sums = evaluate_floats(sum, {{p.inputs[0]->shape, centered(*p.inputs[0])}}, p.output().shape);
  const auto count = static_cast<float>(p.inputs[0]->values<std::int8_t>().size() / sums.size());
  Bytes result;
  for (const float value : sums)
    result.push_back(expected_qs8(value * (p.quant(0).scale[0] / p.dst().scale[0] / count), p.dst().zero_point[0], -128, 127));
  return result;
}

// What has no integer formula: the float operator between dequantize and quantize.
inline Bytes plain_by_reference(const PlainNode& p) {
  std::vector<std::pair<Shape, Floats>> inputs;
  for (const Tensor* tensor : p.inputs) {
    inputs.push_back({tensor->shape, centered(*tensor)});
    for (float& value : inputs.back().second) value *= tensor->quant->scale[0];
  }
  Bytes result;
  for (const float value : evaluate_floats(p.node, inputs, p.output().shape))
    result.push_back(expected_qs8(value / p.dst().scale[0], p.dst().zero_point[0], -128, 127));
  return result;
}

struct PlainRule {
  const Op* op;
  Bytes (*evaluate)(const PlainNode& p);
};
inline const PlainRule kPlainRules[] = {
    {&kConv2d, plain_layer<Conv2dAttrs>}, {&kFullyConnected, plain_layer<FullyConnectedAttrs>},
    {&kMatmul, plain_layer<MatmulAttrs>}, {&kMaxPool2d, plain_pool},
    {&kAvgPool2d, plain_pool},            {&kAdd, plain_binary},
    {&kSub, plain_binary},                {&kMul, plain_binary},
    {&kQuantize, plain_quantize},         {&kSoftmax, plain_softmax},
    {&kReduceMean, plain_reduce_mean},
};

inline std::vector<Tensor> plain_node(const PlainNode& p) {
  const Tensor& output = p.output();
  if (output.type == DataType::kInt8 && output.quant) {
    for (const PlainRule& rule : kPlainRules)
      if (p.node.is(*rule.op)) return {make_constant(output.name, output.shape, rule.evaluate(p))};
    if (is_unary(*p.node.op)) return {make_constant(output.name, output.shape, plain_unary(p))};
  }
  if (p.node.is(kDequantize)) {
    Floats values = centered(*p.inputs[0]);
    for (float& value : values) value *= p.quant(0).scale[0];
    return {make_constant(output.name, output.shape, values)};
  }
  // Only moves elements: the reference does that to bytes.
  std::vector<ConstView> views;
  for (const Tensor* tensor : p.inputs) views.push_back({tensor->type, &tensor->shape, tensor->data.bytes().data(), tensor->quant ? &*tensor->quant : nullptr});
  std::vector<std::vector<std::byte>> buffers;
  std::vector<View> outputs;
  for (const TensorId id : p.node.outputs) buffers.emplace_back(tensor_bytes(p.graph.tensor(id)));
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Tensor& tensor = p.graph.tensor(p.node.outputs[i]);
    outputs.push_back({tensor.type, &tensor.shape, buffers[i].data(), tensor.quant ? &*tensor.quant : nullptr});
  }
  EXPECT_TRUE(p.node.op->reference(p.node, views, outputs)) << p.node.op->name;
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Tensor& tensor = p.graph.tensor(p.node.outputs[i]);
    results.push_back(make_constant(tensor.name, tensor.type, tensor.shape, buffers[i]));
  }
  return results;
}

inline std::vector<Tensor> plain_evaluate(const Graph& graph, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> values = graph.tensors;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[static_cast<std::size_t>(graph.inputs[i])] = inputs[i];
  for (const Node& node : graph.nodes) {
    PlainNode plain{graph, node, {}};
    for (const TensorId id : node.inputs) plain.inputs.push_back(id == kNoTensor ? nullptr : &values[static_cast<std::size_t>(id)]);
    auto results = plain_node(plain);
    for (std::size_t i = 0; i < results.size(); ++i) {
      results[i].quant = graph.tensor(node.outputs[i]).quant;
      values[static_cast<std::size_t>(node.outputs[i])] = std::move(results[i]);
    }
  }
  std::vector<Tensor> outputs;
  for (const TensorId id : graph.outputs) outputs.push_back(values[static_cast<std::size_t>(id)]);
  return outputs;
}

inline QuantParams random_quant(Random& random) {
  return QuantParams{{random.real(0.01f, 0.1f)}, {random.integer(-128, 127)}, -1, 8};
}

// Operators whose output has the parameters of their input.
inline bool keeps_quant(const Node& node) {
  for (const Op* op : {&kConcat, &kSplit, &kSlice, &kPad, &kTranspose, &kMaxPool2d, &kResize})
    if (node.is(*op)) return true;
  return keeps_elements(*node.op);
}

// Random parameters for every int8 tensor that has none: per-channel symmetric for weights, equal where elements are moved.
// With `one_for_all` all activations have the same (for concat).
inline void set_quant(Graph& graph, Random& random, bool one_for_all) {
  const QuantParams common = random_quant(random);
  const auto params = [&] { return one_for_all ? common : random_quant(random); };
  for (const Node& node : graph.nodes) {
    if (!node.is(kConv2d) && !node.is(kFullyConnected)) continue;
    Tensor& weights = graph.tensor(node.inputs[1]);
    if (weights.quant || weights.type != DataType::kInt8) continue;
    const auto channels = static_cast<std::size_t>(std::max<std::int64_t>(weights.shape[0], 1));
    weights.quant = QuantParams{random.reals(channels, 0.001f, 0.01f), std::vector<std::int32_t>(channels, 0), channels > 1 ? 0 : -1, 8};
  }
  for (Tensor& tensor : graph.tensors)
    if (tensor.type == DataType::kInt8 && !tensor.quant) tensor.quant = params();
  for (const Node& node : graph.nodes)
    if (keeps_quant(node))
      for (const TensorId id : node.outputs) graph.tensor(id).quant = graph.tensor(node.inputs[0]).quant;
}

// The runtime against plain arithmetic, bit for bit, on random inputs, constants and quantization parameters.
inline void expect_int8_runs(std::string_view text, unsigned seed = 1) {
  Random random(seed);
  Graph graph = parsed(text);
  set_quant(graph, random, text.find("concat") != std::string_view::npos);
  randomize_constants(graph, random);
  const auto inputs = random_inputs(graph, random);
  const auto expected = plain_evaluate(graph, inputs);
  for (const RunOptions& options : all_run_options()) {
    const auto outputs = execute(graph, inputs, options);
    ASSERT_EQ(outputs.size(), expected.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto e = expected[i].data.bytes(), a = outputs[i].data.bytes();
      const auto difference = std::mismatch(e.begin(), e.end(), a.begin()).first - e.begin();
      ASSERT_EQ(difference, e.end() - e.begin()) << "output " << outputs[i].name << " differs at byte " << difference << "; " << describe(graph, options);
    }
  }
}

// The graph in float32, and the same in int8 with int32 biases (constants named b).
inline void expect_runs(const std::string& text, unsigned seed = 1) {
  expect_float_runs(text, seed);
  std::string int8 = text;
  for (std::size_t at = 0; (at = int8.find("f32", at)) != std::string::npos;) {
    const bool is_bias = int8.compare(int8.rfind('%', at), 3, "%b ") == 0;
    int8.replace(at, 3, is_bias ? "i32" : "i8");
  }
  expect_int8_runs(int8, seed);
}

}  // namespace octet

#endif  // OCTET_RUNTIME_PLAIN_QS8_H_
