// SPDX-License-Identifier: Apache-2.0
#include "quantizers/compatible/layer_bias_correction.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/conv2d.h"
#include "ops/quantize.h"
#include "runtime/executor.h"

namespace octet {
namespace {

// quantize -> convolution as a graph of its own, reading what the float convolution reads.
Graph layer_graph(const Graph& quantized, const Node& node) {
  Graph graph;
  Tensor src;
  src.name = "src";
  src.shape = quantized.tensor(node.inputs[0]).shape;
  graph.inputs = {graph.add_tensor(src)};
  Tensor src_int8 = quantized.tensor(node.inputs[0]);
  src_int8.name = "src_int8";
  Node quantize;
  quantize.name = "quantize";
  quantize.op = &kQuantize;
  quantize.attrs = kQuantize.default_attrs();
  quantize.inputs = graph.inputs;
  quantize.outputs = {graph.add_tensor(std::move(src_int8))};
  Node layer = node;
  layer.inputs = {quantize.outputs[0]};
  for (std::size_t i = 1; i < node.inputs.size(); ++i) layer.inputs.push_back(graph.add_tensor(quantized.tensor(node.inputs[i])));
  layer.outputs = {graph.add_tensor(quantized.tensor(node.outputs[0]))};
  graph.outputs = layer.outputs;
  graph.add_node(std::move(quantize));
  graph.add_node(std::move(layer));
  return graph;
}

struct Layer {
  std::size_t node;        // of the quantized graph
  std::size_t float_node;  // of the float graph
  std::shared_ptr<const Plan> plan;
};

// In float32 and in the order of the rows, as the original: a mean on the edge between two steps must fall to the same side.
template <typename ValueOfRow>
float mean_of(std::size_t rows, ValueOfRow value) {
  float sum = 0;
  for (std::size_t r = 0; r < rows; ++r) sum += value(r);
  return sum / static_cast<float>(rows);
}

// Runs one sample after the other; sums up each layer's mean differences.
class Worker {
 public:
  Worker(const std::shared_ptr<const Plan>& float_plan, const std::vector<Layer>& layers) : float_(float_plan, 1), layers_(layers) {
    for (const Layer& layer : layers) executors_.push_back(std::make_unique<Executor>(layer.plan, 1));
    layer_of_node_.assign(float_plan->graph().nodes.size(), SIZE_MAX);
    for (std::size_t i = 0; i < layers.size(); ++i) layer_of_node_[layers[i].float_node] = i;
    for (std::size_t i = 0; i < float_plan->graph().inputs.size(); ++i) inputs_.push_back(float_.input(i));
  }

  // differences[layer][channel]: mean of the float output less that of the int8 one.
  Result<void> run(const SampleSource& samples, std::size_t index, std::vector<std::vector<float>>& differences) {
    OCTET_RETURN_IF_ERROR(samples.load(index, inputs_));
    differences.resize(layers_.size());
    Result<void> done;
    OCTET_RETURN_IF_ERROR(float_.run([&](std::size_t step, const Node&, std::span<const ConstView> src, std::span<const View> dst) {
      const std::size_t layer = layer_of_node_[float_.plan().steps()[step].node];
      if (layer == SIZE_MAX || !done) return;
      auto found = difference(layer, src[0], dst[0]);
      if (found) {
        differences[layer] = std::move(*found);
      } else {
        done = std::move(found).error();
      }
    }));
    return done;
  }

 private:
  Result<std::vector<float>> difference(std::size_t layer, const ConstView& src, const View& dst) {
    Executor& executor = *executors_[layer];
    std::memcpy(executor.input(0).data(), src.data, executor.input(0).size());
    OCTET_RETURN_IF_ERROR(executor.run());
    const Graph& graph = executor.plan().graph();
    const QuantParams& quant = *graph.tensor(graph.outputs[0]).quant;
    const auto* steps = reinterpret_cast<const std::int8_t*>(executor.output(0).data());
    const auto channels = static_cast<std::size_t>(dst.shape->back());
    const std::size_t rows = executor.output(0).size() / channels;
    std::vector<float> result(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const float wanted = mean_of(rows, [&](std::size_t r) { return dst.as<float>()[r * channels + c]; });
      const float made = mean_of(rows, [&](std::size_t r) {
        return quant.scale[0] * static_cast<float>(steps[r * channels + c] - quant.zero_point[0]);
      });
      result[c] = wanted - made;
    }
    return result;
  }

  Executor float_;
  const std::vector<Layer>& layers_;
  std::vector<std::unique_ptr<Executor>> executors_;  // by layer
  std::vector<std::size_t> layer_of_node_;            // by node of the float graph
  std::vector<std::span<std::byte>> inputs_;
};

void correct(Tensor& bias, const std::vector<float>& mean_difference) {
  constexpr double kMost = 0.6 * 2147483647.0;
  const auto old = bias.values<std::int32_t>();
  std::vector<std::int32_t> values(old.begin(), old.end());
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double scale = bias.quant->scale[bias.quant->per_channel() ? k : 0];
    const double corrected = values[k] + std::round(mean_difference[k] / scale);
    if (std::fabs(corrected) < kMost) values[k] = static_cast<std::int32_t>(corrected);
  }
  const auto bytes = std::as_bytes(std::span(values));
  bias.data = ConstantData({bytes.begin(), bytes.end()});
}

}  // namespace

Result<void> correct_convolution_biases(const std::shared_ptr<const Plan>& float_plan, const SampleSource& samples, int num_threads,
                                        Graph& quantized) {
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < quantized.nodes.size(); ++i) {
    const Node& node = quantized.nodes[i];
    const std::int32_t original = find_node(float_plan->graph(), node.name);
    if (!node.is(kConv2d) || quantized.tensor(node.outputs[0]).type != DataType::kInt8 || node.inputs.size() < 3 || original < 0) continue;
    Layer layer{i, static_cast<std::size_t>(original), nullptr};
    OCTET_ASSIGN_OR_RETURN(layer.plan, Plan::make(layer_graph(quantized, node)));
    layers.push_back(std::move(layer));
  }
  const std::size_t num_workers = std::min<std::size_t>(static_cast<std::size_t>(num_threads), samples.size());
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < num_workers; ++i) workers.push_back(std::make_unique<Worker>(float_plan, layers));
  ThreadPool threads(static_cast<int>(num_workers));
  std::vector<std::vector<float>> sums(layers.size());
  for (std::size_t first = 0; first < samples.size(); first += num_workers) {
    const std::size_t count = std::min(num_workers, samples.size() - first);
    std::vector<Result<void>> status(count);
    std::vector<std::vector<std::vector<float>>> differences(count);
    threads.run([&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      if (t < count) status[t] = workers[t]->run(samples, first + t, differences[t]);
    });
    for (std::size_t t = 0; t < count; ++t) {  // in the order of the samples, whatever the number of threads
      OCTET_RETURN_IF_ERROR(std::move(status[t]));
      for (std::size_t i = 0; i < layers.size(); ++i) {
        sums[i].resize(differences[t][i].size(), 0.0f);
        for (std::size_t c = 0; c < sums[i].size(); ++c) sums[i][c] += differences[t][i][c];
      }
    }
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (float& sum : sums[i]) sum /= static_cast<float>(samples.size());
    correct(quantized.tensor(quantized.nodes[layers[i].node].inputs[2]), sums[i]);
  }
  return {};
}

}  // namespace octet
