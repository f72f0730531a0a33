// SPDX-License-Identifier: Apache-2.0
#include "ops/select.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "ops/copy.h"
#include "ops/scalar.h"
#include "ops/widen.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;

const Tensor* input(Inputs inputs, std::size_t i) { return i < inputs.size() ? inputs[i] : nullptr; }

Tensor vector_of(const std::vector<std::int64_t>& values, Shape shape) { return make_constant("", std::move(shape), values); }

// ---- top_k

Result<std::vector<TensorType>> infer_top_k(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(node.as<TopKAttrs>().axis, inputs[0]->shape.size()));
  if (inputs[1]->type != DataType::kInt64 || num_elements(inputs[1]->shape) != 1)
    return shape_error("k is {}[{}], expected one i64", data_type_name(inputs[1]->type), fmt::join(inputs[1]->shape, ", "));
  Shape shape = inputs[0]->shape;
  std::int64_t k = kUnknownDimension;
  if (inputs[1]->is_constant) {
    OCTET_ASSIGN_OR_RETURN(k, integer_scalar(*inputs[1]));
    if (k < 0 || (!is_symbolic(shape[axis]) && k > shape[axis])) return shape_error("k is {} of {}", k, shape[axis]);
  }
  shape[axis] = k;
  return std::vector<TensorType>{{inputs[0]->type, shape}, {DataType::kInt64, shape}};
}

// NaN above all numbers.
template <typename T>
bool is_less(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);
  }
  return a < b;
}

template <typename T>
void run_top_k(const TopKAttrs& attrs, const ConstView& src, const View& values, View* indices) {
  const Shape& shape = *src.shape;
  const std::size_t axis = *normalize_axis(attrs.axis, shape.size());
  const std::int64_t n = shape[axis], k = (*values.shape)[axis], stride = dense_strides(shape)[axis];
  const std::int64_t num_lines = n == 0 ? 0 : *num_elements(shape) / n;
  if (num_lines == 0) return;  // n may be large
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  for (std::int64_t line = 0; line < num_lines; ++line) {
    const T* const from = src.as<T>() + line / stride * stride * n + line % stride;
    const std::int64_t first = line / stride * stride * k + line % stride;
    std::iota(order.begin(), order.end(), 0);
    const auto comes_before = [&](std::int64_t a, std::int64_t b) {
      const T x = from[a * stride], y = from[b * stride];
      if (is_less(x, y) || is_less(y, x)) return attrs.largest ? is_less(y, x) : is_less(x, y);
      return a < b;
    };
    std::partial_sort(order.begin(), order.begin() + k, order.end(), comes_before);
    for (std::int64_t i = 0; i < k; ++i) {
      const std::int64_t best = order[static_cast<std::size_t>(i)];
      values.as<T>()[first + i * stride] = from[best * stride];
      if (indices != nullptr) indices->as<std::int64_t>()[first + i * stride] = best;
    }
  }
}

Result<void> reference_top_k(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const auto& attrs = node.as<TopKAttrs>();
  View indices;
  if (outputs.size() > 1) indices = outputs[1];
  View* const positions = outputs.size() > 1 ? &indices : nullptr;
  switch (inputs[0].type) {
    case DataType::kFloat32: run_top_k<float>(attrs, inputs[0], outputs[0], positions); return {};
    case DataType::kFloat64: run_top_k<double>(attrs, inputs[0], outputs[0], positions); return {};
    case DataType::kInt64: run_top_k<std::int64_t>(attrs, inputs[0], outputs[0], positions); return {};
    case DataType::kUint64: run_top_k<std::uint64_t>(attrs, inputs[0], outputs[0], positions); return {};
    default: return run_widened(reference_top_k, node, inputs, outputs);
  }
}

// ---- nonzero

Result<std::vector<TensorType>> infer_non_zero(const Node&, Inputs inputs) {
  return single_type(DataType::kInt64, {static_cast<std::int64_t>(inputs[0]->shape.size()), kUnknownDimension});
}

// Whether element i is not 0; of floats a -0 is 0.
bool is_non_zero(const Tensor& tensor, std::size_t i) {
  if (tensor.type == DataType::kFloat32) return tensor.values<float>()[i] != 0.0f;
  if (tensor.type == DataType::kFloat64) return tensor.values<double>()[i] != 0.0;
  const std::size_t size = data_type_size(tensor.type);
  const auto bytes = tensor.data.bytes().subspan(i * size, size);
  return std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; });
}

