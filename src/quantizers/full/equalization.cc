// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/equalization.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/pool2d.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/unary.h"
#include "quantizers/full/op_rules.h"

namespace octet {
namespace {

std::size_t channels_of(const Shape& shape) { return shape.empty() ? 1 : static_cast<std::size_t>(shape.back()); }

// max(0, x), with a bound above or without: what an equal factor on both sides passes through.
bool keeps_factor(Activation activation) {
  return activation == Activation::kNone || activation == Activation::kRelu || activation == Activation::kRelu6;
}

// A layer whose rows and columns can be rescaled.
bool is_scalable_layer(const Graph& graph, const Node& node) {
  if (!has_weights(node)) return false;
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoTensor) continue;
    const Tensor& constant = graph.tensor(node.inputs[i]);
    if (!constant.is_constant || constant.type != DataType::kFloat32) return false;
  }
  return true;
}

// A node that multiplies every channel by a constant of its own, made by split_readers().
struct Split {
  std::size_t node;
  TensorId src, dst, scale;
};

// Gives the fully connected layers that read one of `tensors` a copy of it, times 1.
std::vector<Split> split_readers(const std::vector<TensorId>& tensors, Graph& graph) {
  std::vector<Split> splits;
  for (const TensorId src : tensors) {
    const Tensor t = graph.tensor(src);
    Tensor copy = t;
    copy.name = t.name + "_smoothed";
    const TensorId dst = graph.add_tensor(std::move(copy));
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      Node& node = graph.nodes[i];
      if (!node.is(kFullyConnected) || node.inputs[0] != src) continue;
      node.inputs[0] = dst;
      if (!first) first = i;
    }
    if (!first) continue;
    const auto channels = t.shape.back();
    Node node;
    node.name = t.name + "_smooth";
    node.op = &kMul;
    node.attrs = kMul.default_attrs();
    node.inputs = {src, graph.add_tensor(make_constant(t.name + "_smooth_scale", {channels},
                                                       std::vector<float>(static_cast<std::size_t>(channels), 1.0f)))};
    node.outputs = {dst};
    for (Split& earlier : splits)
      if (earlier.node >= *first) ++earlier.node;
    splits.push_back({*first, src, dst, node.inputs[1]});
    graph.insert_node(*first, std::move(node));
  }
  return splits;
}

