// SPDX-License-Identifier: Apache-2.0
// Attention and the rotation of its positions, both written out. Passes find attention again (fuse_attention).
#include <cmath>

#include "base/infinity.h"
#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace octet {
namespace {

bool wants_output(const OnnxNode& node, std::size_t i) {
  return i < node.num_outputs() && !node.output_name(i).empty();
}

Result<TensorId> add_reshape(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId src,
                             const Shape& shape) {
  OCTET_ASSIGN_OR_RETURN(auto target, graph.reshape_target(node, graph.shape(src), shape));
  return graph.add_inner(node, suffix, kReshape, ReshapeAttrs{.shape = std::move(target)}, {src});
}

// Gives the node's output i the value of `id`.
Result<void> add_output(const OnnxNode& node, OnnxGraph& graph, std::size_t i, TensorId id) {
  if (!wants_output(node, i)) return {};
  OCTET_RETURN_IF_ERROR(
      graph.builder().add(kIdentity, NoAttrs{}, {id}, node.inner_name(node.output_name(i)), node.output_name(i)));
  return {};
}

// What is done to the scores, in this order. ONNX has had the mask before the cap until its pull requests 7867 and
// 7913: there a cap makes a finite number of minus infinity.
enum class ScoresOutput : std::int64_t { kScaled, kCapped, kMasked, kSoftmax };

struct AttentionOptions {
  bool is_causal = false;
  std::int64_t q_heads = 0, kv_heads = 0;  // of inputs whose heads lie side by side
  float scale = 0.0f, softcap = 0.0f;      // 0: 1 / sqrt(D), no cap
  ScoresOutput scores_output = ScoresOutput::kScaled;
};

Result<AttentionOptions> read_options(const OnnxNode& node) {
  AttentionOptions options;
  node.ignore("softmax_precision");
  OCTET_ASSIGN_OR_RETURN(options.is_causal, node.get_bool("is_causal", false));
  OCTET_ASSIGN_OR_RETURN(options.q_heads, node.get_int("q_num_heads", 0));
  OCTET_ASSIGN_OR_RETURN(options.kv_heads, node.get_int("kv_num_heads", 0));
  OCTET_ASSIGN_OR_RETURN(options.scale, node.get_float("scale", 0.0f));
  OCTET_ASSIGN_OR_RETURN(options.softcap, node.get_float("softcap", 0.0f));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t mode, node.get_int("qk_matmul_output_mode", 0));
  if (!std::isfinite(options.scale) || !std::isfinite(options.softcap) || options.softcap < 0.0f)
    return node.error(ErrorCode::kInvalidModel, "scale = {} or softcap = {} makes no sense", options.scale,
                      options.softcap);
  if (mode < 0 || mode > 3)
    return node.error(ErrorCode::kInvalidModel, "qk_matmul_output_mode is {}, expected 0 to 3", mode);
  options.scores_output = static_cast<ScoresOutput>(mode);
  return options;
}

// [B, S, H * D] -> [B, H, S, D]; four dimensions are so already.
Result<TensorId> split_heads(const OnnxNode& node, OnnxGraph& graph, std::size_t i, std::string_view name,
                             std::int64_t heads) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(i, name));
  const Shape shape = graph.shape(src);
  if (shape.size() == 4) {
    if (is_symbolic(shape[1]) || is_symbolic(shape[3]) || shape[1] < 1 || shape[3] < 1)
      return graph.dynamic_error(node, fmt::format("the heads of {} are not known", name));
    return src;
  }
  if (shape.size() != 3)
    return node.error(ErrorCode::kInvalidModel, "{} has {} dimensions, expected 3 or 4", name, shape.size());
  if (is_symbolic(shape[2]) || shape[2] < 1 || heads < 1 || shape[2] % heads != 0)
    return node.error(ErrorCode::kInvalidModel, "{} has rows of {}, which its {} heads do not divide", name, shape[2],
                      heads);
  const ReshapeAttrs split{.shape = {0, 0, heads, shape[2] / heads}};
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         graph.add_inner(node, fmt::format("{}_split", name), kReshape, split, {src}));
  return graph.add_inner(node, fmt::format("{}_heads", name), kTranspose, TransposeAttrs{{0, 2, 1, 3}}, {id});
}

