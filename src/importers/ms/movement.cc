// SPDX-License-Identifier: Apache-2.0
// Operators that move elements. Their numbers are constant inputs, some of them attributes.
#include <algorithm>
#include <numeric>

#include "importers/ms/handlers.h"
#include "ops/concat.h"
#include "ops/dynamic.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {

Result<void> import_ms_concat(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add(node, kConcat, ConcatAttrs{node.table<msl2::Concat>().axis()}, inputs);
}

namespace {

// Sizes of `count` parts of a dimension. One entry of -1 is what is left; no sizes at all: equal parts.
Result<std::vector<std::int64_t>> part_sizes(const MsNode& node, std::vector<std::int64_t> sizes,
                                             std::int64_t dimension) {
  const auto count = static_cast<std::int64_t>(node.num_outputs());
  const bool is_equal = sizes.empty();
  const auto free = std::find(sizes.begin(), sizes.end(), -1);
  if (!is_equal && free == sizes.end()) return sizes;
  if (is_symbolic(dimension))
    return node.error(ErrorCode::kUnsupported, "splits a dimension of unknown size into equal parts");
  if (is_equal) {
    if (dimension % count != 0)
      return node.error(ErrorCode::kInvalidModel, "{} cannot be split into {} equal parts", dimension, count);
    return std::vector<std::int64_t>(static_cast<std::size_t>(count), dimension / count);
  }
  std::int64_t rest = dimension;
  for (const std::int64_t size : sizes) {
    if (size < -1 || size > dimension) return node.error(ErrorCode::kInvalidModel, "size_splits holds {}", size);
    if (size >= 0) rest -= size;
  }
  *free = rest;
  return sizes;
}

}  // namespace

Result<void> import_ms_split(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::Split>();
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> sizes,
                         node.list(table.size_splits(), "size_splits", node.num_outputs()));
  const Shape& shape = graph.shape(src);
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.axis(node, table.axis(), shape.size()));
  OCTET_ASSIGN_OR_RETURN(sizes, part_sizes(node, std::move(sizes), shape[static_cast<std::size_t>(axis)]));
  return graph.add_multi(node, kSplit, SplitAttrs{table.axis(), sizes}, {src});
}

namespace {

// The file's dimensions of the output, which must be fixed.
Result<Shape> stated_shape(const MsNode& node, MsGraph& graph) {
  const std::uint32_t place = node.output(0);
  OCTET_ASSIGN_OR_RETURN(Shape shape, ms_dims(graph.file_tensor(place), graph.display_name(place)));
  if (is_fixed(shape) && !shape.empty()) return shape;
  return node.error(ErrorCode::kUnsupported,
                    "its shape is computed while the model runs; fix the inputs with --inputShape=NAME:1,...");
}

bool has_constant_input(const MsNode& node, const MsGraph& graph, std::size_t i) {
  return i < node.num_inputs() && is_ms_constant(graph.file_tensor(node.input(i)));
}

}  // namespace

// The shape is input 1, -1 and 0 as in ONNX. If it is not known now, the output's dimensions are the shape.
Result<void> import_ms_reshape(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  ReshapeAttrs attrs;
  if (node.num_inputs() > 1 &&
      (has_constant_input(node, graph, 1) || graph.integers(node, 1, "shape", kMaxRank).ok())) {
    OCTET_ASSIGN_OR_RETURN(attrs.shape, graph.integers(node, 1, "shape", kMaxRank));
  } else if (auto stated = stated_shape(node, graph); stated || node.num_inputs() < 2) {
    OCTET_ASSIGN_OR_RETURN(attrs.shape, std::move(stated));
  } else {
    OCTET_ASSIGN_OR_RETURN(const TensorId shape, graph.input(node, 1));
    return graph.add(node, kDynamicReshape, attrs, {src, shape});
  }
  return graph.add(node, kReshape, attrs, {src});
}

Result<void> import_ms_flatten(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kFlatten, FlattenAttrs{node.table<msl2::Flatten>().axis()}, {src});
}

namespace {

// Axes of the attribute, or of input 1 if there is one.
Result<void> add_squeeze(const MsNode& node, MsGraph& graph, const Op& op, const MsList* axes) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  SqueezeAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axes, node.list(axes, "axis", kMaxRank));
  if (attrs.axes.empty() && node.num_inputs() > 1) {
    OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.integers(node, 1, "axes", kMaxRank));
  }
  return graph.add(node, op, attrs, {src});
}

}  // namespace

Result<void> import_ms_squeeze(const MsNode& node, MsGraph& graph) {
  return add_squeeze(node, graph, kSqueeze, node.table<msl2::Squeeze>().axis());
}
Result<void> import_ms_unsqueeze(const MsNode& node, MsGraph& graph) {
  return add_squeeze(node, graph, kUnsqueeze, node.table<msl2::Unsqueeze>().axis());
}

Result<void> import_ms_expand_dims(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.integer(node, 1, "axis"));
  return graph.add(node, kUnsqueeze, SqueezeAttrs{{axis}}, {src});
}

