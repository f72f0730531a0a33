// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/weight_quantizer.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/log.h"
#include "ops/quantize.h"
#include "quantizers/node_names.h"
#include "quantizers/weight/mixed_bits.h"
#include "quantizers/weight/output_rounding.h"
#include "quantizers/weight/synthetic_samples.h"

namespace octet {
namespace {

constexpr int kFewWeightsBits = 8;  // of channels with too few weights for fewer bits
constexpr std::size_t kMadeUpSamples = 16;
constexpr std::uint64_t kMostObservedBytes = std::uint64_t{1} << 29;  // of constants: larger models are not run to quantize them

// Mixed bits: channels of few weights (depthwise filters) get this share of the wanted error. They are a small part of any
// model, and nothing averages their errors out.
constexpr std::size_t kFewWeights = 32;
constexpr double kFewWeightsShare = 0.125;

// Bits that the parameters of a channel take in a `.ms` file if no other channel shares them, as MindSpore Lite counts.
constexpr std::size_t kParamBits = 256;

bool is_named(const Node& node, const std::vector<std::string>& names) {
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  return has(node.name) || std::any_of(node.absorbed.begin(), node.absorbed.end(), has);
}

// How one tensor is to be stored, or why it is not.
struct Decision {
  std::string reason;  // of staying float; empty: it is quantized
  int bits = 0;
  bool per_channel = true;
};

double relative_error(std::span<const float> weights, const IntegerWeights& integers, const ChannelLayout& layout) {
  double error = 0, power = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double off = double{dequantized(integers, i, i / layout.inner % layout.channels)} - weights[i];
    error += off * off;
    power += double{weights[i]} * weights[i];
  }
  return power > 0 ? std::sqrt(error / power) : 0.0;
}

class WeightQuantizer {
 public:
  WeightQuantizer(Graph graph, const WeightQuantOptions& options)
      : options_(options), threads_(std::max(1, options.num_threads)) {
    result_.graph = std::move(graph);
  }

  Result<WeightQuantResult> run() {
    const std::vector<WeightTensor> weights = find_weight_tensors(result_.graph, rules());
    OCTET_RETURN_IF_ERROR(observe(weights));
    std::vector<Node> dequantizers;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (options_.progress) options_.progress(i, weights.size());
      OCTET_ASSIGN_OR_RETURN(const bool changed, quantize(weights[i]));
      if (changed) dequantizers.push_back(dequantizer(weights[i].tensor));
    }
    if (options_.progress) options_.progress(weights.size(), weights.size());
    // All at the front: they read constants alone, and the places of the other nodes do not shift meanwhile.
    for (std::size_t i = dequantizers.size(); i-- > 0;) result_.graph.insert_node(0, std::move(dequantizers[i]));
    return std::move(result_);
  }

 private:
  WeightRules rules() const {
    if (options_.like_mindspore) return WeightRules::kOriginal;
    return options_.original_reads ? WeightRules::kOriginalReads : WeightRules::kOctet;
  }

  // What the layers read, where rounding is coarse enough to matter. Up to 8 bits it is: in networks of depthwise layers the
  // errors of 8 bits cost answers.
  Result<void> observe(const std::vector<WeightTensor>& weights) {
    const bool is_coarse = options_.relative_error.has_value() || options_.bits <= 8;
    if (options_.like_mindspore || !is_coarse || !options_.per_channel) return {};
    if (const std::uint64_t bytes = constant_bytes(); bytes > kMostObservedBytes) {
      OCTET_LOG(kInfo, "{} MB of constants: weights are rounded by themselves, not for what the layers read", bytes >> 20);
      return {};
    }
    std::unique_ptr<SampleSource> made_up;
    const SampleSource* samples = options_.samples;
    if (samples == nullptr) {
      if (!has_float_inputs(result_.graph)) return {};
      made_up = make_samples(result_.graph, kMadeUpSamples);
      samples = made_up.get();
    }
    auto moments = observe_moments(result_.graph, weights, *samples, options_.num_threads);
    if (!moments && options_.samples == nullptr) {  // a model may not take such input: it is quantized by its weights alone
      OCTET_LOG(kInfo, "no made-up input for rounding: {}", moments.error().message);
      return {};
    }
    OCTET_ASSIGN_OR_RETURN(moments_, std::move(moments));
    return {};
  }

  std::uint64_t constant_bytes() const {
    std::uint64_t bytes = 0;
    for (const Tensor& tensor : result_.graph.tensors) bytes += tensor.data.size_bytes();
    return bytes;
  }

  void round_again(const WeightTensor& weight, std::span<const float> values, IntegerWeights& integers) {
    if (moments_.empty() || weight.nodes.size() != 1 || integers.quant.bits > 16) return;
    const auto found = moments_.find(row_input(result_.graph, first_node(weight)));
    if (found != moments_.end()) round_for_outputs(values, *found->second, threads_, integers);
  }

  Result<bool> quantize(const WeightTensor& weight) {
    const Tensor& tensor = result_.graph.tensor(weight.tensor);
    const SharedBytes borrowed = tensor.data.borrow();
    const auto values = tensor.values<float>(borrowed);
    if (!std::all_of(values.begin(), values.end(), [](float w) { return std::isfinite(w); }))
      return make_error(ErrorCode::kInvalidModel, "node '{}': its weights '{}' hold a value that is not finite",
                        first_node(weight).name, tensor.name);
    Decision decision = decide(weight, tensor);
    if (!decision.reason.empty()) return keep(weight, std::move(decision.reason));
    const ChannelLayout layout =
        decision.per_channel ? channel_layout(tensor.shape, weight.axis) : single_channel(tensor.shape);
    std::optional<IntegerWeights> integers = integers_of(values, layout, decision.bits);
    if (!integers) return keep(weight, "no bits up to 16 store it smaller within the error");
    round_again(weight, values, *integers);
    store(weight, values, std::move(*integers));
    result_.num_nodes += weight.nodes.size();
    return true;
  }

