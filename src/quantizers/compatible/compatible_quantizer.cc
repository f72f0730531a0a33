// SPDX-License-Identifier: Apache-2.0
#include "quantizers/compatible/compatible_quantizer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/log.h"
#include "calibration/magnitude_histogram_observer.h"
#include "calibration/order_statistics_observer.h"
#include "ir/verifier.h"
#include "ops/conv2d.h"
#include "ops/quantize.h"
#include "quantizers/compatible/compatible_params.h"
#include "quantizers/compatible/explicit_borders.h"
#include "quantizers/compatible/layer_bias_correction.h"
#include "quantizers/compatible/original_graph.h"
#include "quantizers/full/fidelity.h"
#include "quantizers/full/op_rules.h"
#include "quantizers/full/ranges.h"
#include "quantizers/node_names.h"

namespace octet {
namespace {

std::string reason_against(const Graph& graph, const Node& node, const CompatibleQuantOptions& options) {
  if (is_skipped(node, options.skip_nodes, options.skip_ops)) return "skipped by configuration";
  const bool listed = options.is_original ? runs_in_compatible_int8(*options.target, node.op->name) : runs_in_int8(*options.target, node.op->name);
  if (!listed || find_op_rule(*node.op) == nullptr) return fmt::format("operator {} is not quantized for {}", node.op->name, options.target->name);
  if (graph.tensor(node.inputs[0]).type != DataType::kFloat32 || graph.tensor(node.outputs[0]).type != DataType::kFloat32)
    return "its values are not float32";
  return has_weights(node) ? reason_against_layer(graph, node) : "";
}

Selection select(const Graph& graph, const CompatibleQuantOptions& options) {
  Selection selection;
  for (const Node& node : graph.nodes) {
    selection.reasons.push_back(reason_against(graph, node, options));
    selection.quantized.push_back(selection.reasons.back().empty());
  }
  return selection;
}

bool is_activation(const Graph& graph, TensorId id) { return id != kNoTensor && !graph.tensor(id).is_constant; }

// Parameters of the activations of quantized nodes, by TensorId.
using ActivationParams = std::map<TensorId, QuantParams>;

std::set<TensorId> activations_of(const Graph& graph, const Selection& selection) {
  std::set<TensorId> tensors;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!selection.quantized[i]) continue;
    for (const TensorId id : graph.nodes[i].inputs)
      if (is_activation(graph, id)) tensors.insert(id);
    tensors.insert(graph.nodes[i].outputs.begin(), graph.nodes[i].outputs.end());
  }
  return tensors;
}

// The original's KL: a round for the widths of the bins, one that fills them. The range is [-T, T] on all 256 steps.
Result<ActivationParams> params_by_original_kl(const std::shared_ptr<const Plan>& plan, const std::vector<StatisticPoint>& ranges,
                                               const SampleSource& samples, const CompatibleQuantOptions& options) {
  std::vector<StatisticPoint> points;
  for (const StatisticPoint& point : ranges) {
    const auto& range = static_cast<const RangeObserver&>(*point.observer);
    const float largest = std::max(std::fabs(range.min()), std::fabs(range.max()));
    points.push_back({point.tensor, std::make_unique<MagnitudeHistogramObserver>(largest / static_cast<float>(MagnitudeHistogramObserver::kBins))});
  }
  OCTET_RETURN_IF_ERROR(calibrate(plan, samples, points, options.calibration));
  ActivationParams params;
  for (const StatisticPoint& point : points) {
    const auto& histogram = static_cast<const MagnitudeHistogramObserver&>(*point.observer);
    const float threshold = compatible_kl_threshold(histogram.counts(), histogram.width());
    params[point.tensor] = compatible_activation_params(-threshold, threshold, options.target->symmetric_activations);
  }
  return params;
}

bool needs_order_statistics(const CompatibleQuantOptions& options) {
  return options.is_original && options.range_method == RangeMethod::kRemovalOutlier;
}

std::vector<StatisticPoint> statistic_points(const std::set<TensorId>& tensors, const CompatibleQuantOptions& options) {
  std::vector<StatisticPoint> points;
  for (const TensorId id : tensors) {
    points.push_back({id, std::make_unique<RangeObserver>()});
    if (needs_order_statistics(options)) points.push_back({id, std::make_unique<OrderStatisticsObserver>(0.0001, 0.9999)});
    else if (!options.is_original && needs_histogram(options.range_method)) points.push_back({id, std::make_unique<HistogramObserver>()});
  }
  return points;
}