// Which channels must have the same factor. A variable is a channel of a tensor.
class Channels {
 public:
  Channels(const Graph& graph, std::span<const Split> splits) : graph_(graph) {
    for (const Tensor& tensor : graph.tensors) {
      first_.push_back(parent_.size());
      const std::size_t n = tensor.is_constant || tensor.type != DataType::kFloat32 ? 0 : channels_of(tensor.shape);
      for (std::size_t c = 0; c < n; ++c) parent_.push_back(parent_.size());
    }
    first_.push_back(parent_.size());
    frozen_.assign(parent_.size(), false);
    for (const TensorId id : graph.inputs) freeze(id);
    for (const TensorId id : graph.outputs) freeze(id);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const bool is_split = std::any_of(splits.begin(), splits.end(), [&](const Split& split) { return split.node == i; });
      if (!is_split && !apply(graph.nodes[i])) freeze_all(graph.nodes[i]);
    }
  }

  std::size_t count() const { return parent_.size(); }
  std::size_t count(TensorId id) const { return first_[static_cast<std::size_t>(id) + 1] - first_[static_cast<std::size_t>(id)]; }
  std::size_t variable(TensorId id, std::size_t channel) const { return root(first_[static_cast<std::size_t>(id)] + channel); }
  bool is_frozen(std::size_t variable) const { return frozen_[variable]; }

 private:
  std::size_t root(std::size_t v) const {
    while (parent_[v] != v) v = parent_[v] = parent_[parent_[v]];
    return v;
  }
  void unite(std::size_t a, std::size_t b) {
    a = root(a), b = root(b);
    if (a == b) return;
    parent_[std::max(a, b)] = std::min(a, b);
    frozen_[std::min(a, b)] = frozen_[a] || frozen_[b];
  }
  void unite(TensorId a, TensorId b, std::size_t b_offset = 0) {
    for (std::size_t c = 0; c < count(a); ++c)
      unite(first_[static_cast<std::size_t>(a)] + c, first_[static_cast<std::size_t>(b)] + b_offset + c);
  }
  void freeze(TensorId id) {
    for (std::size_t c = 0; c < count(id); ++c) frozen_[variable(id, c)] = true;
  }
  void freeze_all(const Node& node) {
    for (const TensorId id : node.inputs)
      if (id != kNoTensor) freeze(id);
    for (const TensorId id : node.outputs) freeze(id);
  }

  // True if factors pass the node; its tensors are then tied as they must be.
  bool apply(const Node& node) {
    if (is_scalable_layer(graph_, node)) {
      if (!keeps_factor(layer_activation(node))) freeze(node.outputs[0]);
      return true;
    }
    if (node.is(kConcat)) return apply_concat(node);
    if (!passes_factor(node)) return false;
    for (const TensorId id : node.inputs) {
      if (graph_.tensor(id).is_constant || count(id) != count(node.outputs[0])) return false;
    }
    for (const TensorId id : node.inputs) unite(id, node.outputs[0]);
    return true;
  }

  bool passes_factor(const Node& node) const {
    const Shape& src = graph_.tensor(node.inputs[0]).shape;
    const Shape& dst = graph_.tensor(node.outputs[0]).shape;
    if (node.is(kAdd)) return src == graph_.tensor(node.inputs[1]).shape && keeps_factor(node.as<BinaryAttrs>().activation);
    if (node.is(kMaxPool2d) || node.is(kAvgPool2d)) return keeps_factor(node.as<Pool2dAttrs>().activation);
    if (node.is(kRelu) || node.is(kRelu6) || node.is(kIdentity) || node.is(kDropout)) return true;
    if (node.is(kReduceMean)) {
      const auto& axes = node.as<ReduceAttrs>().axes;
      return !axes.empty() && std::all_of(axes.begin(), axes.end(), [&](std::int64_t axis) {
        return axis != -1 && axis != static_cast<std::int64_t>(src.size()) - 1;
      });
    }
    // An image of one pixel as a row.
    if (keeps_elements(*node.op)) return !src.empty() && !dst.empty() && src.back() == dst.back() && num_elements(src) == src.back();
    return false;
  }

  bool apply_concat(const Node& node) {
    const auto rank = static_cast<std::int64_t>(graph_.tensor(node.outputs[0]).shape.size());
    const std::int64_t axis = node.as<ConcatAttrs>().axis;
    if (axis != rank - 1 && axis != -1) return false;
    std::size_t offset = 0;
    for (const TensorId id : node.inputs) {
      if (count(id) == 0) return false;  // a constant
      unite(id, node.outputs[0], offset);
      offset += count(id);
    }
    return true;
  }

  const Graph& graph_;
  std::vector<std::size_t> first_;          // by TensorId: its first variable
  mutable std::vector<std::size_t> parent_;
  std::vector<bool> frozen_;                // by root
};

// A layer's weights as [rows][positions][columns]; row k is output channel k, column c of row k reads an input channel.
struct EqualizedLayer {
  const Node* node;
  std::span<const float> weights;
  std::size_t rows, positions, columns, rows_per_group;

  EqualizedLayer(const Graph& graph, const Node& n) : node(&n), weights(graph.tensor(n.inputs[1]).values<float>()) {
    const Shape& shape = graph.tensor(n.inputs[1]).shape;
    rows = static_cast<std::size_t>(shape[0]);
    columns = static_cast<std::size_t>(shape.back());
    positions = rows * columns == 0 ? 0 : weights.size() / rows / columns;
    const std::int64_t group = n.is(kConv2d) ? n.as<Conv2dAttrs>().group : 1;
    rows_per_group = rows / static_cast<std::size_t>(group);
  }
  std::size_t input_channel(std::size_t row, std::size_t column) const { return row / rows_per_group * columns + column; }
};

