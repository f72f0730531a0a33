// SPDX-License-Identifier: Apache-2.0
#include "ops/reshape.h"

#include <algorithm>
#include <cstring>

#include "ops/copy.h"

namespace octet {
namespace {

// A product of dimensions: the numbers multiplied, the symbols listed.
struct Product {
  std::int64_t number = 1;  // bounded, since the shape is within_limits
  std::vector<std::int64_t> symbols;

  void multiply(std::int64_t dimension) {
    if (is_symbolic(dimension)) symbols.push_back(dimension);
    else number *= dimension;
  }
};

Product product(const Shape& shape, std::size_t begin, std::size_t end) {
  Product result;
  for (std::size_t d = begin; d < end; ++d) result.multiply(shape[d]);
  return result;
}

// The product as one dimension.
std::int64_t as_dimension(const Product& product) {
  if (product.symbols.empty()) return product.number;
  return product.symbols.size() == 1 && product.number == 1 ? product.symbols[0] : kUnknownDimension;
}

// Takes the symbols that are in both out of both. kUnknownDimension of dst came from src with all others of its kind.
void cancel_symbols(Product& src, Product& dst) {
  for (auto symbol = dst.symbols.begin(); symbol != dst.symbols.end();) {
    const auto same = std::find(src.symbols.begin(), src.symbols.end(), *symbol);
    if (same == src.symbols.end()) {
      ++symbol;
      continue;
    }
    src.symbols.erase(same);
    symbol = dst.symbols.erase(symbol);
  }
}

// The wanted shape with each 0 replaced by src's dimension; -1 stays.
Result<Shape> copied_dimensions(const ReshapeAttrs& attrs, const Shape& src) {
  Shape shape;
  for (std::size_t d = 0; d < attrs.shape.size(); ++d) {
    std::int64_t size = attrs.shape[d];
    if (size < -1) return shape_error("shape [{}] has a negative dimension", fmt::join(attrs.shape, ", "));
    if (size == 0 && !attrs.allow_zero) {
      if (d >= src.size()) {
        return shape_error("shape [{}] copies dimension {}, src has shape [{}]", fmt::join(attrs.shape, ", "), d,
                           fmt::join(src, ", "));
      }
      size = src[d];
    }
    shape.push_back(size);
  }
  return shape;
}

Result<std::vector<TensorType>> infer_reshape(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<ReshapeAttrs>();
  const Shape& src_shape = inputs[0]->shape;
  if (attrs.shape.size() > kMaxRank) return shape_error("{} dimensions are more than {}", attrs.shape.size(), kMaxRank);
  const auto num_free = std::count(attrs.shape.begin(), attrs.shape.end(), -1);
  if (num_free > 1) return shape_error("shape [{}] has more than one -1", fmt::join(attrs.shape, ", "));
  OCTET_ASSIGN_OR_RETURN(Shape shape, copied_dimensions(attrs, src_shape));

  Product src = product(src_shape, 0, src_shape.size());
  Product dst;
  Shape known;  // without the -1
  std::size_t free = shape.size();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (attrs.shape[d] == -1) free = d;
    else known.push_back(shape[d]);
  }
  if (!within_limits(known)) return shape_error("shape [{}] is too large", fmt::join(attrs.shape, ", "));
  for (const std::int64_t d : known) dst.multiply(d);
  cancel_symbols(src, dst);