// The keys or values seen so far, and the new ones.
Result<TensorId> with_past(const OnnxNode& node, OnnxGraph& graph, std::size_t i, TensorId present) {
  const TensorId past = node.optional_input(i);
  if (past == kNoTensor) return present;
  if (graph.shape(past).size() != 4)
    return node.error(ErrorCode::kInvalidModel, "input {} has {} dimensions, expected 4", i, graph.shape(past).size());
  return graph.add_inner(node, fmt::format("all_{}", i), kConcat, ConcatAttrs{2}, {past, present});
}

// a x b of [B, H, ...] and [B, H', ...]: H / H' heads of a in a row share one of b.
//   [B, H, S, D] -> [B, H', H / H', S, D]
Result<TensorId> multiply_heads(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId a, TensorId b,
                                bool transpose_b) {
  const MatmulAttrs attrs{.transpose_b = transpose_b};
  const Shape a_shape = graph.shape(a), b_shape = graph.shape(b);
  const std::int64_t heads = a_shape[1], kv_heads = b_shape[1];
  if (heads == kv_heads) return graph.add_inner(node, suffix, kMatmul, attrs, {a, b});
  const auto name = [&](std::string_view what) { return fmt::format("{}_{}", suffix, what); };
  OCTET_ASSIGN_OR_RETURN(
      a, add_reshape(node, graph, name("groups"), a, {a_shape[0], kv_heads, heads / kv_heads, a_shape[2], a_shape[3]}));
  OCTET_ASSIGN_OR_RETURN(b, graph.add_inner(node, name("shared"), kUnsqueeze, SqueezeAttrs{{2}}, {b}));
  OCTET_ASSIGN_OR_RETURN(const TensorId product, graph.add_inner(node, name("grouped"), kMatmul, attrs, {a, b}));
  return add_reshape(node, graph, suffix, product, {a_shape[0], heads, a_shape[2], b_shape[transpose_b ? 2 : 3]});
}