  std::optional<IntegerWeights> integers_of(std::span<const float> values, const ChannelLayout& layout, int bits) const {
    if (options_.relative_error) {
      const double share = !options_.like_mindspore && layout.channel_size() <= kFewWeights ? kFewWeightsShare : 1.0;
      MixedBitOptions mixed{*options_.relative_error * share, options_.bias_correction};
      return options_.like_mindspore ? mix_bits_like_mindspore(values, layout, mixed) : mix_bits(values, layout, mixed);
    }
    if (options_.like_mindspore) return quantize_like_mindspore(values, layout, bits, options_.bias_correction);
    return quantize_weights_closely(values, layout, bits, options_.bias_correction);
  }

  // The rules of the configuration; those of the original decide on single channels, too.
  Decision decide(const WeightTensor& weight, const Tensor& tensor) const {
    for (const std::size_t node : weight.nodes) {
      if (is_named(result_.graph.nodes[node], options_.skip_nodes)) return Decision{"skip_quant_node names its node"};
      const std::string_view op = result_.graph.nodes[node].op->name;
      if (std::find(options_.skip_ops.begin(), options_.skip_ops.end(), op) != options_.skip_ops.end())
        return Decision{fmt::format("skip_quant_type names {}", op)};
    }
    const std::int64_t count = *num_elements(tensor.shape);
    if (count <= options_.min_size)
      return Decision{fmt::format("{} weights; min_quant_weight_size = {} asks for more", count, options_.min_size)};
    const std::int64_t channels = tensor.shape[static_cast<std::size_t>(weight.axis)];
    if (tensor.shape.size() == 4 && channels <= options_.min_channels)
      return Decision{fmt::format("{} channels; min_quant_weight_channel = {} asks for more", channels, options_.min_channels)};
    const bool has_axis = options_.like_mindspore ? weight.nodes.size() == 1 : !weight.axes_differ;
    Decision decision{"", options_.bits, options_.per_channel && has_axis};
    if (!decision.per_channel) return decision;
    const auto per_channel = static_cast<std::size_t>(count / channels);
    if (options_.relative_error) return decision;
    const bool pays = per_channel > kParamBits / static_cast<std::size_t>(32 - decision.bits);
    if (pays || (options_.like_mindspore && !options_.bias_correction)) return decision;
    if (options_.like_mindspore || decision.bits > kFewWeightsBits)
      return Decision{fmt::format("{} weights per channel: its parameters would outweigh the bits saved", per_channel)};
    decision.bits = kFewWeightsBits;  // with their few shared scales
    if (per_channel < 3) return Decision{fmt::format("{} weights per channel: nothing would be saved", per_channel)};
    return decision;
  }

  const Node& first_node(const WeightTensor& weight) const { return result_.graph.nodes[weight.nodes[0]]; }

  bool keep(const WeightTensor& weight, std::string reason) {
    const Tensor& tensor = result_.graph.tensor(weight.tensor);
    const Node& node = first_node(weight);
    result_.kept.push_back({tensor.name, node.name, std::string(node.op->name), std::move(reason),
                            static_cast<std::size_t>(*num_elements(tensor.shape))});
    return false;
  }

  // The float constant becomes what a dequantize node makes of the integer one, which takes over its name.
  void store(const WeightTensor& weight, std::span<const float> values, IntegerWeights integers) {
    Tensor& computed = result_.graph.tensor(weight.tensor);
    const bool per_channel = integers.quant.per_channel();
    integers.quant.axis = per_channel ? weight.axis : -1;
    const ChannelLayout layout = per_channel ? channel_layout(computed.shape, weight.axis) : single_channel(computed.shape);
    result_.quantized.push_back({computed.name, first_node(weight).name, integers.quant.bits, per_channel, values.size(),
                                 relative_error(values, integers, layout)});
    computed.data = {};
    computed.is_constant = false;
    const TensorId stored = result_.graph.add_tensor(integer_constant(computed.name + "/real", computed.shape, integers));
    std::swap(result_.graph.tensor(stored).name, result_.graph.tensor(weight.tensor).name);
    integers_[weight.tensor] = stored;
  }

  static Tensor integer_constant(const std::string& name, const Shape& shape, const IntegerWeights& integers) {
    Tensor constant;
    if (integers.quant.bits <= 8) {
      constant = make_constant(name, shape, std::vector<std::int8_t>(integers.codes.begin(), integers.codes.end()));
    } else {
      constant = make_constant(name, shape, integers.codes);
    }
    constant.quant = integers.quant;
    return constant;
  }

  Node dequantizer(TensorId weights) {
    Node node;
    node.name = result_.graph.tensor(integers_[weights]).name + "/dequantize";
    node.op = &kDequantize;
    node.attrs = DequantizeAttrs{.at_load = options_.at_load};
    node.inputs = {integers_[weights]};
    node.outputs = {weights};
    return node;
  }

  const WeightQuantOptions& options_;
  WeightQuantResult result_;
  std::map<TensorId, TensorId> integers_;  // by float tensor
  std::map<TensorId, std::unique_ptr<MomentObserver>> moments_;  // by input of a layer
  ThreadPool threads_;
};

}  // namespace

Result<WeightQuantResult> quantize_weight_tensors(Graph graph, const WeightQuantOptions& options) {
  OCTET_RETURN_IF_ERROR(check_node_names(graph, options.skip_nodes));
  return WeightQuantizer(std::move(graph), options).run();
}

}  // namespace octet
