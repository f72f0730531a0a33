// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/measured_bias_correction.h"

#include <algorithm>
#include <cmath>

#include "base/infinity.h"
#include "calibration/sample_subset.h"
#include "ops/dynamic_quantize.h"
#include "quantizers/full/op_rules.h"
#include "quantizers/full/range_search.h"
#include "runtime/executor.h"

namespace octet {
namespace {

// Adds the values of each channel (last dimension) to `sums`. Returns the number of values per channel.
template <typename T>
double add_channel_sums(const View& values, std::vector<double>& sums) {
  const auto channels = static_cast<std::size_t>(values.shape->back());
  const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
  sums.resize(channels, 0);
  const auto* data = values.as<T>();
  for (std::size_t i = 0; i < n; i += channels)
    for (std::size_t c = 0; c < channels; ++c) sums[c] += data[i + c];
  return static_cast<double>(n / channels);
}

// A layer in both graphs.
struct MeasuredLayer {
  std::size_t step;  // of the quantized graph: its node's index
  TensorId float_output;
  std::size_t bias_input;
};

// Where the layer has its bias; 0: nowhere.
std::size_t bias_input(const Graph& graph, const Node& node) {
  const bool gives_floats = node.is(kDynamicFullyConnected);
  if (!gives_floats && (!has_weights(node) || graph.tensor(node.outputs[0]).type != DataType::kInt8)) return 0;
  const std::size_t input = gives_floats ? 4 : 2;
  return node.inputs.size() > input && node.inputs[input] != kNoTensor ? input : 0;
}

std::vector<MeasuredLayer> find_layers(const Graph& float_graph, const Graph& quantized) {
  std::vector<MeasuredLayer> layers;
  for (std::size_t i = 0; i < quantized.nodes.size(); ++i) {
    const Node& node = quantized.nodes[i];
    const std::size_t bias = bias_input(quantized, node);
    if (bias == 0) continue;
    const std::int32_t original = find_node(float_graph, node.name);
    if (original < 0) continue;
    layers.push_back({i, float_graph.nodes[static_cast<std::size_t>(original)].outputs[0], bias});
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
    const View& first = executors_[0]->step_outputs(step)[0];
    const bool is_float = first.type == DataType::kFloat32;
    std::vector<double> means;
    double count = 0;
    for (const auto& executor : executors_) {
      const View& values = executor->step_outputs(step)[0];
      count += is_float ? add_channel_sums<float>(values, means) : add_channel_sums<std::int8_t>(values, means);
    }
    for (double& mean : means) mean = is_float ? mean / count : first.quant->scale[0] * (mean / count - first.quant->zero_point[0]);
    return means;
  }

 private:
  explicit Lockstep(int num_threads) : threads_(std::make_unique<ThreadPool>(num_threads)) {}
  std::unique_ptr<ThreadPool> threads_;
  std::vector<std::unique_ptr<Executor>> executors_;
};

template <typename T>
void set_values(Tensor& tensor, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  tensor.data = ConstantData({bytes.begin(), bytes.end()});
}

void add_to_bias(Tensor& bias, const std::vector<float>& wanted, const std::vector<double>& measured) {
  if (bias.type == DataType::kFloat32) {
    std::vector<float> values(bias.values<float>().begin(), bias.values<float>().end());
    for (std::size_t k = 0; k < values.size(); ++k) values[k] += static_cast<float>(wanted[k] - measured[k]);
    return set_values(bias, values);
  }
  std::vector<std::int32_t> values(bias.values<std::int32_t>().begin(), bias.values<std::int32_t>().end());
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double scale = bias.quant->scale[bias.quant->per_channel() ? k : 0];
    constexpr double kMaxBias = 1073741824.0;  // 2^30, as in quantize_bias()
    values[k] = static_cast<std::int32_t>(std::clamp(std::nearbyint(values[k] + (wanted[k] - measured[k]) / scale), -kMaxBias, kMaxBias));
  }
  set_values(bias, values);
}

// What lies outside the range of an int8 tensor is cut by choice: shifting the bias for it would add an error to all other values.
TensorRange kept_range(const Tensor& output) {
  if (!output.quant) return {-kInfinity, kInfinity};
  const auto real = [&](int q) { return output.quant->scale[0] * static_cast<float>(q - output.quant->zero_point[0]); };
  return {real(-128), real(127)};
}

}  // namespace

Result<Graph> correct_biases_by_measurement(const std::shared_ptr<const Plan>& float_plan, const Graph& quantized,
                                            const SampleSource& samples, const MeasuredBiasCorrectionOptions& options) {
  Graph graph = quantized;
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Plan::make(graph));
  const std::size_t affordable = options.max_bytes / std::max<std::size_t>(plan->arena_bytes(), 1);
  const SampleSubset subset = SampleSubset::spread(samples, std::clamp<std::size_t>(affordable, 4, options.num_samples));
  const std::vector<MeasuredLayer> layers = find_layers(float_plan->graph(), graph);
  std::vector<StatisticPoint> wanted;
  for (const MeasuredLayer& layer : layers) {
    const TensorRange kept = kept_range(graph.tensor(graph.nodes[layer.step].outputs[0]));
    wanted.push_back({layer.float_output, std::make_unique<ChannelMeanObserver>(kept.min, kept.max)});
  }
  CalibrationOptions calibration;
  calibration.num_threads = options.num_threads;
  OCTET_RETURN_IF_ERROR(calibrate(float_plan, subset, wanted, calibration));

  OCTET_ASSIGN_OR_RETURN(Lockstep lockstep, Lockstep::make(plan, subset, options.num_threads));
  std::size_t next_layer = 0;
  for (std::size_t step = 0; step < graph.nodes.size(); ++step) {
    OCTET_RETURN_IF_ERROR(lockstep.run_step(step, nullptr));
    if (next_layer == layers.size() || layers[next_layer].step != step) continue;
    const auto& observer = static_cast<const ChannelMeanObserver&>(*wanted[next_layer].observer);
    const Node& node = graph.nodes[step];
    add_to_bias(graph.tensor(node.inputs[layers[next_layer++].bias_input]), observer.means(), lockstep.output_means(step));
    MemoryPool memory;
    std::vector<bool> packed(node.inputs.size(), false);
    OCTET_ASSIGN_OR_RETURN(const std::unique_ptr<Operator> corrected, make_operator({graph, node, cpu_features(), memory, packed}));
    OCTET_RETURN_IF_ERROR(lockstep.run_step(step, corrected.get()));
  }
  return graph;
}

}  // namespace octet