// What is added to the scores [B, H, S, T]: 0 where a query sees a key, else minus infinity. Query s sees the past and,
// of the keys behind it, 0 .. s.
Result<TensorId> causal_bias(const OnnxNode& node, OnnxGraph& graph, TensorId scores) {
  TensorId diagonal = graph.inner_constant(node, "one", make_constant("", {1}, std::vector<std::int64_t>{1}));
  if (const TensorId past = node.optional_input(4); past != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const TensorId length,
                           graph.add_inner(node, "past_length", kShapeOf, ShapeOfAttrs{2, 3}, {past}));
    OCTET_ASSIGN_OR_RETURN(diagonal, graph.add_inner(node, "first_unseen", kAdd, BinaryAttrs{}, {length, diagonal}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId size,
                         graph.add_inner(node, "score_size", kShapeOf, ShapeOfAttrs{2, 4}, {scores}));
  OCTET_ASSIGN_OR_RETURN(const TensorId unseen,
                         graph.add_inner(node, "unseen", kFill, FillAttrs{.value = -kInfinity}, {size}));
  OCTET_ASSIGN_OR_RETURN(const TensorId bias,
                         graph.add_inner(node, "causal_bias", kTrilu, TriluAttrs{}, {unseen, diagonal}));
  return graph.add_inner(node, "causal_bias_4d", kUnsqueeze, SqueezeAttrs{{0, 1}}, {bias});
}

// A mask of bool tells where a query sees a key; one of numbers is added. In four dimensions.
Result<TensorId> mask_bias(const OnnxNode& node, OnnxGraph& graph, TensorId mask) {
  const std::size_t rank = graph.shape(mask).size();
  if (rank < 1 || rank > 4)
    return node.error(ErrorCode::kInvalidModel, "attn_mask has {} dimensions, expected 2 to 4", rank);
  if (graph.tensor(mask).type == DataType::kBool) {
    const std::vector<TensorId> choices = {mask, graph.inner_scalar(node, "seen", 0.0f),
                                           graph.inner_scalar(node, "unseen", -kInfinity)};
    OCTET_ASSIGN_OR_RETURN(mask, graph.add_inner(node, "mask_bias", kWhere, NoAttrs{}, choices));
  }
  if (rank == 4) return mask;
  SqueezeAttrs front;
  for (std::size_t i = rank; i < 4; ++i) front.axes.push_back(static_cast<std::int64_t>(i - rank));
  return graph.add_inner(node, "mask_4d", kUnsqueeze, front, {mask});
}

// From scores to the weights of the values.
Result<TensorId> weigh(const OnnxNode& node, OnnxGraph& graph, TensorId scores, const AttentionOptions& options) {
  const auto output_if = [&](ScoresOutput stage, TensorId id) -> Result<void> {
    return options.scores_output == stage ? add_output(node, graph, 3, id) : Result<void>();
  };
  OCTET_RETURN_IF_ERROR(output_if(ScoresOutput::kScaled, scores));
  if (options.softcap > 0.0f) {
    const TensorId cap = graph.inner_scalar(node, "softcap", options.softcap);
    OCTET_ASSIGN_OR_RETURN(scores, graph.add_inner(node, "relative", kDiv, BinaryAttrs{}, {scores, cap}));
    OCTET_ASSIGN_OR_RETURN(scores, graph.add_inner(node, "tanh", kTanh, NoAttrs{}, {scores}));
    OCTET_ASSIGN_OR_RETURN(scores, graph.add_inner(node, "capped", kMul, BinaryAttrs{}, {scores, cap}));
  }
  OCTET_RETURN_IF_ERROR(output_if(ScoresOutput::kCapped, scores));
  std::vector<TensorId> biases;
  if (node.optional_input(3) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(biases.emplace_back(), mask_bias(node, graph, node.optional_input(3)));
  }
  if (options.is_causal) {
    OCTET_ASSIGN_OR_RETURN(biases.emplace_back(), causal_bias(node, graph, scores));
  }
  for (const TensorId bias : biases) {
    OCTET_ASSIGN_OR_RETURN(scores, graph.add_inner(node, "masked", kAdd, BinaryAttrs{}, {scores, bias}));
  }
  OCTET_RETURN_IF_ERROR(output_if(ScoresOutput::kMasked, scores));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights,
                         graph.add_inner(node, "softmax", kSoftmax, SoftmaxAttrs{-1}, {scores}));
  OCTET_RETURN_IF_ERROR(output_if(ScoresOutput::kSoftmax, weights));
  return weights;
}

}  // namespace

