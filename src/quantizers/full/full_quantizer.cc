// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/full_quantizer.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "calibration/sample_subset.h"
#include "ir/verifier.h"
#include "ops/fully_connected.h"
#include "ops/matmul.h"
#include "quantizers/embeddings.h"
#include "quantizers/full/equalization.h"
#include "quantizers/full/fidelity.h"
#include "quantizers/full/measured_bias_correction.h"
#include "quantizers/full/op_rules.h"
#include "quantizers/full/other_shapes.h"
#include "quantizers/full/rewrite.h"
#include "quantizers/node_names.h"

namespace octet {
namespace {

// The statistics that ranges and bias correction need: a range of every float tensor, channel means of the inputs of nodes
// with weights.
std::vector<StatisticPoint> statistic_points(const Graph& graph, const Selection& selection, const FullQuantOptions& options) {
  std::set<TensorId> ranges, means;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!selection.quantized[i]) continue;
    const Node& node = graph.nodes[i];
    for (const TensorId id : node.inputs)
      if (id != kNoTensor && !graph.tensor(id).is_constant) ranges.insert(id);
    ranges.insert(node.outputs.begin(), node.outputs.end());
    if (options.bias_correction && has_weights(node)) means.insert(node.inputs[0]);
  }
  std::vector<StatisticPoint> points;
  for (const TensorId id : ranges) points.push_back({id, std::make_unique<RangeObserver>()});
  if (needs_histogram(options.range_method))
    for (const TensorId id : ranges) points.push_back({id, std::make_unique<HistogramObserver>()});
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

// What calibration gathered of each tensor, by TensorId.
std::vector<TensorStatistics> gathered(const Graph& graph, const std::vector<StatisticPoint>& points) {
  std::vector<TensorStatistics> statistics(graph.tensors.size());
  for (const StatisticPoint& point : points) {
    TensorStatistics& of_tensor = statistics[static_cast<std::size_t>(point.tensor)];
    if (const auto* range = dynamic_cast<const RangeObserver*>(point.observer.get())) of_tensor.range = range;
    if (const auto* histogram = dynamic_cast<const HistogramObserver*>(point.observer.get())) of_tensor.histogram = histogram;
  }
  return statistics;
}

// Ranges by TensorId, of the observed tensors.
std::vector<std::optional<TensorRange>> observed_ranges(const Graph& graph, const std::vector<StatisticPoint>& points, RangeMethod method,
                                                        const FullQuantOptions& options) {
  const std::vector<bool> is_behind_last_layer = find_tensors_behind_last_layer(graph);
  const std::vector<TensorStatistics> statistics = gathered(graph, points);
  std::vector<std::optional<TensorRange>> ranges(graph.tensors.size());
  for (std::size_t t = 0; t < ranges.size(); ++t)
    if (statistics[t].range != nullptr)
      ranges[t] = range_by(is_behind_last_layer[t] ? RangeMethod::kMinMax : method, statistics[t], (1 << options.bits) - 1,
                           options.target->symmetric_activations);
  return ranges;
}

ChannelMeans observed_means(const std::vector<StatisticPoint>& points) {
  ChannelMeans means;
  for (const StatisticPoint& point : points)
    if (const auto* mean = dynamic_cast<const ChannelMeanObserver*>(point.observer.get())) means[point.tensor] = mean->means();
  return means;
}

// Float tensors that int8 layers read, made by float nodes: their channels can be scaled on the way.
std::vector<TensorId> tensors_to_split(const Graph& graph, const Selection& selection) {
  const Uses uses = find_uses(graph);
  std::vector<TensorId> tensors;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!selection.quantized[i] || !node.is(kFullyConnected)) continue;
    const std::int32_t producer = uses.producer[static_cast<std::size_t>(node.inputs[0])];
    if (producer < 0 || selection.quantized[static_cast<std::size_t>(producer)]) continue;
    if (std::find(tensors.begin(), tensors.end(), node.inputs[0]) == tensors.end()) tensors.push_back(node.inputs[0]);
  }
  return tensors;
}

