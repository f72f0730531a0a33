// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/full_quantizer.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "ir/verifier.h"
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

TensorRange range_of(const RangeObserver& observer, RangeMethod method, bool is_output) {
  if (method == RangeMethod::kMinMax || is_output) return {observer.min(), observer.max()};
  return {observer.mean_min(), observer.mean_max()};
}

struct Statistics {
  std::vector<std::optional<TensorRange>> ranges;  // by TensorId
  ChannelMeans means;
};

Statistics collect(const Graph& graph, const std::vector<StatisticPoint>& points, RangeMethod method) {
  Statistics statistics;
  statistics.ranges.resize(graph.tensors.size());
  const Uses uses = find_uses(graph);
  for (const StatisticPoint& point : points) {
    const auto t = static_cast<std::size_t>(point.tensor);
    if (const auto* range = dynamic_cast<const RangeObserver*>(point.observer.get()))
      statistics.ranges[t] = range_of(*range, method, uses.is_output[t]);
    if (const auto* mean = dynamic_cast<const ChannelMeanObserver*>(point.observer.get()))
      statistics.means[point.tensor] = mean->means();
  }
  return statistics;
}

// Float nodes worth telling: those that compute, not those that move elements at the border.
std::vector<FloatNode> float_nodes(const Graph& graph, const Selection& selection) {
  std::vector<FloatNode> result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (!selection.quantized[i])
      result.push_back({graph.nodes[i].name, std::string(graph.nodes[i].op->name), selection.reasons[i]});
  return result;
}

}  // namespace

Result<FullQuantResult> quantize_full(const Graph& graph, const SampleSource& samples, const FullQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  const Selection selection = select_nodes(graph, options);
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> float_plan, Plan::make(graph));
  std::vector<StatisticPoint> points = statistic_points(graph, selection, options.bias_correction);
  OCTET_RETURN_IF_ERROR(calibrate(float_plan, samples, points, options.calibration));
  const Statistics statistics = collect(graph, points, options.range_method);
  const auto ranges = choose_ranges(graph, selection, statistics.ranges);

  RewriteOptions rewrite;
  rewrite.per_channel = options.per_channel && options.target->per_channel_weights;
  rewrite.symmetric_activations = options.target->symmetric_activations;
  FullQuantResult result;
  OCTET_ASSIGN_OR_RETURN(result.graph, rewrite_to_int8(graph, selection, ranges, rewrite));
  std::vector<Graph> candidates = {std::move(result.graph)};
  if (options.bias_correction && !statistics.means.empty()) {
    rewrite.bias_correction_means = &statistics.means;
    OCTET_ASSIGN_OR_RETURN(Graph corrected, rewrite_to_int8(graph, selection, ranges, rewrite));
    MeasuredBiasCorrectionOptions measured;
    measured.num_threads = options.calibration.num_threads;
    OCTET_ASSIGN_OR_RETURN(Graph measured_graph, correct_biases_by_measurement(float_plan, corrected, samples, measured));
    candidates.push_back(std::move(corrected));
    candidates.push_back(std::move(measured_graph));
  }
  // A correction that does not help on the calibration samples is not taken.
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> cosines,
                         mean_output_cosines(float_plan, candidates, samples, options.calibration.num_threads));
  const auto best = static_cast<std::size_t>(std::max_element(cosines.begin(), cosines.end()) - cosines.begin());
  OCTET_LOG(kInfo, "cosine of the first output with float: {:.6f} (none, weight error, measured error corrected)", fmt::join(cosines, ", "));
  result.graph = std::move(candidates[best]);
  result.bias_corrected = best > 0;
  result.cosine = cosines[best];
  OCTET_RETURN_IF_ERROR(verify(result.graph));
  result.float_nodes = float_nodes(graph, selection);
  result.num_quantized_nodes = static_cast<std::size_t>(std::count(selection.quantized.begin(), selection.quantized.end(), true));
  return result;
}

}  // namespace octet
