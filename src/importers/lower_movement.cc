// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "importers/lowering.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

constexpr std::int64_t kToTheEnd = INT64_MAX;
constexpr std::int64_t kToTheBeginning = INT64_MIN;  // of a slice that goes backwards
constexpr std::int64_t kMaxMadeElements = std::int64_t{1} << 26;

bool has_bit(std::int64_t mask, std::size_t i) { return (mask >> i & 1) != 0; }

// A slice of all dimensions is none.
Result<TensorId> add_slice(NodeBuilder& node, std::string_view suffix, TensorId src, const SliceAttrs& attrs) {
  if (attrs.axes.empty()) return src;
  return node.inner(suffix, kSlice, attrs, {src});
}

// What a strided slice does, entry by entry.
struct SlicePlan {
  SliceAttrs slice;
  std::vector<bool> shrinks;  // by dimension of src
  Numbers new_axes;           // places in the result, ascending
};

Result<SlicePlan> plan_slice(NodeBuilder& node, const Shape& src, const Numbers& begin, const Numbers& end,
                             const Numbers& strides, const StridedSliceMasks& masks) {
  if (begin.size() != end.size() || begin.size() != strides.size()) {
    return node.error(ErrorCode::kInvalidModel, "has {} begins, {} ends and {} strides, expected as many of each",
                      begin.size(), end.size(), strides.size());
  }
  std::size_t named = 0;  // dimensions of src that entries stand for
  for (std::size_t i = 0; i < begin.size(); ++i)
    named += has_bit(masks.new_axis, i) || has_bit(masks.ellipsis, i) ? 0 : 1;
  if (named > src.size()) return node.error(ErrorCode::kInvalidModel, "slices {} dimensions of {}", named, src.size());
  SlicePlan plan;
  plan.shrinks.assign(src.size(), false);
  std::size_t d = 0;
  std::int64_t place = 0;
  bool had_ellipsis = false;
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (has_bit(masks.ellipsis, i)) {
      if (had_ellipsis) return node.error(ErrorCode::kInvalidModel, "has two ellipses");
      had_ellipsis = true;
      d += src.size() - named;
      place += static_cast<std::int64_t>(src.size() - named);
      continue;
    }
    if (has_bit(masks.new_axis, i)) {
      plan.new_axes.push_back(place++);
      continue;
    }
    const bool shrinks = has_bit(masks.shrink_axis, i), forward = strides[i] > 0;
    std::int64_t first = has_bit(masks.begin, i) && !shrinks ? (forward ? 0 : kToTheEnd) : begin[i];
    std::int64_t last = has_bit(masks.end, i) ? (forward ? kToTheEnd : kToTheBeginning) : end[i];
    if (shrinks) {
      const bool inside = is_symbolic(src[d]) || (first >= -src[d] && first < src[d]);
      if (!inside) return node.error(ErrorCode::kInvalidModel, "takes element {} of {}", first, src[d]);
      last = first == -1 ? kToTheEnd : first + 1;
      plan.shrinks[d] = true;
    } else {
      ++place;
    }
    const bool takes_all =
        !shrinks && first == 0 && strides[i] == 1 && (last >= INT32_MAX || (!is_symbolic(src[d]) && last >= src[d]));
    if (!takes_all) {
      plan.slice.axes.push_back(static_cast<std::int64_t>(d));
      plan.slice.starts.push_back(first);
      plan.slice.ends.push_back(last);
      plan.slice.steps.push_back(shrinks ? 1 : strides[i]);
    }
    ++d;
  }
  return plan;
}

Numbers axes_of(const std::vector<bool>& marked) {
  Numbers axes;
  for (std::size_t d = 0; d < marked.size(); ++d)
    if (marked[d]) axes.push_back(static_cast<std::int64_t>(d));
  return axes;
}

}  // namespace

Result<void> lower_strided_slice(NodeBuilder& node, TensorId src, const Numbers& begin, const Numbers& end,
                                 const Numbers& strides, const StridedSliceMasks& masks) {
  OCTET_ASSIGN_OR_RETURN(const SlicePlan plan, plan_slice(node, node.shape(src), begin, end, strides, masks));
  const Numbers shrunk = axes_of(plan.shrinks);
  if (shrunk.empty() && plan.new_axes.empty()) {
    if (plan.slice.axes.empty()) return node.add(kIdentity, NoAttrs{}, {src});
    return node.add(kSlice, plan.slice, {src});
  }
  OCTET_ASSIGN_OR_RETURN(TensorId part, add_slice(node, "slice", src, plan.slice));
  if (plan.new_axes.empty()) return node.add(kSqueeze, SqueezeAttrs{shrunk}, {part});
  if (!shrunk.empty()) {
    OCTET_ASSIGN_OR_RETURN(part, node.inner("shrunk", kSqueeze, SqueezeAttrs{shrunk}, {part}));
  }
  return node.add(kUnsqueeze, SqueezeAttrs{plan.new_axes}, {part});
}

