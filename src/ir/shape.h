// SPDX-License-Identifier: Apache-2.0
// Shapes whose dimensions may be unknown until they are fixed.
#ifndef OCTET_IR_SHAPE_H_
#define OCTET_IR_SHAPE_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace octet {

// Dimensions, outermost first. A negative dimension d is symbolic: Graph::symbols[-1 - d] is its name, so that equal
// negative numbers mean equal sizes. An empty shape is a scalar.
using Shape = std::vector<std::int64_t>;

inline bool is_symbolic(std::int64_t dimension) { return dimension < 0; }
bool is_fixed(const Shape& shape);

// A symbolic dimension that nothing is known of, for results that depend on a symbolic one: two of them need not be
// equal. Printed as `?`.
inline constexpr std::int64_t kUnknownDimension = INT64_MIN;

// No tensor of a model may have more elements: an absurd shape is an error long before memory is asked for.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 38;
inline constexpr std::size_t kMaxRank = 8;

// At most kMaxRank dimensions, and the product of those that are neither symbolic nor 0 at most kMaxElements: sums and
// strides of such dimensions do not overflow. Shape inference sees no other shapes.
bool within_limits(const Shape& shape);

// Product of the dimensions; nothing if one is symbolic or the shape is not within_limits.
std::optional<std::int64_t> num_elements(const Shape& shape);

// The same of dimensions begin .. end of a fixed shape that is within_limits: 1 if there is none.
std::int64_t num_between(const Shape& shape, std::size_t begin, std::size_t end);

// The dimension that both stand for, if they are the same at run time: a number tells more than a symbol, and a symbol
// more than kUnknownDimension. Nothing if they are different numbers.
std::optional<std::int64_t> same_dimension(std::int64_t a, std::int64_t b);

// NumPy's broadcast of two shapes. A symbolic dimension beside a number above 1 gives the number, beside another symbol
// kUnknownDimension. Nothing if they do not fit.
std::optional<Shape> broadcast_shapes(const Shape& a, const Shape& b);

// axis in [-rank, rank) -> [0, rank); nothing outside.
std::optional<std::size_t> normalize_axis(std::int64_t axis, std::size_t rank);

// Elements between consecutive indices of each dimension of a dense row-major tensor. The shape must be fixed.
std::vector<std::int64_t> dense_strides(const Shape& shape);

// Calls visit(flat, index) for each index of a fixed shape within_limits, in row-major order.
template <typename Visit>
void visit_indices(const Shape& shape, Visit&& visit) {
  Shape index(shape.size(), 0);
  const std::int64_t count = *num_elements(shape);
  for (std::int64_t i = 0; i < count; ++i) {
    visit(i, index);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

}  // namespace octet

#endif  // OCTET_IR_SHAPE_H_