// Without a permutation the order of the dimensions is reversed.
Result<void> import_ms_transpose(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  TransposeAttrs attrs;
  if (node.num_inputs() > 1) {
    OCTET_ASSIGN_OR_RETURN(attrs.perm, graph.integers(node, 1, "permutation", kMaxRank));
  } else {
    attrs.perm.resize(graph.shape(src).size());
    std::iota(attrs.perm.rbegin(), attrs.perm.rend(), 0);
  }
  return graph.add(node, kTranspose, attrs, {src});
}

namespace {

// [begin, end] of each dimension, one after the other.
Result<std::vector<std::int64_t>> read_paddings(const MsNode& node, MsGraph& graph) {
  if (node.num_inputs() > 1) return graph.integers(node, 1, "paddings", 2 * kMaxRank);
  std::vector<std::int64_t> paddings;
  const msl2::Vec2D* rows = node.table<msl2::PadFusion>().paddings();
  if (rows == nullptr || rows->data() == nullptr || rows->data()->size() > kMaxRank)
    return node.error(ErrorCode::kInvalidModel, "paddings are missing, or more than {}", kMaxRank);
  for (const msl2::Vec* row : *rows->data()) {
    OCTET_ASSIGN_OR_RETURN(const auto pair, node.list(row->data(), "paddings", 2));
    if (pair.size() != 2)
      return node.error(ErrorCode::kInvalidModel, "a row of paddings has {} entries, expected 2", pair.size());
    paddings.insert(paddings.end(), pair.begin(), pair.end());
  }
  return paddings;
}

// Symmetric padding repeats the edge, which for one element is what kEdge does.
Result<PadKind> pad_kind(const MsNode& node, const std::vector<std::int64_t>& paddings) {
  const auto mode = node.table<msl2::PadFusion>().padding_mode();
  if (mode == msl2::PaddingMode::CONSTANT) return PadKind::kConstant;
  if (mode == msl2::PaddingMode::REFLECT) return PadKind::kReflect;
  const bool is_edge = std::all_of(paddings.begin(), paddings.end(), [](std::int64_t p) { return p <= 1; });
  if (mode == msl2::PaddingMode::SYMMETRIC && is_edge) return PadKind::kEdge;
  return node.error(ErrorCode::kUnsupported, "padding_mode {} is not supported", static_cast<int>(mode));
}

}  // namespace

// The constant is input 2, else an attribute.
Result<void> import_ms_pad(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const std::vector<std::int64_t> paddings, read_paddings(node, graph));
  PadAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.mode, pad_kind(node, paddings));
  for (std::size_t i = 0; i < paddings.size(); i += 2) attrs.pads.push_back(paddings[i]);
  for (std::size_t i = 1; i < paddings.size(); i += 2) attrs.pads.push_back(paddings[i]);
  attrs.value = node.table<msl2::PadFusion>().constant_value();
  if (node.num_inputs() > 2 && graph.tensor(src).type == DataType::kFloat32) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, graph.input(node, 2));
    const Tensor& value = graph.tensor(id);
    if (!value.is_constant || value.type != DataType::kFloat32 || num_elements(value.shape) != 1)
      return node.error(ErrorCode::kUnsupported, "its value '{}' is not a constant of one float", value.name);
    attrs.value = value.values<float>()[0];
  }
  return graph.add(node, kPad, attrs, {src});
}

Result<void> import_ms_gather(const MsNode& node, MsGraph& graph) {
  GatherAttrs attrs;
  if (node.num_inputs() > 2) {
    OCTET_ASSIGN_OR_RETURN(attrs.axis, graph.integer(node, 2, "axis"));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0, attrs.axis));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, graph.input(node, 1));
  return graph.add(node, kGather, attrs, {src, indices});
}

// The shape is input 1, else an attribute.
Result<void> import_ms_broadcast_to(const MsNode& node, MsGraph& graph) {
  ExpandAttrs attrs;
  if (node.num_inputs() > 1) {
    OCTET_ASSIGN_OR_RETURN(attrs.shape, graph.integers(node, 1, "shape", kMaxRank));
  } else {
    OCTET_ASSIGN_OR_RETURN(attrs.shape, node.list(node.table<msl2::BroadcastTo>().shape(), "shape", kMaxRank));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add(node, kExpand, attrs, {src});
}

// The repeats are input 1, of all dimensions, or of those that the attribute names.
Result<void> import_ms_tile(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const auto repeats, graph.integers(node, 1, "repeats", kMaxRank));
  const std::size_t rank = graph.shape(src).size();
  if (repeats.size() == rank) return graph.add(node, kTile, TileAttrs{repeats}, {src});
  OCTET_ASSIGN_OR_RETURN(const auto dims, node.list(node.table<msl2::TileFusion>().dims(), "dims", kMaxRank));
  if (dims.size() != repeats.size())
    return node.error(ErrorCode::kInvalidModel, "has {} repeats for {} dimensions", repeats.size(), rank);
  TileAttrs attrs{std::vector<std::int64_t>(rank, 1)};
  for (std::size_t i = 0; i < dims.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.axis(node, dims[i], rank));
    attrs.repeats[static_cast<std::size_t>(axis)] = repeats[i];
  }
  return graph.add(node, kTile, attrs, {src});
}

Result<void> import_ms_shape(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add_integer(node, kShapeOf, ShapeOfAttrs{}, {src});
}

}  // namespace octet