class Equalizer {
 public:
  Equalizer(const Graph& graph, std::span<const Split> splits, std::span<const StatisticPoint> points,
            const EqualizationOptions& options)
      : graph_(graph), splits_(splits), options_(options), channels_(graph, splits), statistics_(graph.tensors.size(), nullptr) {
    for (const StatisticPoint& point : points)
      if (const auto* ranges = dynamic_cast<const ChannelRangeObserver*>(point.observer.get()))
        statistics_[static_cast<std::size_t>(point.tensor)] = ranges;
    for (const Split& split : splits) statistics_[static_cast<std::size_t>(split.dst)] = statistics_[static_cast<std::size_t>(split.src)];
    for (const Node& node : graph.nodes)
      if (is_scalable_layer(graph, node)) layers_.emplace_back(graph, node);
  }

  EqualizationResult run() {
    find_relative_ranges();
    find_blocks();
    factors_.assign(channels_.count(), 1.0);
    for (const auto& block : blocks_) choose_exponent(block);
    return rescaled();
  }

 private:
  // Tensors and layers that one exponent decides for.
  struct Block {
    std::vector<TensorId> tensors;
    std::vector<std::size_t> readers, makers;  // indices into layers_
  };

  // relative_[v]: the largest share of its tensor's range that the channel uses, over the tensors it stands in.
  void find_relative_ranges() {
    relative_.assign(channels_.count(), 0.0);
    for (std::size_t t = 0; t < statistics_.size(); ++t) {
      if (statistics_[t] == nullptr) continue;
      const ChannelRangeObserver& s = *statistics_[t];
      const auto magnitude = [&](std::size_t c) { return std::max(std::fabs(s.min()[c]), std::fabs(s.max()[c])); };
      double largest = 0;
      for (std::size_t c = 0; c < s.num_channels(); ++c) largest = std::max(largest, static_cast<double>(magnitude(c)));
      if (largest == 0) continue;
      for (std::size_t c = 0; c < s.num_channels(); ++c) {
        double& share = relative_[channels_.variable(static_cast<TensorId>(t), c)];
        share = std::max(share, std::min(1.0, options_.margin * magnitude(c) / largest));
      }
    }
  }