Result<std::vector<Tensor>> evaluate_non_zero(const Node&, Inputs inputs) {
  const Tensor& src = *inputs[0];
  const std::size_t rank = src.shape.size();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < static_cast<std::size_t>(*num_elements(src.shape)); ++i)
    if (is_non_zero(src, i)) found.push_back(i);
  const Strides strides = dense_strides(src.shape);
  std::vector<std::int64_t> positions;
  positions.reserve(rank * found.size());
  for (std::size_t d = 0; d < rank; ++d)
    for (const std::size_t i : found) positions.push_back(static_cast<std::int64_t>(i) / strides[d] % src.shape[d]);
  std::vector<Tensor> outputs;
  outputs.push_back(vector_of(positions, {static_cast<std::int64_t>(rank), static_cast<std::int64_t>(found.size())}));
  return outputs;
}

// ---- slices along an axis

// src as [outer, size, inner]; flat: [1, all, 1].
struct Slices {
  std::size_t outer = 1, size = 1, inner_bytes = 1;
};
Slices slices(const Tensor& src, std::size_t axis, bool flat) {
  const std::size_t element = data_type_size(src.type);
  if (flat) return {1, static_cast<std::size_t>(*num_elements(src.shape)), element};
  Slices result{1, static_cast<std::size_t>(src.shape[axis]), element};
  for (std::size_t d = 0; d < axis; ++d) result.outer *= static_cast<std::size_t>(src.shape[d]);
  for (std::size_t d = axis + 1; d < src.shape.size(); ++d) result.inner_bytes *= static_cast<std::size_t>(src.shape[d]);
  return result;
}

// src's slices at `positions`, along the axis.
Tensor take_slices(const Tensor& src, std::size_t axis, bool flat, const std::vector<std::size_t>& positions) {
  const Slices s = slices(src, axis, flat);
  std::vector<std::byte> bytes;
  bytes.reserve(s.outer * positions.size() * s.inner_bytes);
  for (std::size_t o = 0; o < s.outer; ++o)
    for (const std::size_t i : positions) {
      const auto slice = src.data.bytes().subspan((o * s.size + i) * s.inner_bytes, s.inner_bytes);
      bytes.insert(bytes.end(), slice.begin(), slice.end());
    }
  Shape shape = flat ? Shape{0} : src.shape;
  shape[flat ? 0 : axis] = static_cast<std::int64_t>(positions.size());
  return make_constant("", src.type, std::move(shape), std::move(bytes));
}

Result<std::size_t> slice_axis(std::int64_t axis, bool flat, const Shape& shape) {
  if (flat) return std::size_t{0};
  return expect_axis(axis, shape.size());
}

Shape with_unknown(const Shape& src, std::size_t axis, bool flat) {
  Shape shape = flat ? Shape{0} : src;
  shape[axis] = kUnknownDimension;
  return shape;
}

Result<std::vector<TensorType>> infer_compress(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<CompressAttrs>();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, slice_axis(attrs.axis, attrs.flat, inputs[0]->shape));
  if (inputs[1]->type != DataType::kBool || inputs[1]->shape.size() != 1)
    return shape_error("the condition is {}[{}], expected a vector of bool", data_type_name(inputs[1]->type), fmt::join(inputs[1]->shape, ", "));
  return single_type(inputs[0]->type, with_unknown(inputs[0]->shape, axis, attrs.flat));
}

Result<std::vector<Tensor>> evaluate_compress(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<CompressAttrs>();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, slice_axis(attrs.axis, attrs.flat, inputs[0]->shape));
  const auto condition = inputs[1]->values<bool>();
  const std::size_t size = slices(*inputs[0], axis, attrs.flat).size;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < std::min(size, condition.size()); ++i)
    if (condition[i]) positions.push_back(i);
  return std::vector<Tensor>{take_slices(*inputs[0], axis, attrs.flat, positions)};
}

// ---- unique

Result<std::vector<TensorType>> infer_unique(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<UniqueAttrs>();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, slice_axis(attrs.axis, attrs.flat, inputs[0]->shape));
  const std::int64_t size = attrs.flat ? num_elements(inputs[0]->shape).value_or(kUnknownDimension) : inputs[0]->shape[axis];
  const TensorType positions{DataType::kInt64, {kUnknownDimension}};
  return std::vector<TensorType>{{inputs[0]->type, with_unknown(inputs[0]->shape, axis, attrs.flat)}, positions,
                                 {DataType::kInt64, {is_symbolic(size) ? kUnknownDimension : size}}, positions};
}