// ONNX Attention: softmax(scale * Q x K^T + mask) x V per head; Q, K, V are [B, S, H * D] or [B, H, S, D]. Outputs: Y,
// keys and values with those of the past before them, scores. https://onnx.ai/onnx/operators/onnx__Attention.html
Result<void> import_attention(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const AttentionOptions options, read_options(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId q_input, node.input(0, "Q"));
  OCTET_ASSIGN_OR_RETURN(const TensorId q, split_heads(node, graph, 0, "Q", options.q_heads));
  OCTET_ASSIGN_OR_RETURN(TensorId k, split_heads(node, graph, 1, "K", options.kv_heads));
  OCTET_ASSIGN_OR_RETURN(TensorId v, split_heads(node, graph, 2, "V", options.kv_heads));
  OCTET_ASSIGN_OR_RETURN(k, with_past(node, graph, 4, k));
  OCTET_ASSIGN_OR_RETURN(v, with_past(node, graph, 5, v));
  const std::int64_t heads = graph.shape(q)[1], kv_heads = graph.shape(k)[1];
  if (kv_heads < 1 || graph.shape(v)[1] != kv_heads || heads % kv_heads != 0)
    return node.error(ErrorCode::kInvalidModel, "Q, K and V have {}, {} and {} heads", heads, kv_heads,
                      graph.shape(v)[1]);
  OCTET_RETURN_IF_ERROR(add_output(node, graph, 1, k));
  OCTET_RETURN_IF_ERROR(add_output(node, graph, 2, v));

  OCTET_ASSIGN_OR_RETURN(TensorId scores, multiply_heads(node, graph, "product", q, k, /*transpose_b=*/true));
  const float own_scale = 1.0f / std::sqrt(static_cast<float>(graph.shape(q)[3]));
  const TensorId scale = graph.inner_scalar(node, "scale", options.scale == 0.0f ? own_scale : options.scale);
  OCTET_ASSIGN_OR_RETURN(scores, graph.add_inner(node, "scores", kMul, BinaryAttrs{}, {scores, scale}));
  OCTET_ASSIGN_OR_RETURN(const TensorId weights, weigh(node, graph, scores, options));
  OCTET_ASSIGN_OR_RETURN(const TensorId dst, multiply_heads(node, graph, "heads", weights, v, /*transpose_b=*/false));
  if (graph.shape(q_input).size() == 4) return add_output(node, graph, 0, dst);
  OCTET_ASSIGN_OR_RETURN(const TensorId rows,
                         graph.add_inner(node, "rows", kTranspose, TransposeAttrs{{0, 2, 1, 3}}, {dst}));
  return graph.add(node, kReshape, ReshapeAttrs{.shape = {0, 0, heads * graph.shape(v)[3]}}, {rows});
}

namespace {

SliceAttrs along(std::int64_t axis, std::int64_t start, std::int64_t end, std::int64_t step = 1) {
  return {{start}, {end}, {axis}, {step}};
}

// Cosines or sines of each position, [B, S, 1, half] or (heads before positions) [B, 1, S, half].
Result<TensorId> rotation(const OnnxNode& node, OnnxGraph& graph, std::size_t i, std::string_view name,
                          std::int64_t half, std::int64_t heads_axis) {
  OCTET_ASSIGN_OR_RETURN(TensorId id, node.input(i, name));
  if (const TensorId positions = node.optional_input(3); positions != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(id, graph.add_inner(node, name, kGather, GatherAttrs{0}, {id, positions}));
  }
  const Shape& shape = graph.shape(id);
  if (shape.size() != 3 || (!is_symbolic(shape[2]) && shape[2] < half))
    return node.error(ErrorCode::kInvalidModel, "{} gives [{}], expected [B, S, {}]", name, fmt::join(shape, ", "),
                      half);
  if (shape[2] != half) {
    OCTET_ASSIGN_OR_RETURN(id, graph.add_inner(node, fmt::format("{}_half", name), kSlice, along(2, 0, half), {id}));
  }
  return graph.add_inner(node, fmt::format("{}_heads", name), kUnsqueeze, SqueezeAttrs{{heads_axis}}, {id});
}

struct Rotated {
  TensorId real, imaginary;
};

// (x1, x2) turned by the angle: cos * x1 - sin * x2 and sin * x1 + cos * x2.
Result<Rotated> rotate(const OnnxNode& node, OnnxGraph& graph, TensorId x1, TensorId x2, TensorId cos, TensorId sin) {
  const auto binary = [&](std::string_view name, const Op& op, TensorId a, TensorId b) {
    return graph.add_inner(node, name, op, BinaryAttrs{}, {a, b});
  };
  OCTET_ASSIGN_OR_RETURN(const TensorId cos1, binary("cos_x1", kMul, cos, x1));
  OCTET_ASSIGN_OR_RETURN(const TensorId sin2, binary("sin_x2", kMul, sin, x2));
  OCTET_ASSIGN_OR_RETURN(const TensorId sin1, binary("sin_x1", kMul, sin, x1));
  OCTET_ASSIGN_OR_RETURN(const TensorId cos2, binary("cos_x2", kMul, cos, x2));
  Rotated rotated{};
  OCTET_ASSIGN_OR_RETURN(rotated.real, binary("real", kSub, cos1, sin2));
  OCTET_ASSIGN_OR_RETURN(rotated.imaginary, binary("imaginary", kAdd, sin1, cos2));
  return rotated;
}

}  // namespace

