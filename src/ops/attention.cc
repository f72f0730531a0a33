// SPDX-License-Identifier: Apache-2.0
#include "ops/attention.h"

#include <cmath>
#include <limits>

#include "ops/layer_types.h"

namespace octet {
namespace {

// `shape` broadcasts to `to`, dimension by dimension.
bool broadcasts_to(const Shape& shape, const Shape& to) {
  if (shape.size() != to.size()) return false;
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (shape[d] != 1 && !same_dimension(shape[d], to[d])) return false;
  return true;
}

Result<std::vector<TensorType>> infer_attention(const Node& node, std::span<const Tensor* const> inputs) {
  const std::int64_t heads = node.as<AttentionAttrs>().heads;
  const Tensor &q = *inputs[0], &k = *inputs[1], &v = *inputs[2];
  const Tensor* const mask = optional_input(inputs, 3);
  for (const Tensor* tensor : {&q, &k, &v}) {
    OCTET_RETURN_IF_ERROR(expect_rank("q, k, v", *tensor, 3));
    if (tensor->type != DataType::kFloat32)
      return make_error(ErrorCode::kUnsupported, "'{}' is {}, expected f32", tensor->name, data_type_name(tensor->type));
    if (is_symbolic(tensor->shape[2]) || heads < 1 || tensor->shape[2] % heads != 0)
      return shape_error("'{}' has {} values in a row, which {} heads do not divide", tensor->name, tensor->shape[2], heads);
  }
  const bool fits = same_dimension(q.shape[0], k.shape[0]) && same_dimension(q.shape[0], v.shape[0]) &&
                    same_dimension(k.shape[1], v.shape[1]) && q.shape[2] == k.shape[2];
  if (!fits) {
    return shape_error("q [{}], k [{}] and v [{}] do not go together: expected [B, S, H * D], [B, T, H * D], [B, T, H * E]",
                       fmt::join(q.shape, ", "), fmt::join(k.shape, ", "), fmt::join(v.shape, ", "));
  }
  const Shape scores = {q.shape[0], heads, q.shape[1], k.shape[1]};
  if (mask != nullptr && (mask->type != DataType::kFloat32 || !broadcasts_to(mask->shape, scores)))
    return shape_error("mask '{}' is {} [{}], expected f32 that broadcasts to [{}]", mask->name, data_type_name(mask->type),
                       fmt::join(mask->shape, ", "), fmt::join(scores, ", "));
  return single_type(DataType::kFloat32, {q.shape[0], q.shape[1], v.shape[2]});
}

Result<void> reference_attention(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<AttentionAttrs>();
  const Shape &q_shape = *inputs[0].shape, &v_shape = *inputs[2].shape;
  const std::int64_t num_b = q_shape[0], num_s = q_shape[1], num_t = v_shape[1], num_h = attrs.heads;
  const std::int64_t num_d = q_shape[2] / num_h, num_e = v_shape[2] / num_h;
  const float* const mask = optional_floats(inputs, 3);
  const auto mask_at = [&](std::int64_t b, std::int64_t h, std::int64_t s, std::int64_t t) {
    const Shape& shape = *inputs[3].shape;
    const std::int64_t index[] = {b, h, s, t};
    std::int64_t at = 0;
    for (std::size_t d = 0; d < 4; ++d) at = at * shape[d] + (shape[d] == 1 ? 0 : index[d]);
    return double{mask[at]};
  };
  std::vector<double> weights(static_cast<std::size_t>(num_t));
  for (std::int64_t row = 0; row < num_b * num_s * num_h; ++row) {
    const std::int64_t h = row % num_h, s = row / num_h % num_s, b = row / num_h / num_s;
    const float* const q = inputs[0].as<float>() + ((b * num_s + s) * num_h + h) * num_d;
    double max = -std::numeric_limits<double>::infinity(), sum = 0.0;
    for (std::int64_t t = 0; t < num_t; ++t) {
      const float* const k = inputs[1].as<float>() + ((b * num_t + t) * num_h + h) * num_d;
      double score = 0.0;
      for (std::int64_t d = 0; d < num_d; ++d) score += double{q[d]} * double{k[d]};
      weights[static_cast<std::size_t>(t)] = score * double{attrs.scale} + (mask == nullptr ? 0.0 : mask_at(b, h, s, t));
      max = std::fmax(max, weights[static_cast<std::size_t>(t)]);
    }
    for (double& weight : weights) sum += weight = std::exp(weight - max);
    float* const dst = outputs[0].as<float>() + ((b * num_s + s) * num_h + h) * num_e;
    for (std::int64_t e = 0; e < num_e; ++e) {
      double value = 0.0;
      for (std::int64_t t = 0; t < num_t; ++t)
        value += weights[static_cast<std::size_t>(t)] * double{inputs[2].as<float>()[((b * num_t + t) * num_h + h) * num_e + e]};
      dst[e] = static_cast<float>(value / sum);
    }
  }
  return {};
}

}  // namespace

const Op kAttention = define_op<AttentionAttrs>("attention", {3, 4}, infer_attention, reference_attention);

}  // namespace octet
