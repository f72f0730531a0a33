// SPDX-License-Identifier: Apache-2.0
// Layers over sequences.
#include "ops/recurrent.h"

#include <algorithm>

#include "importers/onnx/handlers.h"
#include "ops/ngrams.h"
#include "ops/transpose.h"

namespace octet {
namespace {

// What an activation's alpha and beta are where the file does not say.
struct Numbers {
  float alpha = 0.0f, beta = 0.0f;
};
Numbers default_numbers(RecurrentActivation activation) {
  switch (activation) {
    case RecurrentActivation::kAffine:
      return {1.0f, 0.0f};
    case RecurrentActivation::kLeakyRelu:
      return {0.01f, 0.0f};
    case RecurrentActivation::kThresholdedRelu:
      return {1.0f, 0.0f};
    case RecurrentActivation::kScaledTanh:
      return {1.0f, 1.0f};
    case RecurrentActivation::kHardSigmoid:
      return {0.2f, 0.5f};
    case RecurrentActivation::kElu:
      return {1.0f, 0.0f};
    default:
      return {};
  }
}
bool takes_alpha(RecurrentActivation activation) { return default_numbers(activation).alpha != 0.0f; }
bool takes_beta(RecurrentActivation activation) {
  return activation == RecurrentActivation::kAffine || default_numbers(activation).beta != 0.0f;
}

// Names in ONNX's files are of any case.
Result<RecurrentActivation> find_activation(const OnnxNode& node, std::string_view name) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  for (std::size_t i = 0; i < kRecurrentActivationNames.size(); ++i)
    if (std::ranges::equal(name, kRecurrentActivationNames[i], same)) return static_cast<RecurrentActivation>(i);
  return node.error(ErrorCode::kInvalidModel, "activation '{}' is none of {}", name,
                    fmt::join(kRecurrentActivationNames, ", "));
}

// Numbers of the file are of the activations that take one, in their order.
Result<void> read_activations(const OnnxNode& node, const Op& op, std::size_t directions, RecurrentAttrs& attrs) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<std::string> names, node.get_strings("activations"));
  OCTET_ASSIGN_OR_RETURN(const std::vector<float> alpha, node.get_floats("activation_alpha"));
  OCTET_ASSIGN_OR_RETURN(const std::vector<float> beta, node.get_floats("activation_beta"));
  const std::size_t per_direction = num_activations(op), count = directions * per_direction;
  // The default of RNN is two names whatever the directions.
  if (!names.empty() && names.size() < count)
    return node.error(ErrorCode::kInvalidModel, "has {} activations, expected {}", names.size(), count);
  std::size_t next_alpha = 0, next_beta = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_first = i % per_direction == 0 && &op != &kRnn;
    RecurrentActivation activation = is_first ? RecurrentActivation::kSigmoid : RecurrentActivation::kTanh;
    if (!names.empty()) {
      OCTET_ASSIGN_OR_RETURN(activation, find_activation(node, names[i]));
    }
    Numbers numbers = default_numbers(activation);
    if (takes_alpha(activation) && next_alpha < alpha.size()) numbers.alpha = alpha[next_alpha++];
    if (takes_beta(activation) && next_beta < beta.size()) numbers.beta = beta[next_beta++];
    attrs.activations.push_back(static_cast<std::int64_t>(activation));
    attrs.alpha.push_back(numbers.alpha);
    attrs.beta.push_back(numbers.beta);
  }
  return {};
}

Result<RecurrentAttrs> read_attrs(const OnnxNode& node, const OnnxGraph& graph, const Op& op) {
  constexpr std::array<std::string_view, 3> kDirections = {"forward", "reverse", "bidirectional"};
  RecurrentAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const std::string direction, node.get_string("direction", "forward"));
  const auto found = std::find(kDirections.begin(), kDirections.end(), direction);
  if (found == kDirections.end())
    return node.error(ErrorCode::kInvalidModel, "direction is '{}', expected {}", direction,
                      fmt::join(kDirections, ", "));
  attrs.direction = static_cast<Direction>(found - kDirections.begin());
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, node.input(2, "R"));
  const Shape& shape = graph.shape(weights);
  if (shape.size() != 3 || is_symbolic(shape[2]))
    return node.error(ErrorCode::kUnsupported,
                      "its recurrent weights have shape [{}], expected [directions, gates * hidden, hidden]",
                      fmt::join(shape, ", "));
  OCTET_ASSIGN_OR_RETURN(attrs.hidden, node.get_int("hidden_size", shape[2]));
  OCTET_ASSIGN_OR_RETURN(attrs.clip, node.get_float("clip", 0.0f));
  OCTET_RETURN_IF_ERROR(read_activations(node, op, attrs.direction == Direction::kBoth ? 2 : 1, attrs));
  return attrs;
}