// Elsewhere the target's compiler decides what becomes of a table.
bool quantizes_embeddings(const FullQuantOptions& options) { return options.target->runs_here && options.bits == 8; }

// The nodes that compute in float and read float weights, in order, with their reasons.
std::vector<FloatNode> find_float_nodes(const Graph& graph, const Selection& selection, const FullQuantOptions& options) {
  std::set<std::string> embeddings;
  for (const Node& node : graph.nodes)
    if (quantizes_embeddings(options) && is_embedding(graph, node) && !is_skipped(node, options.skip_nodes, options.skip_ops))
      embeddings.insert(node.name);
  std::vector<FloatNode> nodes = float_nodes(graph, selection);
  std::erase_if(nodes, [&](const FloatNode& node) { return embeddings.count(node.node) > 0; });
  return nodes;
}

// The float graph, as it is or equalized, with what calibration knows of it.
struct Variant {
  bool is_equalized = false;
  Graph graph;  // with its weights: a plan keeps them packed only
  Selection selection;
  std::shared_ptr<const Plan> plan;
  std::vector<StatisticPoint> points;
  std::vector<CalibrationProfile> profiles;
};

enum class Correction { kNone, kWeightError, kMeasuredError };

std::string_view correction_name(Correction correction) {
  static constexpr std::string_view kNames[] = {"no bias correction", "weight error corrected", "measured error corrected"};
  return kNames[static_cast<int>(correction)];
}

// Whether cosines `a` are closer to 1 than `b`, of the same samples, by more than two standard errors of the mean of
// log((1 - b[i]) / (1 - a[i])): the few samples that the network itself is unsure of would decide a mean of 1 - cosine alone.
bool is_closer_beyond_chance(std::span<const double> a, std::span<const double> b) {
  constexpr double kEqual = 1e-6;  // distances below it are rounding of float32
  std::vector<double> gains(a.size());
  std::transform(a.begin(), a.end(), b.begin(), gains.begin(),
                 [](double x, double y) { return std::log((1 - y + kEqual) / (1 - x + kEqual)); });
  const double mean = mean_of(gains);
  if (gains.size() < 2) return mean > 0;
  double squares = 0;
  for (const double gain : gains) squares += (gain - mean) * (gain - mean);
  const auto n = static_cast<double>(gains.size());
  return mean > 2 * std::sqrt(squares / (n - 1) / n);
}

// How a quantized graph is made.
struct Recipe {
  const Variant* variant;
  RangeMethod method;
  Correction correction;
};

// Makes recipes' graphs and finds the best.
class Chooser {
 public:
  Chooser(const Graph& graph, const SampleSource& samples, const FullQuantOptions& options)
      : graph_(graph), options_(options), all_(samples), fitted_(samples, {}), checked_(samples, {}) {
    // A search over many recipes would find what suits the samples that made the ranges. Every fourth is kept apart for it, and
    // joins when the choice is made.
    const bool compares_much = options.range_method == RangeMethod::kBest || options.equalize;
    const bool holds_out = compares_much && samples.size() >= kLeastToHoldOut;
    std::vector<std::size_t> fitted, checked;
    for (std::size_t i = 0; i < samples.size(); ++i) (holds_out && i % 4 == 3 ? checked : fitted).push_back(i);
    fitted_ = SampleSubset(samples, fitted);
    checked_ = SampleSubset(samples, holds_out ? checked : fitted);
    holds_out_ = holds_out;
    variants_.resize(options.equalize ? 2 : 1);
  }

