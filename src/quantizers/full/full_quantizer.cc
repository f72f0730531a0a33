// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/full_quantizer.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "ir/verifier.h"
#include "ops/matmul.h"
#include "quantizers/full/fidelity.h"
#include "quantizers/full/measured_bias_correction.h"
#include "quantizers/full/op_rules.h"
#include "quantizers/full/rewrite.h"
#include "quantizers/node_names.h"

namespace octet {
namespace {

// The statistics that ranges and bias correction need: a range of every float tensor, channel means of the inputs of nodes
// with weights.
std::vector<StatisticPoint> statistic_points(const Graph& graph, const Selection& selection, bool bias_correction) {
  std::set<TensorId> ranges, means;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!selection.quantized[i]) continue;
    const Node& node = graph.nodes[i];
    for (const TensorId id : node.inputs)
      if (id != kNoTensor && !graph.tensor(id).is_constant) ranges.insert(id);
    ranges.insert(node.outputs.begin(), node.outputs.end());
    if (bias_correction && has_weights(node)) means.insert(node.inputs[0]);
  }
  std::vector<StatisticPoint> points;
  for (const TensorId id : ranges) points.push_back({id, std::make_unique<RangeObserver>()});
  for (const TensorId id : means) points.push_back({id, std::make_unique<ChannelMeanObserver>()});
  return points;
}

// Tensors from which no path leads to another layer with weights: logits and what is made of them. Cutting their rare large
// values would change the answer itself, so they keep their full range.
std::vector<bool> find_tensors_behind_last_layer(const Graph& graph) {
  std::vector<bool> feeds_layer(graph.tensors.size(), false);
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    const bool leads_on = has_weights(node) || node.is(kMatmul) ||
                          std::any_of(node.outputs.begin(), node.outputs.end(),
                                      [&](TensorId id) { return feeds_layer[static_cast<std::size_t>(id)]; });
    for (const TensorId id : node.inputs)
      if (id != kNoTensor && leads_on) feeds_layer[static_cast<std::size_t>(id)] = true;
  }
  feeds_layer.flip();
  return feeds_layer;
}

// Ranges by TensorId, of the observed tensors.
std::vector<std::optional<TensorRange>> observed_ranges(const Graph& graph, const std::vector<StatisticPoint>& points, RangeMethod method) {
  const std::vector<bool> is_behind_last_layer = find_tensors_behind_last_layer(graph);
  std::vector<std::optional<TensorRange>> ranges(graph.tensors.size());
  for (const StatisticPoint& point : points) {
    const auto* range = dynamic_cast<const RangeObserver*>(point.observer.get());
    if (range == nullptr) continue;
    const auto t = static_cast<std::size_t>(point.tensor);
    const bool is_full = method == RangeMethod::kMinMax || is_behind_last_layer[t];
    ranges[t] = is_full ? TensorRange{range->min(), range->max()} : TensorRange{range->mean_min(), range->mean_max()};
  }
  return ranges;
}

ChannelMeans observed_means(const std::vector<StatisticPoint>& points) {
  ChannelMeans means;
  for (const StatisticPoint& point : points)
    if (const auto* mean = dynamic_cast<const ChannelMeanObserver*>(point.observer.get())) means[point.tensor] = mean->means();
  return means;
}

// A quantized graph, and how it came about.
struct Candidate {
  RangeMethod method;
  const char* correction;
  Graph graph;
};

// Float nodes worth telling: those that compute, not those that move elements at the border.
std::vector<FloatNode> float_nodes(const Graph& graph, const Selection& selection) {
  std::vector<FloatNode> result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (!selection.quantized[i])
      result.push_back({graph.nodes[i].name, std::string(graph.nodes[i].op->name), selection.reasons[i]});
  return result;
}

}  // namespace

namespace {

// The quantized graphs with one method's ranges: without bias correction, and if it is wanted with each kind.
Result<void> add_candidates(const Graph& graph, const Selection& selection, const std::vector<StatisticPoint>& points, RangeMethod method,
                            const std::shared_ptr<const Plan>& float_plan, const SampleSource& samples,
                            const FullQuantOptions& options, std::vector<Candidate>& candidates) {
  const auto ranges = choose_ranges(graph, selection, observed_ranges(graph, points, method));
  RewriteOptions rewrite;
  rewrite.per_channel = options.per_channel && options.target->per_channel_weights;
  rewrite.symmetric_activations = options.target->symmetric_activations;
  OCTET_ASSIGN_OR_RETURN(Graph plain, rewrite_to_int8(graph, selection, ranges, rewrite));
  candidates.push_back({method, "no bias correction", std::move(plain)});
  const ChannelMeans means = observed_means(points);
  if (means.empty()) return {};
  rewrite.bias_correction_means = &means;
  OCTET_ASSIGN_OR_RETURN(Graph corrected, rewrite_to_int8(graph, selection, ranges, rewrite));
  MeasuredBiasCorrectionOptions measured;
  measured.num_threads = options.calibration.num_threads;
  OCTET_ASSIGN_OR_RETURN(Graph measured_graph, correct_biases_by_measurement(float_plan, corrected, samples, measured));
  candidates.push_back({method, "weight error corrected", std::move(corrected)});
  candidates.push_back({method, "measured error corrected", std::move(measured_graph)});
  return {};
}

}  // namespace

Result<FullQuantResult> quantize_full(const Graph& graph, const SampleSource& samples, const FullQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  const Selection selection = select_nodes(graph, options);
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> float_plan, Plan::make(graph));
  std::vector<StatisticPoint> points = statistic_points(graph, selection, options.bias_correction);
  OCTET_RETURN_IF_ERROR(calibrate(float_plan, samples, points, options.calibration));

  std::vector<RangeMethod> methods = {options.range_method};
  if (options.range_method == RangeMethod::kBest) methods = {RangeMethod::kMeanMinMax, RangeMethod::kMinMax};
  std::vector<Candidate> candidates;
  for (const RangeMethod method : methods)
    OCTET_RETURN_IF_ERROR(add_candidates(graph, selection, points, method, float_plan, samples, options, candidates));

  // What comes closest to the float outputs on the calibration samples is taken: a correction never makes them worse.
  std::vector<const Graph*> graphs;
  for (const Candidate& candidate : candidates) graphs.push_back(&candidate.graph);
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> cosines,
                         mean_output_cosines(float_plan, graphs, samples, options.calibration.num_threads));
  for (std::size_t i = 0; i < candidates.size(); ++i)
    OCTET_LOG(kInfo, "ranges {}, {}: cosine with float {:.6f}", range_method_name(candidates[i].method), candidates[i].correction, cosines[i]);
  const auto best = static_cast<std::size_t>(std::max_element(cosines.begin(), cosines.end()) - cosines.begin());

  FullQuantResult result;
  result.graph = std::move(candidates[best].graph);
  result.range_method = candidates[best].method;
  result.bias_corrected = std::string_view(candidates[best].correction) != "no bias correction";
  result.cosine = cosines[best];
  OCTET_RETURN_IF_ERROR(verify(result.graph));
  result.float_nodes = float_nodes(graph, selection);
  result.num_quantized_nodes = static_cast<std::size_t>(std::count(selection.quantized.begin(), selection.quantized.end(), true));
  return result;
}

std::string_view range_method_name(RangeMethod method) {
  switch (method) {
    case RangeMethod::kMinMax: return "MAX_MIN";
    case RangeMethod::kMeanMinMax: return "MEAN_MIN_MAX";
    case RangeMethod::kBest: break;
  }
  return "best";
}

}  // namespace octet