// ONNX RotaryEmbedding on [B, H, S, D] or [B, S, H * D]: pairs of the first rotary_embedding_dim values of each head
// are turned by the angles of their position. A pair is (i, i + half), or interleaved (2i, 2i + 1).
// https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html
Result<void> import_rotary_embedding(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const bool interleaved, node.get_bool("interleaved", false));
  OCTET_ASSIGN_OR_RETURN(std::int64_t dim, node.get_int("rotary_embedding_dim", 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t heads, node.get_int("num_heads", 0));
  OCTET_ASSIGN_OR_RETURN(TensorId src, node.input(0, "X"));
  const Shape shape = graph.shape(src);
  const bool joined = shape.size() == 3;  // heads lie side by side
  if (shape.size() != 3 && shape.size() != 4)
    return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected 3 or 4", shape.size());
  if (is_symbolic(shape.back()) || (joined && (heads < 1 || shape[2] % heads != 0)))
    return node.error(ErrorCode::kInvalidModel, "its input has rows of {}, and {} heads", shape.back(), heads);
  const std::int64_t size = joined ? shape[2] / heads : shape[3];
  if (dim == 0) dim = size;
  if (dim < 2 || dim > size || dim % 2 != 0)
    return node.error(ErrorCode::kInvalidModel, "rotary_embedding_dim is {}, expected an even number up to {}", dim,
                      size);
  if (joined) {
    OCTET_ASSIGN_OR_RETURN(src,
                           graph.add_inner(node, "heads", kReshape, ReshapeAttrs{.shape = {0, 0, heads, size}}, {src}));
  }
  const std::int64_t heads_axis = joined ? 2 : 1;
  OCTET_ASSIGN_OR_RETURN(const TensorId cos, rotation(node, graph, 1, "cos_cache", dim / 2, heads_axis));
  OCTET_ASSIGN_OR_RETURN(const TensorId sin, rotation(node, graph, 2, "sin_cache", dim / 2, heads_axis));
  const SliceAttrs first = interleaved ? along(3, 0, dim, 2) : along(3, 0, dim / 2);
  const SliceAttrs second = interleaved ? along(3, 1, dim, 2) : along(3, dim / 2, dim);
  OCTET_ASSIGN_OR_RETURN(const TensorId x1, graph.add_inner(node, "x1", kSlice, first, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId x2, graph.add_inner(node, "x2", kSlice, second, {src}));
  OCTET_ASSIGN_OR_RETURN(Rotated rotated, rotate(node, graph, x1, x2, cos, sin));
  std::vector<TensorId> parts = {rotated.real, rotated.imaginary};
  if (interleaved) {
    for (TensorId& part : parts) {
      OCTET_ASSIGN_OR_RETURN(part, graph.add_inner(node, "column", kUnsqueeze, SqueezeAttrs{{4}}, {part}));
    }
    OCTET_ASSIGN_OR_RETURN(const TensorId pairs, graph.add_inner(node, "pairs", kConcat, ConcatAttrs{4}, parts));
    Shape rows = graph.shape(src);
    rows[3] = dim;
    OCTET_ASSIGN_OR_RETURN(const TensorId row, add_reshape(node, graph, "rotated", pairs, rows));
    parts = {row};
  }
  if (dim < size) {
    OCTET_ASSIGN_OR_RETURN(parts.emplace_back(), graph.add_inner(node, "rest", kSlice, along(3, dim, size), {src}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId dst, graph.add_inner(node, "joined", kConcat, ConcatAttrs{3}, parts));
  if (!joined) return add_output(node, graph, 0, dst);
  return graph.add(node, kReshape, ReshapeAttrs{.shape = {0, 0, shape[2]}}, {dst});
}

}  // namespace octet