  Result<FullQuantResult> run() {
    OCTET_RETURN_IF_ERROR(calibrate_variants());
    OCTET_RETURN_IF_ERROR(try_all(first_recipes()));
    if (options_.bias_correction) OCTET_RETURN_IF_ERROR(try_all(further_recipes()));
    const Tried& best = choose();

    FullQuantResult result;
    result.range_method = best.recipe.method;
    result.is_equalized = best.recipe.variant->is_equalized;
    result.bias_corrected = best.recipe.correction != Correction::kNone;
    result.cosine = best.cosine();
    if (holds_out_) {
      auto& variant = variants_[best.recipe.variant->is_equalized ? 1 : 0];
      OCTET_RETURN_IF_ERROR(run_calibration(variant, checked_, {}));
    }
    OCTET_ASSIGN_OR_RETURN(result.graph, make(best.recipe, all_));
    const Variant& variant = *best.recipe.variant;
    result.reference = variant.graph;
    result.float_nodes = find_float_nodes(variant.graph, variant.selection, options_);
    result.num_quantized_nodes = variant.graph.nodes.size() - result.float_nodes.size();
    return result;
  }

 private:
  static constexpr std::size_t kLeastToHoldOut = 32;
  static constexpr std::size_t kFinalists = 2;  // pairs of ranges and variant whose other corrections are tried

  struct Tried {
    Recipe recipe;
    std::vector<double> cosines;  // by sample

    double cosine() const { return mean_of(cosines); }
  };

  static bool is_closer(const Tried& a, const Tried& b) { return a.cosine() > b.cosine(); }

  // The closest of those that `fits` accepts; nullptr if there is none.
  template <typename Fits>
  const Tried* closest(Fits fits) const {
    const Tried* best = nullptr;
    for (const Tried& tried : tried_)
      if (fits(tried) && (best == nullptr || is_closer(tried, *best))) best = &tried;
    return best;
  }

  // The closest of all; but an equalized graph, which changes the network most, only where it is ahead of the others beyond chance.
  const Tried& choose() const {
    const Tried& best = *closest([](const Tried&) { return true; });
    if (!best.recipe.variant->is_equalized) return best;
    const Tried& plain = *closest([](const Tried& tried) { return !tried.recipe.variant->is_equalized; });
    return is_closer_beyond_chance(best.cosines, plain.cosines) ? best : plain;
  }

  bool weights_per_channel() const { return options_.per_channel && options_.target->per_channel_weights; }

  Result<void> calibrate_variants() {
    variants_[0].graph = graph_;
    variants_[0].selection = select_nodes(graph_, options_);
    OCTET_ASSIGN_OR_RETURN(variants_[0].plan, Plan::make(graph_));
    variants_[0].points = statistic_points(graph_, variants_[0].selection, options_);
    if (variants_.size() > 1)
      for (const TensorId id : equalization_tensors(graph_)) variants_[0].points.push_back({id, std::make_unique<ChannelRangeObserver>()});
    variants_[0].profiles.assign(options_.calibration.profiles.begin(), options_.calibration.profiles.end());
    OCTET_RETURN_IF_ERROR(run_calibration(variants_[0], fitted_));
    if (variants_.size() == 1) return {};
    EqualizationOptions equalization;
    equalization.exponent = options_.smoothing_exponent;
    equalization.per_channel_weights = weights_per_channel();
    equalization.split_tensors = tensors_to_split(graph_, variants_[0].selection);
    EqualizationResult equalized = equalize(graph_, variants_[0].points, equalization);
    OCTET_LOG(kInfo, "equalization changes the channels of {} tensors", equalized.num_tensors);
    if (equalized.num_tensors == 0) {
      variants_.pop_back();
      return {};
    }
    if (!equalize_profiles(equalized.graph)) {
      variants_.pop_back();
      return {};
    }
    variants_[1].is_equalized = true;
    OCTET_ASSIGN_OR_RETURN(variants_[1].plan, Plan::make(equalized.graph));
    variants_[1].graph = std::move(equalized.graph);
    variants_[1].selection = select_nodes(variants_[1].graph, options_);
    variants_[1].points = statistic_points(variants_[1].graph, variants_[1].selection, options_);
    return run_calibration(variants_[1], fitted_);
  }