Result<void> lower_slice(NodeBuilder& node, TensorId src, const Numbers& begin, const Numbers& size) {
  if (begin.size() != node.rank(src) || size.size() != node.rank(src)) {
    return node.error(ErrorCode::kInvalidModel, "has {} begins and {} sizes for {} dimensions", begin.size(),
                      size.size(), node.rank(src));
  }
  SliceAttrs attrs;
  for (std::size_t d = 0; d < begin.size(); ++d) {
    const std::int64_t dimension = node.shape(src)[d];
    const bool fits = begin[d] >= 0 && begin[d] <= kMaxElements && size[d] >= -1 && size[d] <= kMaxElements &&
                      (is_symbolic(dimension) || begin[d] + std::max<std::int64_t>(size[d], 0) <= dimension);
    if (!fits)
      return node.error(ErrorCode::kInvalidModel, "begin {} and size {} name no part of {} elements", begin[d], size[d],
                        dimension);
    if (begin[d] == 0 && (size[d] == -1 || size[d] == dimension)) continue;
    attrs.axes.push_back(static_cast<std::int64_t>(d));
    attrs.starts.push_back(begin[d]);
    attrs.ends.push_back(size[d] == -1 ? kToTheEnd : begin[d] + size[d]);
    attrs.steps.push_back(1);
  }
  if (attrs.axes.empty()) return node.add(kIdentity, NoAttrs{}, {src});
  return node.add(kSlice, attrs, {src});
}

Result<void> lower_concat(NodeBuilder& node, std::vector<TensorId> inputs, std::int64_t axis) {
  if (inputs.empty()) return node.error(ErrorCode::kInvalidModel, "has no input");
  if (const auto& quant = node.output_spec().quant) {
    for (TensorId& input : inputs) {
      OCTET_ASSIGN_OR_RETURN(input, node.requantized(input, *quant));
    }
  }
  return node.add(kConcat, ConcatAttrs{axis}, std::move(inputs));
}

Result<void> lower_pack(NodeBuilder& node, const std::vector<TensorId>& inputs, std::int64_t axis) {
  if (inputs.empty()) return node.error(ErrorCode::kInvalidModel, "has no input");
  OCTET_ASSIGN_OR_RETURN(const std::int64_t place, node.axis(axis, node.rank(inputs[0]) + 1));
  if (inputs.size() == 1) return node.add(kUnsqueeze, SqueezeAttrs{{place}}, inputs);
  std::vector<TensorId> parts;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId part,
                           node.inner(fmt::format("part_{}", i), kUnsqueeze, SqueezeAttrs{{place}}, {inputs[i]}));
    parts.push_back(part);
  }
  return lower_concat(node, std::move(parts), place);
}

Result<void> lower_unpack(NodeBuilder& node, TensorId src, std::int64_t axis) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t place, node.axis(axis, node.rank(src)));
  const std::int64_t count = node.shape(src)[static_cast<std::size_t>(place)];
  if (count != static_cast<std::int64_t>(node.num_outputs()))
    return node.error(ErrorCode::kInvalidModel, "unpacks a dimension of {} into {} outputs", count, node.num_outputs());
  for (std::int64_t i = 0; i < count; ++i) {
    const SliceAttrs slice{{i}, {i + 1}, {place}, {1}};
    OCTET_ASSIGN_OR_RETURN(const TensorId part, node.inner(fmt::format("part_{}", i), kSlice, slice, {src}));
    OCTET_RETURN_IF_ERROR(node.add_to(static_cast<std::size_t>(i), kSqueeze, SqueezeAttrs{{place}}, {part}));
  }
  return {};
}

