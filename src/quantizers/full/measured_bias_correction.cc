// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/measured_bias_correction.h"

#include <algorithm>
#include <cmath>

#include "calibration/sample_subset.h"
#include "quantizers/full/op_rules.h"
#include "runtime/executor.h"

namespace octet {
namespace {

// Adds the steps of each channel (last dimension) of an int8 tensor to `sums`; exact, so their order does not matter.
// Returns the number of values per channel.
std::int64_t add_channel_sums(const View& values, std::vector<std::int64_t>& sums) {
  const auto channels = static_cast<std::size_t>(values.shape->back());
  const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
  sums.resize(channels, 0);
  const auto* data = values.as<std::int8_t>();
  for (std::size_t i = 0; i < n; i += channels)
    for (std::size_t c = 0; c < channels; ++c) sums[c] += data[i + c];
  return static_cast<std::int64_t>(n / channels);
}

// A layer in both graphs.
struct Layer {
  std::size_t step;  // of the quantized graph: its node's index
  TensorId float_output;
};

std::vector<Layer> find_layers(const Graph& float_graph, const Graph& quantized) {
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < quantized.nodes.size(); ++i) {
    const Node& node = quantized.nodes[i];
    const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
    if (!has_weights(node) || !has_bias || quantized.tensor(node.outputs[0]).type != DataType::kInt8) continue;
    const std::int32_t original = find_node(float_graph, node.name);
    if (original < 0) continue;
    layers.push_back({i, float_graph.nodes[static_cast<std::size_t>(original)].outputs[0]});
  }
  return layers;
}

// The quantized network on several samples at once, a step at a time.
class Lockstep {
 public:
  static Result<Lockstep> make(const std::shared_ptr<const Plan>& plan, const SampleSource& samples, int num_threads) {
    Lockstep lockstep(num_threads);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      auto executor = std::make_unique<Executor>(plan, 1);
      std::vector<std::span<std::byte>> inputs;
      for (std::size_t j = 0; j < plan->graph().inputs.size(); ++j) inputs.push_back(executor->input(j));
      OCTET_RETURN_IF_ERROR(samples.load(i, inputs));
      lockstep.executors_.push_back(std::move(executor));
    }
    return lockstep;
  }

  Result<void> run_step(std::size_t step, const Operator* replacement) {
    std::vector<Result<void>> done(executors_.size());
    threads_->parallel_for(executors_.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) done[i] = executors_[i]->run_step(step, replacement);
    });
    for (Result<void>& one : done) OCTET_RETURN_IF_ERROR(std::move(one));
    return {};
  }

  // Mean of each channel of the step's output, over all samples, in real numbers.
  std::vector<double> output_means(std::size_t step) const {
    std::vector<std::int64_t> sums;
    std::int64_t count = 0;
    for (const auto& executor : executors_) count += add_channel_sums(executor->step_outputs(step)[0], sums);
    const QuantParams& quant = *executors_[0]->step_outputs(step)[0].quant;
    std::vector<double> means;
    for (const std::int64_t sum : sums)
      means.push_back(quant.scale[0] * (static_cast<double>(sum) / static_cast<double>(count) - quant.zero_point[0]));
    return means;
  }

 private:
  explicit Lockstep(int num_threads) : threads_(std::make_unique<ThreadPool>(num_threads)) {}
  std::unique_ptr<ThreadPool> threads_;
  std::vector<std::unique_ptr<Executor>> executors_;
};

void add_to_bias(Graph& graph, const Node& node, const std::vector<float>& wanted, const std::vector<double>& measured) {
  Tensor& bias = graph.tensor(node.inputs[2]);
  const auto old = bias.values<std::int32_t>();
  std::vector<std::int32_t> values(old.begin(), old.end());
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double scale = bias.quant->scale[bias.quant->per_channel() ? k : 0];
    constexpr double kMaxBias = 1073741824.0;  // 2^30, as in quantize_bias()
    values[k] = static_cast<std::int32_t>(std::clamp(std::nearbyint(values[k] + (wanted[k] - measured[k]) / scale), -kMaxBias, kMaxBias));
  }
  const auto bytes = std::as_bytes(std::span(values));
  bias.data = ConstantData({bytes.begin(), bytes.end()});
}

}  // namespace

Result<Graph> correct_biases_by_measurement(const std::shared_ptr<const Plan>& float_plan, const Graph& quantized,
                                            const SampleSource& samples, const MeasuredBiasCorrectionOptions& options) {
  Graph graph = quantized;
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Plan::make(graph));
  const std::size_t affordable = options.max_bytes / std::max<std::size_t>(plan->arena_bytes(), 1);
  const SampleSubset subset = SampleSubset::spread(samples, std::clamp<std::size_t>(affordable, 4, options.num_samples));
  const std::vector<Layer> layers = find_layers(float_plan->graph(), graph);
  std::vector<StatisticPoint> wanted;
  for (const Layer& layer : layers) {
    // What lies outside the range is cut by choice: shifting the bias for it would add an error to all other values.
    const QuantParams& quant = *graph.tensor(graph.nodes[layer.step].outputs[0]).quant;
    const auto real = [&](int q) { return quant.scale[0] * static_cast<float>(q - quant.zero_point[0]); };
    wanted.push_back({layer.float_output, std::make_unique<ChannelMeanObserver>(real(-128), real(127))});
  }
  CalibrationOptions calibration;
  calibration.num_threads = options.num_threads;
  OCTET_RETURN_IF_ERROR(calibrate(float_plan, subset, wanted, calibration));

  OCTET_ASSIGN_OR_RETURN(Lockstep lockstep, Lockstep::make(plan, subset, options.num_threads));
  std::size_t next_layer = 0;
  for (std::size_t step = 0; step < graph.nodes.size(); ++step) {
    OCTET_RETURN_IF_ERROR(lockstep.run_step(step, nullptr));
    if (next_layer == layers.size() || layers[next_layer].step != step) continue;
    const auto& observer = static_cast<const ChannelMeanObserver&>(*wanted[next_layer++].observer);
    const Node& node = graph.nodes[step];
    add_to_bias(graph, node, observer.means(), lockstep.output_means(step));
    std::vector<bool> packed(node.inputs.size(), false);
    OCTET_ASSIGN_OR_RETURN(const std::unique_ptr<Operator> corrected, make_operator({graph, node, cpu_features(), packed}));
    OCTET_RETURN_IF_ERROR(lockstep.run_step(step, corrected.get()));
  }
  return graph;
}

}  // namespace octet