template <typename T>
int compare_elements(const std::byte* a, const std::byte* b) {
  T x, y;
  std::memcpy(&x, a, sizeof(T));
  std::memcpy(&y, b, sizeof(T));
  return is_less(x, y) ? -1 : is_less(y, x) ? 1 : 0;
}
using CompareElements = int (*)(const std::byte* a, const std::byte* b);
CompareElements comparison_of(DataType type) {
  switch (type) {
    case DataType::kFloat32: return compare_elements<float>;
    case DataType::kFloat64: return compare_elements<double>;
    case DataType::kInt8: return compare_elements<std::int8_t>;
    case DataType::kInt16: return compare_elements<std::int16_t>;
    case DataType::kInt32: return compare_elements<std::int32_t>;
    case DataType::kInt64: return compare_elements<std::int64_t>;
    case DataType::kUint8: case DataType::kBool: return compare_elements<std::uint8_t>;
    case DataType::kUint16: return compare_elements<std::uint16_t>;
    case DataType::kUint32: return compare_elements<std::uint32_t>;
    case DataType::kUint64: return compare_elements<std::uint64_t>;
    case DataType::kFloat16: break;
  }
  return nullptr;
}

Result<std::vector<Tensor>> evaluate_unique(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<UniqueAttrs>();
  const Tensor& src = *inputs[0];
  const CompareElements compare = comparison_of(src.type);
  if (compare == nullptr) return no_reference_for(src.type);
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, slice_axis(attrs.axis, attrs.flat, src.shape));
  const Slices s = slices(src, axis, attrs.flat);
  // There may be any number of slices without elements.
  if (src.data.size_bytes() == 0 && s.size > 0) return make_error(ErrorCode::kUnsupported, "'{}' has slices, and no element", src.name);
  const std::size_t element = data_type_size(src.type);
  const auto compare_slices = [&](std::size_t a, std::size_t b) {
    for (std::size_t o = 0; o < s.outer; ++o)
      for (std::size_t k = 0; k < s.inner_bytes; k += element) {
        const std::byte* const base = src.data.bytes().data() + o * s.size * s.inner_bytes + k;
        if (const int order = compare(base + a * s.inner_bytes, base + b * s.inner_bytes); order != 0) return order;
      }
    return 0;
  };
  // Sorted, equal ones stay in the order of src, so that the first of each group is the first in src.
  std::vector<std::size_t> order(s.size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return compare_slices(a, b) < 0; });
  std::vector<std::size_t> firsts;            // of each group
  std::vector<std::int64_t> group_of(s.size), counts;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || compare_slices(order[i - 1], order[i]) != 0) {
      firsts.push_back(order[i]);
      counts.push_back(0);
    }
    ++counts.back();
    group_of[order[i]] = static_cast<std::int64_t>(firsts.size()) - 1;
  }
  std::vector<std::size_t> rank(firsts.size());  // groups in the order of the result
  std::iota(rank.begin(), rank.end(), std::size_t{0});
  if (!attrs.sorted) std::sort(rank.begin(), rank.end(), [&](std::size_t a, std::size_t b) { return firsts[a] < firsts[b]; });
  std::vector<std::int64_t> place(rank.size());
  for (std::size_t i = 0; i < rank.size(); ++i) place[rank[i]] = static_cast<std::int64_t>(i);
  std::vector<std::size_t> taken;
  std::vector<std::int64_t> first_positions, sorted_counts;
  for (const std::size_t group : rank) {
    taken.push_back(firsts[group]);
    first_positions.push_back(static_cast<std::int64_t>(firsts[group]));
    sorted_counts.push_back(counts[group]);
  }
  for (std::int64_t& group : group_of) group = place[static_cast<std::size_t>(group)];
  const auto count = static_cast<std::int64_t>(taken.size());
  std::vector<Tensor> outputs = {take_slices(src, axis, attrs.flat, taken), vector_of(first_positions, {count}),
                                 vector_of(group_of, {static_cast<std::int64_t>(s.size)}), vector_of(sorted_counts, {count})};
  outputs.resize(node.outputs.size());
  return outputs;
}

// ---- non_max_suppression