Result<void> lower_split(NodeBuilder& node, TensorId src, std::int64_t axis, Numbers sizes) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t place, node.axis(axis, node.rank(src)));
  const std::int64_t dimension = node.shape(src)[static_cast<std::size_t>(place)];
  const auto count = static_cast<std::int64_t>(node.num_outputs());
  const bool has_rest = std::find(sizes.begin(), sizes.end(), -1) != sizes.end();
  if ((sizes.empty() || has_rest) && is_symbolic(dimension))
    return node.error(ErrorCode::kUnsupported,
                      "splits a dimension of unknown size; fix the inputs with --inputShape=NAME:1,...");
  if (sizes.empty()) {
    if (dimension % count != 0)
      return node.error(ErrorCode::kInvalidModel, "{} cannot be split into {} equal parts", dimension, count);
    sizes.assign(static_cast<std::size_t>(count), dimension / count);
  }
  if (sizes.size() != node.num_outputs())
    return node.error(ErrorCode::kInvalidModel, "has {} sizes for {} outputs", sizes.size(), count);
  if (has_rest) {
    std::int64_t rest = dimension;
    for (const std::int64_t size : sizes) {
      if (size < -1 || size > dimension) return node.error(ErrorCode::kInvalidModel, "its sizes hold {}", size);
      rest -= std::max<std::int64_t>(size, 0);
    }
    *std::find(sizes.begin(), sizes.end(), -1) = rest;
  }
  if (count == 1) return node.add(kIdentity, NoAttrs{}, {src});
  return node.add_multi(kSplit, SplitAttrs{place, std::move(sizes)}, {src});
}

Result<void> lower_pad(NodeBuilder& node, TensorId src, const Numbers& paddings, PadKind kind, float value) {
  if (paddings.size() != 2 * node.rank(src))
    return node.error(ErrorCode::kInvalidModel, "has {} paddings for {} dimensions, expected two for each",
                      paddings.size(), node.rank(src));
  if (!std::isfinite(value)) return node.error(ErrorCode::kInvalidModel, "pads with {}", value);
  PadAttrs attrs;
  attrs.mode = kind;
  attrs.value = value;
  for (std::size_t i = 0; i < paddings.size(); i += 2) attrs.pads.push_back(paddings[i]);
  for (std::size_t i = 1; i < paddings.size(); i += 2) attrs.pads.push_back(paddings[i]);
  if (std::any_of(paddings.begin(), paddings.end(), [](std::int64_t p) { return p < 0; }))
    return node.error(ErrorCode::kInvalidModel, "has a negative padding");
  return node.add(kPad, attrs, {src});
}

// For one element the mirror is the edge itself.
Result<void> lower_symmetric_pad(NodeBuilder& node, TensorId src, const Numbers& paddings) {
  if (std::any_of(paddings.begin(), paddings.end(), [](std::int64_t p) { return p > 1; }))
    return node.error(ErrorCode::kUnsupported,
                      "pads symmetrically with [{}]; only one element on each side is supported",
                      fmt::join(paddings, ", "));
  return lower_pad(node, src, paddings, PadKind::kEdge, 0.0f);
}

namespace {

Result<void> expect_blocks(const NodeBuilder& node, const Shape& src, std::int64_t block) {
  if (src.size() != 4)
    return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected 4", src.size());
  if (block < 1 || block > (1 << 20)) return node.error(ErrorCode::kInvalidModel, "its block size is {}", block);
  if (!is_fixed(Shape(src.begin() + 1, src.end())))
    return node.error(ErrorCode::kUnsupported,
                      "its image has no fixed size; fix the inputs with --inputShape=NAME:1,...");
  return {};
}

}  // namespace