  // The profiles of the equalized graph. False if one has another form: its ranges would not be known, so channels stay as they are.
  bool equalize_profiles(const Graph& equalized) {
    for (const CalibrationProfile& profile : variants_[0].profiles) {
      if (profile.samples->size() == 0) continue;
      auto graph = at_shapes_of(equalized, graph_, *profile.graph);
      if (!graph) {
        OCTET_LOG(kWarning, "{}: {}; so channels are not equalized", profile.name, graph.error().message);
        return false;
      }
      equalized_profiles_.push_back(std::make_unique<Graph>(std::move(*graph)));
      variants_[1].profiles.push_back({profile.name, equalized_profiles_.back().get(), profile.samples});
    }
    return true;
  }

  Result<void> run_calibration(Variant& variant, const SampleSource& samples) { return run_calibration(variant, samples, variant.profiles); }

  Result<void> run_calibration(Variant& variant, const SampleSource& samples, std::span<const CalibrationProfile> profiles) {
    CalibrationOptions calibration = options_.calibration;
    calibration.profiles = profiles;
    std::size_t num_of_profiles = 0;
    for (const CalibrationProfile& profile : options_.calibration.profiles) num_of_profiles += profile.samples->size();
    if (calibration.progress) {
      const std::size_t total = (fitted_.size() + num_of_profiles) * variants_.size() + (holds_out_ ? checked_.size() : 0);
      calibration.progress = [&, total](std::size_t done, std::size_t) { options_.calibration.progress(num_runs_ + done, total); };
    }
    OCTET_RETURN_IF_ERROR(calibrate(variant.plan, samples, variant.points, calibration));
    num_runs_ += samples.size() + (profiles.empty() ? 0 : num_of_profiles);
    return {};
  }

  // Ranges are compared with the correction that costs no run.
  std::vector<Recipe> first_recipes() const {
    std::vector<RangeMethod> methods = {options_.range_method};
    if (options_.range_method == RangeMethod::kBest) methods = {RangeMethod::kMeanMinMax, RangeMethod::kMinMax, RangeMethod::kMse};
    std::vector<Recipe> recipes;
    for (const Variant& variant : variants_)
      for (const RangeMethod method : methods)
        recipes.push_back({&variant, method, options_.bias_correction ? Correction::kWeightError : Correction::kNone});
    return recipes;
  }

