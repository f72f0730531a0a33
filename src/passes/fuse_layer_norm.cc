// SPDX-License-Identifier: Apache-2.0
// Finds layer normalization where it is written out.
//
//   m = reduce_mean(x)    d = x - m    v = reduce_mean(d^2)
//   d / sqrt(v + epsilon) * gamma + beta                            becomes     layer_norm(x, gamma, beta)
//
// over the last dimensions, with gamma and beta constants of their shape, each of which may be missing. The square may be
// pow(d, 2) or d * d, the division d * (1 / sqrt(...)), and d may be computed twice. Intermediate results that somebody else
// reads are computed as before.
// Source: Ba, Kiros, Hinton 2016 (arXiv:1607.06450), section 3.1.
// Numeric effect: float32 rounding only.
// Leaves a normalization alone (PassStats::skipped) whose epsilon is not a constant above 0.
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "ops/unary.h"
#include "passes/passes.h"
#include "passes/subgraph.h"

namespace octet {
namespace {

// reduce_mean of `src` over its last dimensions, kept as 1. Returns the first of them.
std::optional<std::size_t> mean_axis(const Graph& graph, const Node& mean, TensorId src) {
  const auto& attrs = mean.as<ReduceAttrs>();
  const std::size_t rank = graph.tensor(src).shape.size();
  if (mean.inputs[0] != src || !attrs.keep_dims || attrs.axes.empty()) return std::nullopt;
  const auto reduced = expect_axes(attrs.axes, rank);
  if (!reduced) return std::nullopt;
  std::size_t first = rank;
  while (first > 0 && (*reduced)[first - 1]) --first;
  return rank - first == attrs.axes.size() ? std::optional(first) : std::nullopt;
}

struct LayerNormMatch {
  TensorId src = kNoTensor;
  std::size_t axis = 0;
  float epsilon = 0.0f;
  TensorId gamma = kNoTensor, beta = kNoTensor;
  const Node* last = nullptr;
  std::vector<std::string> names;  // of the nodes it stands for, but the last
};

// difference = src - reduce_mean(src)
bool match_difference(const Subgraph& subgraph, TensorId difference, LayerNormMatch& match) {
  const Node* sub = subgraph.made_by(difference, kSub);
  const Node* mean = sub == nullptr ? nullptr : subgraph.made_by(sub->inputs[1], kReduceMean);
  if (mean == nullptr) return false;
  const auto axis = mean_axis(subgraph.graph(), *mean, sub->inputs[0]);
  if (!axis) return false;
  match.src = sub->inputs[0];
  match.axis = *axis;
  match.names = {mean->name, sub->name};
  return true;
}

// square = difference^2, where the difference may have been computed a second time.
bool is_square(const Subgraph& subgraph, TensorId square, TensorId difference, const LayerNormMatch& match) {
  TensorId base = kNoTensor;
  if (const Node* power = subgraph.made_by(square, kPow)) {
    if (subgraph.is_scalar(power->inputs[1], 2.0)) base = power->inputs[0];
  } else if (const Node* product = subgraph.made_by(square, kMul)) {
    if (product->inputs[0] == product->inputs[1]) base = product->inputs[0];
  }
  if (base == difference) return true;
  LayerNormMatch again;
  return base != kNoTensor && match_difference(subgraph, base, again) && again.src == match.src && again.axis == match.axis;
}

// deviation = sqrt(reduce_mean(difference^2) + epsilon)
bool match_deviation(const Subgraph& subgraph, TensorId deviation, TensorId difference, LayerNormMatch& match, PassStats& stats) {
  const Node* root = subgraph.made_by(deviation, kSqrt);
  const Node* sum = root == nullptr ? nullptr : subgraph.made_by(root->inputs[0], kAdd);
  if (sum == nullptr) return false;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const Node* variance = subgraph.made_by(sum->inputs[i], kReduceMean);
    if (variance == nullptr || mean_axis(subgraph.graph(), *variance, variance->inputs[0]) != match.axis) continue;
    if (!is_square(subgraph, variance->inputs[0], difference, match)) continue;
    const std::optional<float> epsilon = subgraph.scalar(sum->inputs[1 - i]);
    if (!epsilon || !(*epsilon > 0.0f)) {
      ++stats.skipped;
      return false;
    }
    match.epsilon = *epsilon;
    match.names.insert(match.names.end(), {variance->name, sum->name, root->name});
    return true;
  }
  return false;
}

// node = difference / deviation
std::optional<LayerNormMatch> match_quotient(const Subgraph& subgraph, const Node& node, PassStats& stats) {
  LayerNormMatch match;
  match.last = &node;
  if (!subgraph.is_plain(node)) return std::nullopt;
  if (node.is(kDiv) && match_difference(subgraph, node.inputs[0], match) &&
      match_deviation(subgraph, node.inputs[1], node.inputs[0], match, stats))
    return match;
  if (!node.is(kMul)) return std::nullopt;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const Node* inverse = subgraph.made_by(node.inputs[1 - i], kReciprocal);
    if (inverse != nullptr && match_difference(subgraph, node.inputs[i], match) &&
        match_deviation(subgraph, inverse->inputs[0], node.inputs[i], match, stats)) {
      match.names.push_back(inverse->name);
      return match;
    }
  }
  return std::nullopt;
}