Result<void> lower_space_to_depth(NodeBuilder& node, TensorId src, std::int64_t block) {
  const Shape shape = node.shape(src);
  OCTET_RETURN_IF_ERROR(expect_blocks(node, shape, block));
  if (shape[1] % block != 0 || shape[2] % block != 0)
    return node.error(ErrorCode::kInvalidModel, "an image of [{}, {}] has no whole blocks of {}", shape[1], shape[2],
                      block);
  const std::int64_t h = shape[1] / block, w = shape[2] / block, c = shape[3];
  OCTET_ASSIGN_OR_RETURN(const TensorId blocks,
                         node.inner("blocks", kReshape, ReshapeAttrs{{-1, h, block, w, block, c}}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId moved,
                         node.inner("moved", kTranspose, TransposeAttrs{{0, 1, 3, 2, 4, 5}}, {blocks}));
  return node.add(kReshape, ReshapeAttrs{{-1, h, w, block * block * c}}, {moved});
}

Result<void> lower_depth_to_space(NodeBuilder& node, TensorId src, std::int64_t block) {
  const Shape shape = node.shape(src);
  OCTET_RETURN_IF_ERROR(expect_blocks(node, shape, block));
  if (shape[3] % (block * block) != 0)
    return node.error(ErrorCode::kInvalidModel, "{} channels do not make blocks of {}", shape[3], block);
  const std::int64_t h = shape[1], w = shape[2], c = shape[3] / (block * block);
  OCTET_ASSIGN_OR_RETURN(const TensorId blocks,
                         node.inner("blocks", kReshape, ReshapeAttrs{{-1, h, w, block, block, c}}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId moved,
                         node.inner("moved", kTranspose, TransposeAttrs{{0, 1, 3, 2, 4, 5}}, {blocks}));
  return node.add(kReshape, ReshapeAttrs{{-1, h * block, w * block, c}}, {moved});
}

Result<void> lower_tile(NodeBuilder& node, TensorId src, const Numbers& repeats) {
  if (repeats.size() != node.rank(src))
    return node.error(ErrorCode::kInvalidModel, "has {} repeats for {} dimensions", repeats.size(), node.rank(src));
  return node.add(kTile, TileAttrs{repeats}, {src});
}

Result<void> lower_fill(NodeBuilder& node, TensorId value, const Numbers& shape) {
  const Tensor& scalar = node.tensor(value);
  if (!scalar.is_constant || num_elements(scalar.shape) != 1)
    return node.error(ErrorCode::kUnsupported, "its value '{}' is not a constant of one element", scalar.name);
  const bool is_shape = std::all_of(shape.begin(), shape.end(), [](std::int64_t d) { return d >= 0; });
  const auto count = num_elements(shape);
  if (!is_shape || !count || *count > kMaxMadeElements)
    return node.error(ErrorCode::kInvalidModel, "fills a tensor of shape [{}]", fmt::join(shape, ", "));
  const std::size_t size = data_type_size(scalar.type);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*count) * size);
  for (std::size_t i = 0; i < bytes.size(); i += size) std::memcpy(bytes.data() + i, scalar.data.bytes().data(), size);
  return node.add_constant(make_constant("", scalar.type, shape, std::move(bytes)));
}

namespace {

template <typename T>
Result<Tensor> range_values(const NodeBuilder& node, double start, double limit, double delta) {
  if (!std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(delta) || delta == 0)
    return node.error(ErrorCode::kInvalidModel, "counts from {} to {} by {}", start, limit, delta);
  const double count = std::max(0.0, std::ceil((limit - start) / delta));
  if (count > static_cast<double>(kMaxMadeElements))
    return node.error(ErrorCode::kInvalidModel, "counts {} numbers", count);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(start + static_cast<double>(i) * delta);
  return make_constant("", {static_cast<std::int64_t>(values.size())}, values);
}

Result<double> range_bound(const NodeBuilder& node, TensorId id, DataType type) {
  const Tensor& tensor = node.tensor(id);
  if (!tensor.is_constant || num_elements(tensor.shape) != 1 || tensor.type != type)
    return node.error(ErrorCode::kUnsupported, "its bound '{}' is not a constant of one {}", tensor.name,
                      data_type_name(type));
  if (type == DataType::kFloat32) return double{tensor.values<float>()[0]};
  if (type == DataType::kInt32) return static_cast<double>(tensor.values<std::int32_t>()[0]);
  if (type == DataType::kInt64 && std::abs(static_cast<double>(tensor.values<std::int64_t>()[0])) < 9e15)
    return static_cast<double>(tensor.values<std::int64_t>()[0]);
  return node.error(ErrorCode::kUnsupported, "its bound '{}' is {} or too large", tensor.name, data_type_name(type));
}

}  // namespace

Result<void> lower_range(NodeBuilder& node, TensorId start, TensorId limit, TensorId delta) {
  const DataType type = node.tensor(start).type;
  OCTET_ASSIGN_OR_RETURN(const double first, range_bound(node, start, type));
  OCTET_ASSIGN_OR_RETURN(const double last, range_bound(node, limit, type));
  OCTET_ASSIGN_OR_RETURN(const double step, range_bound(node, delta, type));
  auto values = type == DataType::kFloat32 ? range_values<float>(node, first, last, step)
                : type == DataType::kInt32 ? range_values<std::int32_t>(node, first, last, step)
                                           : range_values<std::int64_t>(node, first, last, step);
  if (!values) return std::move(values).error();
  return node.add_constant(std::move(*values));
}

}  // namespace octet
