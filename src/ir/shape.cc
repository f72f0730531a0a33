// SPDX-License-Identifier: Apache-2.0
#include "ir/shape.h"

#include <algorithm>

namespace octet {

bool is_fixed(const Shape& shape) { return std::none_of(shape.begin(), shape.end(), is_symbolic); }

bool within_limits(const Shape& shape) {
  if (shape.size() > kMaxRank) return false;
  std::int64_t product = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension <= 0) continue;
    if (product > kMaxElements / dimension) return false;
    product *= dimension;
  }
  return true;
}

std::optional<std::int64_t> num_elements(const Shape& shape) {
  if (!is_fixed(shape) || !within_limits(shape)) return std::nullopt;
  std::int64_t product = 1;
  for (const std::int64_t dimension : shape) product *= dimension;
  return product;
}

std::int64_t num_between(const Shape& shape, std::size_t begin, std::size_t end) {
  std::int64_t product = 1;
  for (std::size_t d = begin; d < end; ++d) product *= shape[d];
  return product;
}

std::optional<std::int64_t> same_dimension(std::int64_t a, std::int64_t b) {
  if (!is_symbolic(a) && !is_symbolic(b) && a != b) return std::nullopt;
  return std::max(a, b);  // numbers are above symbols, and kUnknownDimension is below all
}

namespace {

std::optional<std::int64_t> broadcast_dimension(std::int64_t a, std::int64_t b) {
  if (a == 1) return b;
  if (b == 1 || a == b) return a;
  if (is_symbolic(a) && is_symbolic(b)) return kUnknownDimension;  // one of them may be 1
  return same_dimension(a, b);
}

}  // namespace

std::optional<Shape> broadcast_shapes(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape result(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t da = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    const std::int64_t db = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    const auto both = broadcast_dimension(da, db);
    if (!both) return std::nullopt;
    result[i] = *both;
  }
  return result;
}

std::optional<std::size_t> normalize_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) return std::nullopt;
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::vector<std::int64_t> dense_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

}  // namespace octet
