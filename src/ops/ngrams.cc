// SPDX-License-Identifier: Apache-2.0
#include "ops/ngrams.h"

#include <algorithm>
#include <map>

namespace octet {
namespace {

constexpr std::int64_t kMaxOutputs = std::int64_t{1} << 24;
constexpr std::int64_t kMaxLength = 1 << 10;

using Ngram = std::vector<std::int64_t>;

// The index of dst of each n-gram. Error if the lists do not go together.
Result<std::map<Ngram, std::int64_t>> vocabulary(const NgramsAttrs& attrs) {
  const auto pool_size = static_cast<std::int64_t>(attrs.pool.size());
  std::map<Ngram, std::int64_t> indices;
  std::size_t g = 0;
  for (std::size_t i = 0; i < attrs.starts.size(); ++i) {
    const auto length = static_cast<std::int64_t>(i) + 1;
    const std::int64_t begin = attrs.starts[i], end = i + 1 < attrs.starts.size() ? attrs.starts[i + 1] : pool_size;
    if (begin < 0 || end < begin || end > pool_size || (end - begin) % length != 0)
      return shape_error("{}-grams are {} to {} of a pool of {}", length, begin, end, pool_size);
    for (std::int64_t at = begin; at < end; at += length, ++g) {
      if (g >= attrs.indices.size()) return shape_error("there are {} indices for more n-grams", attrs.indices.size());
      if (length < attrs.min_length || length > attrs.max_length) continue;
      indices[Ngram(attrs.pool.begin() + at, attrs.pool.begin() + at + length)] = attrs.indices[g];
    }
  }
  return indices;
}

Result<std::int64_t> num_outputs(const NgramsAttrs& attrs) {
  if (attrs.min_length < 1 || attrs.max_length < attrs.min_length || attrs.max_length > kMaxLength ||
      attrs.max_skip < 0)
    return shape_error("lengths {} to {} with {} skipped make no sense", attrs.min_length, attrs.max_length,
                       attrs.max_skip);
  std::int64_t most = -1;
  for (const std::int64_t index : attrs.indices) {
    if (index < 0 || index >= kMaxOutputs) return shape_error("index {} is outside [0, {})", index, kMaxOutputs);
    most = std::max(most, index);
  }
  if (most < 0) return shape_error("has no indices");
  if (!attrs.weights.empty() && static_cast<std::int64_t>(attrs.weights.size()) <= most)
    return shape_error("has {} weights for {} outputs", attrs.weights.size(), most + 1);
  return most + 1;
}

Result<std::vector<TensorType>> infer_ngrams(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  if (src.type != DataType::kInt32 && src.type != DataType::kInt64)
    return make_error(ErrorCode::kUnsupported, "src '{}' is {}, expected i32 or i64", src.name,
                      data_type_name(src.type));
  if (src.shape.empty() || src.shape.size() > 2)
    return shape_error("src '{}' has {} dimensions, expected 1 or 2", src.name, src.shape.size());
  OCTET_RETURN_IF_ERROR(vocabulary(node.as<NgramsAttrs>()));
  Shape shape(src.shape.begin(), src.shape.end() - 1);
  OCTET_ASSIGN_OR_RETURN(shape.emplace_back(), num_outputs(node.as<NgramsAttrs>()));
  return single_type(DataType::kFloat32, std::move(shape));
}

// Counts those of one length and distance. Those of one number have no distance.
void count_ngrams(const std::map<Ngram, std::int64_t>& indices, std::span<const std::int64_t> row, std::size_t length,
                  std::size_t distance, float* counts) {
  Ngram ngram(length);
  for (std::size_t begin = 0; begin + (length - 1) * distance < row.size(); ++begin) {
    for (std::size_t i = 0; i < length; ++i) ngram[i] = row[begin + i * distance];
    if (const auto found = indices.find(ngram); found != indices.end()) counts[found->second] += 1.0f;
  }
}

void count_row(const NgramsAttrs& attrs, const std::map<Ngram, std::int64_t>& indices,
               std::span<const std::int64_t> row, float* dst) {
  const auto size = static_cast<std::int64_t>(row.size());
  const std::int64_t longest = std::min(attrs.max_length, static_cast<std::int64_t>(attrs.starts.size()));
  for (std::int64_t length = attrs.min_length; length <= longest; ++length) {
    const std::int64_t last_distance = length == 1 ? 1 : std::min(attrs.max_skip, size) + 1;
    for (std::int64_t distance = 1; distance <= last_distance; ++distance)
      count_ngrams(indices, row, static_cast<std::size_t>(length), static_cast<std::size_t>(distance), dst);
  }
}

float weighted(const NgramsAttrs& attrs, float count, std::size_t i) {
  const float weight = attrs.weights.empty() ? 1.0f : attrs.weights[i];
  switch (attrs.weighting) {
    case NgramWeighting::kIdf:
      return count > 0.0f ? weight : 0.0f;
    case NgramWeighting::kTfIdf:
      return count * weight;
    case NgramWeighting::kTf:
      break;
  }
  return count;
}

Result<void> reference_ngrams(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<NgramsAttrs>();
  OCTET_ASSIGN_OR_RETURN(const auto indices, vocabulary(attrs));
  const Shape& shape = *inputs[0].shape;
  const auto columns = static_cast<std::size_t>(shape.back());
  const auto rows = shape.size() == 2 ? static_cast<std::size_t>(shape[0]) : 1,
             width = static_cast<std::size_t>(outputs[0].shape->back());
  float* const dst = outputs[0].as<float>();
  std::fill_n(dst, rows * width, 0.0f);
  std::vector<std::int64_t> row(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < columns; ++i)
      row[i] = inputs[0].type == DataType::kInt64 ? inputs[0].as<std::int64_t>()[r * columns + i]
                                                  : inputs[0].as<std::int32_t>()[r * columns + i];
    count_row(attrs, indices, row, dst + r * width);
    for (std::size_t i = 0; i < width; ++i) dst[r * width + i] = weighted(attrs, dst[r * width + i], i);
  }
  return {};
}

}  // namespace

const Op kNgrams = define_op<NgramsAttrs>("ngrams", {1, 1}, infer_ngrams, reference_ngrams);

}  // namespace octet