Result<ActivationParams> calibrated_params(const std::shared_ptr<const Plan>& plan, const std::set<TensorId>& tensors,
                                           const SampleSource& samples, const CompatibleQuantOptions& options) {
  std::vector<StatisticPoint> points = statistic_points(tensors, options);
  OCTET_RETURN_IF_ERROR(calibrate(plan, samples, points, options.calibration));
  const bool symmetric = options.target->symmetric_activations;
  if (options.is_original && options.range_method == RangeMethod::kKl) {
    std::erase_if(points, [](const StatisticPoint& p) { return dynamic_cast<const RangeObserver*>(p.observer.get()) == nullptr; });
    return params_by_original_kl(plan, points, samples, options);
  }
  std::map<TensorId, TensorStatistics> statistics;
  ActivationParams params;
  for (const StatisticPoint& point : points) {
    if (const auto* range = dynamic_cast<const RangeObserver*>(point.observer.get())) statistics[point.tensor].range = range;
    if (const auto* histogram = dynamic_cast<const HistogramObserver*>(point.observer.get())) statistics[point.tensor].histogram = histogram;
    if (const auto* order = dynamic_cast<const OrderStatisticsObserver*>(point.observer.get()))
      params[point.tensor] = compatible_activation_params(order->mean_low(), order->mean_high(), symmetric);
  }
  if (needs_order_statistics(options)) return params;
  for (const auto& [tensor, s] : statistics) {
    const TensorRange range = range_by(options.range_method, s, 255, symmetric);
    params[tensor] = compatible_activation_params(range.min, range.max, symmetric);
  }
  return params;
}

// Builds the graph with casts, in the order of the float graph; sort_as_original() puts it right.
class Rewriter {
 public:
  Rewriter(const Graph& src, const Selection& selection, const ActivationParams& params, const CompatibleQuantOptions& options)
      : src_(src), selection_(selection), params_(params), options_(options), made_(src.tensors.size(), kNoTensor) {}

  Graph run() {
    dst_.name = src_.name;
    dst_.symbols = src_.symbols;
    for (const TensorId id : src_.inputs) dst_.inputs.push_back(made(id) = add_float(id, src_.tensor(id).name));
    for (std::size_t i = 0; i < src_.nodes.size(); ++i) add_node(src_.nodes[i], selection_.quantized[i]);
    for (std::size_t i = 0; i < src_.outputs.size(); ++i) dst_.outputs.push_back(as_output(src_.outputs[i], i));
    return std::move(dst_);
  }

 private:
  TensorId& made(TensorId id) { return made_[static_cast<std::size_t>(id)]; }

  Tensor described(TensorId id, const std::string& name, DataType type) const {
    const Tensor& tensor = src_.tensor(id);
    Tensor result;
    result.name = name;
    result.type = type;
    result.shape = tensor.shape;
    if (type == DataType::kFloat32) result.layout = tensor.layout;
    return result;
  }
  TensorId add_float(TensorId id, const std::string& name) {
    Tensor tensor = described(id, name, src_.tensor(id).type);
    if (const auto params = params_.find(id); params != params_.end()) tensor.quant = params->second;
    return dst_.add_tensor(std::move(tensor));
  }
  TensorId add_int8(TensorId id, const std::string& name) {
    Tensor tensor = described(id, name, DataType::kInt8);
    tensor.quant = params_.at(id);
    return dst_.add_tensor(std::move(tensor));
  }

  bool is_int8(TensorId made) const { return dst_.tensor(made).type == DataType::kInt8; }

  TensorId add_cast(TensorId id, const std::string& name, const std::string& tensor_name) {
    const bool to_int8 = !is_int8(made(id));
    Node cast;
    cast.name = name;
    cast.op = to_int8 ? &kQuantize : &kDequantize;
    cast.attrs = cast.op->default_attrs();
    cast.inputs = {made(id)};
    cast.outputs = {to_int8 ? add_int8(id, tensor_name) : add_float(id, tensor_name)};
    const TensorId result = cast.outputs[0];
    dst_.add_node(std::move(cast));
    return result;
  }

  void add_node(const Node& node, bool quantized) {
    Node copy = node;
    for (std::size_t i = 0; i < copy.inputs.size(); ++i) {
      TensorId& id = copy.inputs[i];
      if (id == kNoTensor) continue;
      if (src_.tensor(id).is_constant) {
        if (!quantized || !has_weights(node)) id = constant(id);
        continue;
      }
      const bool wants_int8 = quantized;
      const std::string cast = fmt::format("{}_dtype_cast_{}_pre", node.name, i + 1);
      id = is_int8(made(id)) == wants_int8 || src_.tensor(id).type != DataType::kFloat32 ? made(id) : add_cast(id, cast, cast);
    }
    if (quantized && has_weights(node)) add_weights(node, copy);
    for (TensorId& id : copy.outputs) {
      const std::string name = is_graph_output(id) && quantized ? node.name : src_.tensor(id).name;
      const TensorId result = quantized ? add_int8(id, name) : add_float(id, name);
      made(id) = result;
      id = result;
    }
    dst_.add_node(std::move(copy));
  }

  bool is_graph_output(TensorId id) const { return std::find(src_.outputs.begin(), src_.outputs.end(), id) != src_.outputs.end(); }