// The constant operand of `node`, the only reader of the result so far, if it has the shape of the normalized dimensions.
TensorId parameter(const Subgraph& subgraph, const Node& node, const LayerNormMatch& match) {
  const Shape& src = subgraph.graph().tensor(match.src).shape;
  const Shape normalized(src.begin() + static_cast<std::ptrdiff_t>(match.axis), src.end());
  for (const TensorId input : node.inputs) {
    const Tensor& constant = subgraph.graph().tensor(input);
    if (constant.is_constant && constant.type == DataType::kFloat32 && constant.shape == normalized) return input;
  }
  return kNoTensor;
}

// Takes in the reader of the last node's result, if it is `op` with a parameter.
TensorId extend(const Subgraph& subgraph, const Op& op, LayerNormMatch& match) {
  const Node* next = subgraph.only_reader(match.last->outputs[0], op);
  const TensorId found = next == nullptr ? kNoTensor : parameter(subgraph, *next, match);
  if (found == kNoTensor) return kNoTensor;
  match.names.push_back(match.last->name);
  match.last = next;
  return found;
}

TensorId ones(Graph& graph, const LayerNormMatch& match) {
  const Shape& src = graph.tensor(match.src).shape;
  const Shape shape(src.begin() + static_cast<std::ptrdiff_t>(match.axis), src.end());
  const std::vector<float> values(static_cast<std::size_t>(num_elements(shape).value()), 1.0f);
  return graph.add_tensor(make_constant(graph.tensor(match.src).name + "_gamma", shape, values));
}

}  // namespace

Result<PassStats> fuse_layer_norm(Graph& graph) {
  PassStats stats;
  std::vector<LayerNormMatch> matches;
  const Subgraph subgraph(graph);
  for (const Node& node : graph.nodes) {
    std::optional<LayerNormMatch> match = match_quotient(subgraph, node, stats);
    if (!match) continue;
    match->gamma = extend(subgraph, kMul, *match);
    match->beta = extend(subgraph, kAdd, *match);
    const Shape& src = graph.tensor(match->src).shape;
    // Without gamma, ones take its place: that needs known dimensions.
    if (match->gamma == kNoTensor && !num_elements(Shape(src.begin() + static_cast<std::ptrdiff_t>(match->axis), src.end()))) {
      ++stats.skipped;
      continue;
    }
    matches.push_back(std::move(*match));
  }
  for (LayerNormMatch& match : matches) {
    const TensorId gamma = match.gamma != kNoTensor ? match.gamma : ones(graph, match);
    const auto rank = static_cast<std::int64_t>(graph.tensor(match.src).shape.size());
    Node& node = graph.nodes[static_cast<std::size_t>(match.last - graph.nodes.data())];
    node.op = &kLayerNorm;
    node.attrs = LayerNormAttrs{static_cast<std::int64_t>(match.axis) - rank, match.epsilon};
    node.inputs = {match.src, gamma};
    if (match.beta != kNoTensor) node.inputs.push_back(match.beta);
    node.absorbed.insert(node.absorbed.end(), match.names.begin(), match.names.end());
    ++stats.changed;
  }
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