  void find_blocks() {
    // Tensors that share a variable are in one block; those without a channel that may change in none.
    std::vector<std::size_t> block_of_variable(channels_.count(), SIZE_MAX);
    std::vector<std::size_t> block_of_tensor(graph_.tensors.size(), SIZE_MAX);
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      const auto id = static_cast<TensorId>(t);
      if (statistics_[t] == nullptr) continue;
      std::size_t block = SIZE_MAX;
      for (std::size_t c = 0; c < channels_.count(id); ++c) {
        const std::size_t v = channels_.variable(id, c);
        if (channels_.is_frozen(v)) continue;
        if (block_of_variable[v] == SIZE_MAX) continue;
        if (block == SIZE_MAX) block = block_of_variable[v];
        else if (block != block_of_variable[v]) join_blocks(block, block_of_variable[v], block_of_variable, block_of_tensor);
      }
      for (std::size_t c = 0; c < channels_.count(id); ++c) {
        const std::size_t v = channels_.variable(id, c);
        if (channels_.is_frozen(v)) continue;
        if (block == SIZE_MAX) {
          block = blocks_.size();
          blocks_.emplace_back();
        }
        block_of_variable[v] = block;
      }
      if (block == SIZE_MAX) continue;
      block_of_tensor[t] = block;
      blocks_[block].tensors.push_back(id);
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const std::size_t read = block_of_tensor[static_cast<std::size_t>(layers_[i].node->inputs[0])];
      const std::size_t made = block_of_tensor[static_cast<std::size_t>(layers_[i].node->outputs[0])];
      if (read != SIZE_MAX) blocks_[read].readers.push_back(i);
      if (made != SIZE_MAX) blocks_[made].makers.push_back(i);
    }
  }

  void join_blocks(std::size_t into, std::size_t from, std::vector<std::size_t>& of_variable, std::vector<std::size_t>& of_tensor) {
    std::replace(of_variable.begin(), of_variable.end(), from, into);
    std::replace(of_tensor.begin(), of_tensor.end(), from, into);
    auto& tensors = blocks_[into].tensors;
    tensors.insert(tensors.end(), blocks_[from].tensors.begin(), blocks_[from].tensors.end());
    blocks_[from].tensors.clear();
  }

  void choose_exponent(const Block& block) {
    double best_exponent = 0, least = std::numeric_limits<double>::infinity();
    for (const double exponent : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      set_factors(block, exponent);
      double noise = 0;
      for (const std::size_t reader : block.readers) noise += reading_noise(layers_[reader]);
      if (!options_.per_channel_weights)
        for (const std::size_t maker : block.makers) noise += making_noise(layers_[maker]);
      if (noise < least * (1 - 1e-6)) {
        least = noise;
        best_exponent = exponent;
      }
    }
    set_factors(block, best_exponent);
  }

  void set_factors(const Block& block, double exponent) {
    for (const TensorId id : block.tensors) {
      for (std::size_t c = 0; c < channels_.count(id); ++c) {
        const std::size_t v = channels_.variable(id, c);
        if (channels_.is_frozen(v) || relative_[v] <= 0) continue;
        factors_[v] = std::min(std::pow(relative_[v], -exponent), options_.max_factor);
      }
    }
  }

  double factor(TensorId id, std::size_t channel) const { return factors_[channels_.variable(id, channel)]; }

  // Expected square of the noise that rounding the layer's input and weights adds to its output, divided by that of its output.
  double reading_noise(const EqualizedLayer& layer) const {
    const TensorId src = layer.node->inputs[0];
    const ChannelRangeObserver* s = statistics_[static_cast<std::size_t>(src)];
    if (s == nullptr || s->num_channels() == 0) return 0;
    double lo = 0, hi = 0;
    for (std::size_t c = 0; c < s->num_channels(); ++c) {
      lo = std::min(lo, s->min()[c] * factor(src, c));
      hi = std::max(hi, s->max()[c] * factor(src, c));
    }
    const double step = (hi - lo) / 255.0;
    double rounding = 0, weights_noise = 0, signal = 0, largest_of_all = 0;
    std::vector<double> energy(layer.rows);
    for (std::size_t k = 0; k < layer.rows; ++k) {
      double largest = 0;
      for (std::size_t c = 0; c < layer.columns; ++c) {
        const std::size_t channel = layer.input_channel(k, c);
        const double f = factor(src, channel), square = s->mean_square(channel);
        for (std::size_t p = 0; p < layer.positions; ++p) {
          const double w = layer.weights[(k * layer.positions + p) * layer.columns + c];
          rounding += w / f * (w / f) * step * step;
          signal += w * w * square;
          energy[k] += square * f * f;
          largest = std::max(largest, std::fabs(w / f));
        }
      }
      // Rows keep their own scale, or share the largest row's; what makes the row's output larger makes its step larger.
      if (options_.per_channel_weights) weights_noise += largest * largest / (127.0 * 127.0) * energy[k];
      largest_of_all = std::max(largest_of_all, largest);
    }
    if (!options_.per_channel_weights)
      weights_noise = largest_of_all * largest_of_all / (127.0 * 127.0) * std::accumulate(energy.begin(), energy.end(), 0.0);
    return signal > 0 ? (rounding + weights_noise) / (12 * signal) : 0;
  }

  // The same for one scale of all the layer's weights, of which large factors leave little to the other rows.
  double making_noise(const EqualizedLayer& layer) const {
    const TensorId src = layer.node->inputs[0], dst = layer.node->outputs[0];
    const ChannelRangeObserver *in = statistics_[static_cast<std::size_t>(src)], *out = statistics_[static_cast<std::size_t>(dst)];
    if (in == nullptr || out == nullptr || in->num_channels() == 0 || out->num_channels() == 0) return 0;
    double largest = 0;
    for (std::size_t k = 0; k < layer.rows; ++k)
      for (std::size_t i = 0; i < layer.positions * layer.columns; ++i)
        largest = std::max(largest, std::fabs(layer.weights[k * layer.positions * layer.columns + i]) * factor(dst, k));
    double noise = 0, signal = 0;
    for (std::size_t k = 0; k < layer.rows; ++k) {
      double energy = 0;
      for (std::size_t c = 0; c < layer.columns; ++c) energy += in->mean_square(layer.input_channel(k, c));
      const double step = largest / 127.0 / factor(dst, k);
      noise += step * step * energy * static_cast<double>(layer.positions) / 12;
      signal += out->mean_square(k);
    }
    return signal > 0 ? noise / signal : 0;
  }

  EqualizationResult rescaled() const {
    EqualizationResult result;
    result.graph = graph_;
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      const auto id = static_cast<TensorId>(t);
      bool changed = false;
      for (std::size_t c = 0; c < channels_.count(id) && !changed; ++c) changed = factor(id, c) != 1.0;
      result.num_tensors += changed;
    }
    for (const EqualizedLayer& layer : layers_) rescale(layer, result.graph);
    std::vector<bool> dead(graph_.nodes.size(), false);
    for (const Split& split : splits_) dead[split.node] = !rescale(split, result.graph);
    erase_nodes(result.graph, dead);
    remove_dead_code(result.graph);
    return result;
  }

  // False if nothing is scaled: its readers then read what it read.
  bool rescale(const Split& split, Graph& graph) const {
    Tensor& scale = graph.tensor(split.scale);
    std::vector<float> factors(channels_.count(split.dst));
    for (std::size_t c = 0; c < factors.size(); ++c) factors[c] = static_cast<float>(factor(split.dst, c) / factor(split.src, c));
    const bool scales = std::any_of(factors.begin(), factors.end(), [](float f) { return f != 1.0f; });
    scale = make_constant(scale.name, scale.shape, factors);
    if (!scales) replace_uses(graph, split.dst, split.src);
    return scales;
  }

  void rescale(const EqualizedLayer& layer, Graph& graph) const {
    const TensorId src = layer.node->inputs[0], dst = layer.node->outputs[0];
    std::vector<float> weights(layer.weights.begin(), layer.weights.end());
    for (std::size_t k = 0; k < layer.rows; ++k)
      for (std::size_t p = 0; p < layer.positions; ++p)
        for (std::size_t c = 0; c < layer.columns; ++c) {
          float& w = weights[(k * layer.positions + p) * layer.columns + c];
          w = static_cast<float>(w * factor(dst, k) / factor(src, layer.input_channel(k, c)));
        }
    Node& node = graph.nodes[static_cast<std::size_t>(layer.node - graph_.nodes.data())];
    const Tensor& old = graph_.tensor(node.inputs[1]);
    node.inputs[1] = replace_constant(graph, uses_, node.inputs[1], make_constant(old.name, old.shape, weights));
    if (node.inputs.size() < 3 || node.inputs[2] == kNoTensor) return;
    const Tensor& old_bias = graph_.tensor(node.inputs[2]);
    const auto values = old_bias.values<float>();
    std::vector<float> bias(values.begin(), values.end());
    for (std::size_t k = 0; k < bias.size(); ++k) bias[k] = static_cast<float>(bias[k] * factor(dst, k));
    node.inputs[2] = replace_constant(graph, uses_, node.inputs[2], make_constant(old_bias.name, old_bias.shape, bias));
  }

  const Graph& graph_;
  std::span<const Split> splits_;
  const EqualizationOptions& options_;
  const Uses uses_ = find_uses(graph_);
  const Channels channels_;
  std::vector<const ChannelRangeObserver*> statistics_;  // by TensorId
  std::vector<EqualizedLayer> layers_;
  std::vector<Block> blocks_;
  std::vector<double> relative_;  // by variable
  std::vector<double> factors_;   // by variable
};

}  // namespace

std::vector<TensorId> equalization_tensors(const Graph& graph) {
  std::vector<TensorId> tensors;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const Tensor& tensor = graph.tensors[t];
    if (!tensor.is_constant && tensor.type == DataType::kFloat32 && !tensor.shape.empty()) tensors.push_back(static_cast<TensorId>(t));
  }
  return tensors;
}

EqualizationResult equalize(const Graph& graph, std::span<const StatisticPoint> points, const EqualizationOptions& options) {
  Graph split = graph;
  const std::vector<Split> splits = split_readers(options.split_tensors, split);
  return Equalizer(split, splits, points, options).run();
}

}  // namespace octet