// With `layout` 1 the batch comes first: src [N, S, I], states [N, D, H], all h [N, S, D, H].
Result<void> add_recurrent(const OnnxNode& node, OnnxGraph& graph, const Op& op, const RecurrentAttrs& attrs) {
  OCTET_ASSIGN_OR_RETURN(const bool batch_first, node.get_bool("layout", false));
  for (std::size_t i = 0; i < 3; ++i) OCTET_RETURN_IF_ERROR(node.input(i, "X, W, R"));
  std::vector<TensorId> inputs = node.inputs();
  if (!batch_first) return graph.add_multi(node, op, attrs, inputs);
  for (const std::size_t i : {0u, 5u, 6u}) {
    if (i >= inputs.size() || inputs[i] == kNoTensor) continue;
    OCTET_ASSIGN_OR_RETURN(inputs[i], graph.add_inner(node, fmt::format("input_{}", i), kTranspose,
                                                      TransposeAttrs{{1, 0, 2}}, {inputs[i]}));
  }
  std::vector<std::string> names(node.num_outputs());
  OCTET_ASSIGN_OR_RETURN(const auto outputs,
                         graph.builder().add_multi(op, attrs, inputs, node.inner_name("layer"), names));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.output_name(i).empty()) continue;
    const TransposeAttrs turn{i == 0 ? std::vector<std::int64_t>{2, 0, 1, 3} : std::vector<std::int64_t>{1, 0, 2}};
    OCTET_RETURN_IF_ERROR(
        graph.builder().add(kTranspose, turn, {outputs[i]}, node.inner_name(node.output_name(i)), node.output_name(i)));
  }
  return {};
}

}  // namespace

Result<void> import_lstm(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(RecurrentAttrs attrs, read_attrs(node, graph, kLstm));
  OCTET_ASSIGN_OR_RETURN(attrs.input_forget, node.get_bool("input_forget", false));
  return add_recurrent(node, graph, kLstm, attrs);
}

Result<void> import_gru(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(RecurrentAttrs attrs, read_attrs(node, graph, kGru));
  OCTET_ASSIGN_OR_RETURN(attrs.reset_after, node.get_bool("linear_before_reset", false));
  return add_recurrent(node, graph, kGru, attrs);
}

Result<void> import_rnn(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const RecurrentAttrs attrs, read_attrs(node, graph, kRnn));
  return add_recurrent(node, graph, kRnn, attrs);
}

// ONNX TfIdfVectorizer of numbers. https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html
Result<void> import_tf_idf_vectorizer(const OnnxNode& node, OnnxGraph& graph) {
  constexpr std::array<std::string_view, 3> kModes = {"TF", "IDF", "TFIDF"};
  NgramsAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("mode", ""));
  const auto found = std::find(kModes.begin(), kModes.end(), mode);
  if (found == kModes.end())
    return node.error(ErrorCode::kInvalidModel, "mode is '{}', expected {}", mode, fmt::join(kModes, ", "));
  attrs.weighting = static_cast<NgramWeighting>(found - kModes.begin());
  OCTET_ASSIGN_OR_RETURN(attrs.pool, node.get_ints("pool_int64s"));
  OCTET_ASSIGN_OR_RETURN(attrs.starts, node.get_ints("ngram_counts"));
  OCTET_ASSIGN_OR_RETURN(attrs.indices, node.get_ints("ngram_indexes"));
  OCTET_ASSIGN_OR_RETURN(attrs.weights, node.get_floats("weights"));
  OCTET_ASSIGN_OR_RETURN(attrs.min_length, node.get_int("min_gram_length", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.max_length, node.get_int("max_gram_length", 1));
  OCTET_ASSIGN_OR_RETURN(attrs.max_skip, node.get_int("max_skip_count", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  return graph.add(node, kNgrams, attrs, {src});
}

}  // namespace octet