  // A constant that a node reads beside activations; in int8 with the parameters of its own extremes.
  TensorId constant(TensorId id) {
    if (made(id) == kNoTensor) made(id) = dst_.add_tensor(src_.tensor(id));
    return made(id);
  }

  void add_weights(const Node& node, Node& copy) {
    const Tensor& weights = src_.tensor(node.inputs[1]);
    const auto channels = static_cast<std::size_t>(weights.shape[0]);
    const float src_scale = params_.at(node.inputs[0]).scale[0];
    const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
    const auto bias = has_bias ? src_.tensor(node.inputs[2]).values<float>() : std::span<const float>();
    const bool per_channel = options_.per_channel && has_per_channel_weights(*options_.target, node.op->name);
    CompatibleWeights quantized = compatible_weights(weights.values<float>(), channels, per_channel, src_scale, bias);
    Tensor tensor = make_constant(weights.name, weights.shape, quantized.values);
    const std::vector<float> weight_scales = quantized.quant.scale;
    tensor.quant = std::move(quantized.quant);
    copy.inputs[1] = dst_.add_tensor(std::move(tensor));
    const bool corrected = options_.bias_correction && options_.target->bias_correction && node.is(kConv2d);
    if (!has_bias && !corrected) return;
    const std::vector<float> zeros(has_bias ? 0 : channels, 0.0f);
    std::vector<float> scale;
    const std::vector<std::int32_t> values = compatible_bias(has_bias ? bias : std::span<const float>(zeros), src_scale, weight_scales, scale);
    Tensor bias_tensor = make_constant(has_bias ? src_.tensor(node.inputs[2]).name : fmt::format("added_{}_bias", node.name),
                                       Shape{static_cast<std::int64_t>(channels)}, values);
    bias_tensor.quant = QuantParams{scale, std::vector<std::int32_t>(scale.size(), 0), scale.size() > 1 ? 0 : -1, 32};
    copy.inputs.resize(3, kNoTensor);
    copy.inputs[2] = dst_.add_tensor(std::move(bias_tensor));
  }

  TensorId as_output(TensorId id, std::size_t index) {
    if (!is_int8(made(id))) return made(id);
    return add_cast(id, fmt::format("Return_dtype_cast_{}_pre", index + 1), src_.tensor(id).name);
  }

  const Graph& src_;
  const Selection& selection_;
  const ActivationParams& params_;
  const CompatibleQuantOptions& options_;
  Graph dst_;
  std::vector<TensorId> made_;  // by TensorId of src_
};

// For targets that take a float graph and ranges.
Graph with_params(const Graph& graph, const ActivationParams& params) {
  Graph result = graph;
  for (const auto& [tensor, quant] : params) result.tensor(tensor).quant = quant;
  return result;
}

}  // namespace

Result<FullQuantResult> quantize_compatible(const Graph& graph, const SampleSource& samples, const CompatibleQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  const Selection selection = select(graph, options);
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Plan::make(graph));
  OCTET_ASSIGN_OR_RETURN(const ActivationParams params, calibrated_params(plan, activations_of(graph, selection), samples, options));

  FullQuantResult result;
  result.reference = graph;
  result.range_method = options.range_method;
  result.float_nodes = float_nodes(graph, selection);
  result.num_quantized_nodes = graph.nodes.size() - result.float_nodes.size();
  if (!options.target->int8_weights) {
    if (!options.explicit_borders) {
      result.graph = with_params(graph, params);
      return result;
    }
    result.graph = with_explicit_borders(graph, selection.quantized, params, options.per_channel);
    OCTET_RETURN_IF_ERROR(infer_shapes(result.graph));
    OCTET_RETURN_IF_ERROR(verify(result.graph));
    OCTET_ASSIGN_OR_RETURN(result.cosine, mean_output_cosine(plan, result.graph, samples, options.calibration.num_threads));
    return result;
  }
  result.graph = Rewriter(graph, selection, params, options).run();
  sort_as_original(result.graph);
  OCTET_RETURN_IF_ERROR(infer_shapes(result.graph));
  if (options.bias_correction && options.target->bias_correction) {
    OCTET_RETURN_IF_ERROR(correct_convolution_biases(plan, samples, options.calibration.num_threads, result.graph));
    result.bias_corrected = true;
  }
  OCTET_RETURN_IF_ERROR(verify(result.graph));
  OCTET_ASSIGN_OR_RETURN(result.cosine, mean_output_cosine(plan, result.graph, samples, options.calibration.num_threads));
  return result;
}

Result<FullQuantForecast> forecast_compatible(const Graph& graph, const CompatibleQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  const Selection selection = select(graph, options);
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Plan::make(graph));
  FullQuantForecast forecast;
  forecast.float_nodes = float_nodes(graph, selection);
  forecast.num_quantized_nodes = graph.nodes.size() - forecast.float_nodes.size();
  forecast.calibration_bytes = calibration_bytes(*plan, statistic_points(activations_of(graph, selection), options), options.calibration.num_threads);
  return forecast;
}

}  // namespace octet