  // The other corrections of those that came closest, one of them with the graph as it is.
  std::vector<Recipe> further_recipes() const {
    std::vector<Tried> order = tried_;
    std::stable_sort(order.begin(), order.end(), is_closer);
    const auto rest = order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), kFinalists));
    const auto is_plain = [](const Tried& tried) { return !tried.recipe.variant->is_equalized; };
    const auto last = std::any_of(order.begin(), rest, is_plain) ? order.end() : std::find_if(rest, order.end(), is_plain);
    std::vector<Tried> finalists(order.begin(), rest);
    if (last != order.end()) finalists.push_back(*last);
    std::vector<Recipe> recipes;
    for (const Tried& tried : finalists)
      for (const Correction correction : {Correction::kNone, Correction::kMeasuredError})
        recipes.push_back({tried.recipe.variant, tried.recipe.method, correction});
    return recipes;
  }

  Result<void> try_all(const std::vector<Recipe>& recipes) {
    std::vector<Graph> graphs;
    for (const Recipe& recipe : recipes) {
      OCTET_ASSIGN_OR_RETURN(graphs.emplace_back(), make(recipe, fitted_));
    }
    std::vector<const Graph*> pointers;
    for (const Graph& graph : graphs) pointers.push_back(&graph);
    OCTET_ASSIGN_OR_RETURN(const auto cosines, output_cosines(variants_[0].plan, pointers, checked_, options_.calibration.num_threads));
    for (std::size_t i = 0; i < recipes.size(); ++i) {
      tried_.push_back({recipes[i], cosines[i]});
      OCTET_LOG(kInfo, "ranges {}, {}{}: cosine with float {:.6f}", range_method_name(recipes[i].method), correction_name(recipes[i].correction),
                recipes[i].variant->is_equalized ? ", equalized" : "", tried_.back().cosine());
    }
    return {};
  }

  Result<Graph> make(const Recipe& recipe, const SampleSource& samples) const {
    const Variant& variant = *recipe.variant;
    const auto observed = observed_ranges(variant.graph, variant.points, recipe.method, options_);
    const auto ranges = choose_ranges(variant.graph, variant.selection, observed);
    const ChannelMeans means = recipe.correction == Correction::kNone ? ChannelMeans() : observed_means(variant.points);
    RewriteOptions rewrite;
    rewrite.bits = options_.bits;
    rewrite.per_channel = weights_per_channel();
    rewrite.symmetric_activations = options_.target->symmetric_activations;
    if (!means.empty()) rewrite.bias_correction_means = &means;
    OCTET_ASSIGN_OR_RETURN(Graph graph, rewrite_to_int8(variant.graph, variant.selection, ranges, rewrite));
    if (recipe.correction == Correction::kMeasuredError) {
      MeasuredBiasCorrectionOptions measured;
      measured.num_threads = options_.calibration.num_threads;
      OCTET_ASSIGN_OR_RETURN(graph, correct_biases_by_measurement(variant.plan, graph, samples, measured));
    }
    if (quantizes_embeddings(options_)) {
      const auto skips = [&](const Node& node) { return is_skipped(node, options_.skip_nodes, options_.skip_ops); };
      OCTET_RETURN_IF_ERROR(quantize_embeddings(graph, skips));
      OCTET_RETURN_IF_ERROR(infer_shapes(graph));
      remove_dead_code(graph);
    }
    return graph;
  }

  const Graph& graph_;
  const FullQuantOptions& options_;
  const SampleSource& all_;
  SampleSubset fitted_, checked_;  // the samples that make the candidates, and those that compare them; may be the same
  bool holds_out_ = false;
  std::vector<Variant> variants_;  // the graph as it is, then equalized
  std::vector<std::unique_ptr<Graph>> equalized_profiles_;
  std::vector<Tried> tried_;
  std::size_t num_runs_ = 0;
};

}  // namespace

Result<FullQuantResult> quantize_full(const Graph& graph, const SampleSource& samples, const FullQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  if (samples.size() == 0) return make_error(ErrorCode::kInvalidData, "there is no calibration sample");
  OCTET_ASSIGN_OR_RETURN(FullQuantResult result, Chooser(graph, samples, options).run());
  OCTET_RETURN_IF_ERROR(verify(result.graph));
  return result;
}

std::size_t calibration_bytes(const Plan& plan, std::span<const StatisticPoint> points, int num_threads) {
  std::size_t observers = 0;
  for (const StatisticPoint& point : points) observers += point.observer->memory_bytes(plan.graph().tensor(point.tensor).shape);
  const auto threads = static_cast<std::size_t>(num_threads);
  return observers * (threads + 1) + (plan.arena_bytes() + plan.scratch_bytes(1)) * threads;
}

Result<FullQuantForecast> forecast_full(const Graph& graph, const FullQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  const Selection selection = select_nodes(graph, options);
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Plan::make(graph));
  std::vector<StatisticPoint> points = statistic_points(graph, selection, options);
  for (const TensorId id : equalization_tensors(graph)) points.push_back({id, std::make_unique<ChannelRangeObserver>()});
  FullQuantForecast forecast;
  forecast.float_nodes = find_float_nodes(graph, selection, options);
  forecast.num_quantized_nodes = graph.nodes.size() - forecast.float_nodes.size();
  forecast.calibration_bytes = calibration_bytes(*plan, points, options.calibration.num_threads);
  return forecast;
}

}  // namespace octet