  const auto mismatch = [&] {
    return shape_error("'{}' of shape [{}] cannot be reshaped to [{}]", inputs[0]->name, fmt::join(src_shape, ", "),
                       fmt::join(attrs.shape, ", "));
  };
  const bool is_known = src.symbols.empty() && dst.symbols.empty();
  if (num_free == 0) {
    if (is_known && src.number != dst.number) return mismatch();
    return single_type(inputs[0]->type, std::move(shape));
  }
  if (dst.number == 0) return mismatch();  // -1 could be anything
  if (is_known) {
    if (src.number % dst.number != 0) return mismatch();
    shape[free] = src.number / dst.number;
  } else if (dst.symbols.empty() && src.number == dst.number && src.symbols.size() == 1) {
    shape[free] = src.symbols[0];
  } else {
    shape[free] = kUnknownDimension;
  }
  return single_type(inputs[0]->type, std::move(shape));
}

Result<std::vector<TensorType>> infer_flatten(const Node& node, std::span<const Tensor* const> inputs) {
  const Shape& src = inputs[0]->shape;
  std::int64_t axis = node.as<FlattenAttrs>().axis;
  const auto rank = static_cast<std::int64_t>(src.size());
  if (axis < -rank || axis > rank) return shape_error("axis {} is outside [-{}, {}]", axis, rank, rank);
  if (axis < 0) axis += rank;
  const auto middle = static_cast<std::size_t>(axis);
  return single_type(inputs[0]->type,
                     {as_dimension(product(src, 0, middle)), as_dimension(product(src, middle, src.size()))});
}

Result<std::vector<TensorType>> infer_squeeze(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& axes = node.as<SqueezeAttrs>().axes;
  const Tensor& src = *inputs[0];
  OCTET_ASSIGN_OR_RETURN(const std::vector<bool> squeezed, expect_axes(axes, src.shape.size()));
  Shape shape;
  for (std::size_t d = 0; d < src.shape.size(); ++d) {
    const bool drop = axes.empty() ? src.shape[d] == 1 : squeezed[d];
    if (!drop) shape.push_back(src.shape[d]);
    else if (src.shape[d] != 1 && !is_symbolic(src.shape[d]))
      return shape_error("dimension {} of '{}' has size {}, expected 1", d, src.name, src.shape[d]);
  }
  return single_type(src.type, std::move(shape));
}

Result<std::vector<TensorType>> infer_unsqueeze(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& axes = node.as<SqueezeAttrs>().axes;
  const Shape& src = inputs[0]->shape;
  if (axes.size() > kMaxRank - src.size()) return shape_error("{} dimensions are more than {}", src.size() + axes.size(), kMaxRank);
  OCTET_ASSIGN_OR_RETURN(const std::vector<bool> added, expect_axes(axes, src.size() + axes.size()));
  Shape shape;
  for (auto from = src.begin(); const bool is_added : added) shape.push_back(is_added ? 1 : *from++);
  return single_type(inputs[0]->type, std::move(shape));
}

Result<std::vector<TensorType>> infer_identity(const Node&, std::span<const Tensor* const> inputs) {
  return single_type(inputs[0]->type, inputs[0]->shape);
}

Result<void> reference_copy(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_same_quant(inputs[0], outputs[0]));
  const auto count = num_elements(*inputs[0].shape);
  if (!count || count != num_elements(*outputs[0].shape)) return shape_error("src and dst differ in size");
  const std::size_t bytes = static_cast<std::size_t>(*count) * data_type_size(inputs[0].type);
  if (bytes > 0) std::memcpy(outputs[0].data, inputs[0].data, bytes);
  return {};
}

}  // namespace

const Op kReshape = define_op<ReshapeAttrs>("reshape", {1, 1}, infer_reshape, reference_copy);
const Op kFlatten = define_op<FlattenAttrs>("flatten", {1, 1}, infer_flatten, reference_copy);
const Op kSqueeze = define_op<SqueezeAttrs>("squeeze", {1, 1}, infer_squeeze, reference_copy);
const Op kUnsqueeze = define_op<SqueezeAttrs>("unsqueeze", {1, 1}, infer_unsqueeze, reference_copy);
const Op kIdentity = define_op<NoAttrs>("identity", {1, 1}, infer_identity, reference_copy);
const Op kDropout = define_op<NoAttrs>("dropout", {1, 1}, infer_identity, reference_copy);

bool keeps_elements(const Op& op) { return op.reference == reference_copy; }

}  // namespace octet