Result<std::vector<TensorType>> infer_non_max_suppression(const Node&, Inputs inputs) {
  for (std::size_t i = 0; i < 2; ++i) {
    OCTET_RETURN_IF_ERROR(expect_rank(i == 0 ? "boxes" : "scores", *inputs[i], 3));
    if (inputs[i]->type != DataType::kFloat32) return shape_error("'{}' is {}, expected f32", inputs[i]->name, data_type_name(inputs[i]->type));
  }
  const Shape &boxes = inputs[0]->shape, &scores = inputs[1]->shape;
  if (!same_dimension(boxes[0], scores[0]) || !same_dimension(boxes[1], scores[2]) || !same_dimension(boxes[2], 4))
    return shape_error("boxes [{}] and scores [{}] do not fit [N, M, 4] and [N, C, M]", fmt::join(boxes, ", "), fmt::join(scores, ", "));
  return single_type(DataType::kInt64, {kUnknownDimension, 3});
}

struct Box {
  float y1, x1, y2, x2;
  float area() const { return (y2 - y1) * (x2 - x1); }
};

Box make_box(const float* b, bool centered) {
  if (centered) return {b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2};
  return {std::min(b[0], b[2]), std::min(b[1], b[3]), std::max(b[0], b[2]), std::max(b[1], b[3])};
}

float intersection_over_union(const Box& a, const Box& b) {
  const float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  if (!(h > 0) || !(w > 0)) return 0.0f;
  const float both = h * w, all = a.area() + b.area() - both;
  return all > 0 ? both / all : 0.0f;
}

// Indices of the boxes that are kept for one class, best first.
std::vector<std::int64_t> suppress(const std::vector<Box>& boxes, const float* scores, std::int64_t most, float iou_threshold,
                                   float score_threshold) {
  std::vector<std::int64_t> order, kept;
  for (std::size_t i = 0; i < boxes.size(); ++i)
    if (scores[i] > score_threshold) order.push_back(static_cast<std::int64_t>(i));
  std::stable_sort(order.begin(), order.end(), [scores](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
  for (const std::int64_t i : order) {
    if (static_cast<std::int64_t>(kept.size()) >= most) break;
    const auto overlaps = [&](std::int64_t k) {
      return intersection_over_union(boxes[static_cast<std::size_t>(i)], boxes[static_cast<std::size_t>(k)]) > iou_threshold;
    };
    if (std::none_of(kept.begin(), kept.end(), overlaps)) kept.push_back(i);
  }
  return kept;
}

Result<std::vector<Tensor>> evaluate_non_max_suppression(const Node& node, Inputs inputs) {
  std::int64_t most = 0;
  if (const Tensor* t = input(inputs, 2)) {
    OCTET_ASSIGN_OR_RETURN(most, integer_scalar(*t));
  }
  double iou_threshold = 0, score_threshold = -std::numeric_limits<double>::infinity();
  if (const Tensor* t = input(inputs, 3)) {
    OCTET_ASSIGN_OR_RETURN(iou_threshold, scalar_value(*t));
  }
  if (const Tensor* t = input(inputs, 4)) {
    OCTET_ASSIGN_OR_RETURN(score_threshold, scalar_value(*t));
  }
  const Shape& scores = inputs[1]->shape;
  const std::int64_t num_boxes = scores[2];
  std::vector<std::int64_t> selected;
  for (std::int64_t n = 0; n < scores[0]; ++n) {
    std::vector<Box> boxes;
    for (std::int64_t m = 0; m < num_boxes; ++m)
      boxes.push_back(make_box(inputs[0]->values<float>().data() + (n * num_boxes + m) * 4, node.as<NonMaxSuppressionAttrs>().centered));
    for (std::int64_t c = 0; c < scores[1]; ++c) {
      const float* const line = inputs[1]->values<float>().data() + (n * scores[1] + c) * num_boxes;
      for (const std::int64_t box : suppress(boxes, line, most, static_cast<float>(iou_threshold), static_cast<float>(score_threshold)))
        selected.insert(selected.end(), {n, c, box});
    }
  }
  const auto count = static_cast<std::int64_t>(selected.size() / 3);
  return std::vector<Tensor>{vector_of(selected, {count, 3})};
}

}  // namespace

const Op kTopK = define_op<TopKAttrs>("top_k", {2, 2}, infer_top_k, reference_top_k, 2);
const Op kNonZero = define_dynamic_op<NoAttrs>("non_zero", {1, 1}, infer_non_zero, evaluate_non_zero);
const Op kCompress = define_dynamic_op<CompressAttrs>("compress", {2, 2}, infer_compress, evaluate_compress);
const Op kUnique = define_dynamic_op<UniqueAttrs>("unique", {1, 1}, infer_unique, evaluate_unique, 4);
const Op kNonMaxSuppression =
    define_dynamic_op<NonMaxSuppressionAttrs>("non_max_suppression", {2, 5}, infer_non_max_suppression, evaluate_non_max_suppression);

}  // namespace octet
