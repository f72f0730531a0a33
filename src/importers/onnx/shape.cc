// SPDX-License-Identifier: Apache-2.0
// Operators that change the shape and keep or permute the elements.
#include <numeric>

#include "importers/onnx/handlers.h"
#include "ops/dynamic.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {

// ONNX Reshape: 0 copies the dimension of the input (unless allowzero), -1 is what is left. A symbolic dimension becomes 0
// where the input has the same one at that place, else -1. https://onnx.ai/onnx/operators/onnx__Reshape.html
Result<void> import_reshape(const OnnxNode& node, OnnxGraph& graph) {
  ReshapeAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.allow_zero, node.get_bool("allowzero", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  if (const TensorId id = node.optional_input(1); id != kNoTensor && !graph.knows_dimensions(id))
    return graph.add(node, kDynamicReshape, attrs, {src, id});
  OCTET_ASSIGN_OR_RETURN(const auto target, graph.dimensions(node, 1, "target shape"));
  const Shape& shape = graph.shape(src);
  int num_rests = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto [value, is_symbol] = target[i];
    if (!is_symbol && value < -1)
      return node.error(ErrorCode::kInvalidModel, "target shape has dimension {}, expected -1, 0 or more", value);
    const bool copies = is_symbol && i < shape.size() && shape[i] == value && value != kUnknownDimension && !attrs.allow_zero;
    attrs.shape.push_back(copies ? 0 : is_symbol ? -1 : value);
    if (attrs.shape.back() == -1) ++num_rests;
  }
  if (num_rests > 1) return graph.add(node, kDynamicReshape, ReshapeAttrs{.allow_zero = attrs.allow_zero}, {src, node.inputs()[1]});
  return graph.add(node, kReshape, attrs, {src});
}

Result<void> import_flatten(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.get_int("axis", 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const auto rank = static_cast<std::int64_t>(graph.shape(src).size());
  if (axis < -rank || axis > rank)  // rank itself is legal: [all, 1]
    return node.error(ErrorCode::kInvalidModel, "axis {} is outside [-{}, {}]", axis, rank, rank);
  if (axis < 0) axis += rank;
  return graph.add(node, kFlatten, FlattenAttrs{axis}, {src});
}

Result<void> import_squeeze(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  if (const TensorId id = node.opset() >= 13 ? node.optional_input(1) : kNoTensor; id != kNoTensor && !graph.is_constant(id))
    return graph.add(node, kDynamicSqueeze, NoAttrs{}, {src, id});
  OCTET_ASSIGN_OR_RETURN(auto axes, graph.integers_of_attribute_or_input(node, "axes", 13, 1));
  if (!axes) return graph.add(node, kSqueeze, SqueezeAttrs{}, {src});
  if (axes->empty()) return graph.add(node, kIdentity, NoAttrs{}, {src});
  OCTET_ASSIGN_OR_RETURN(auto normal, graph.axes(node, std::move(*axes), graph.shape(src).size()));
  return graph.add(node, kSqueeze, SqueezeAttrs{std::move(normal)}, {src});
}

Result<void> import_unsqueeze(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  if (const TensorId id = node.opset() >= 13 ? node.optional_input(1) : kNoTensor; id != kNoTensor && !graph.is_constant(id))
    return graph.add(node, kDynamicUnsqueeze, NoAttrs{}, {src, id});
  OCTET_ASSIGN_OR_RETURN(auto axes, graph.integers_of_attribute_or_input(node, "axes", 13, 1));
  if (!axes) return node.error(ErrorCode::kInvalidModel, "axes are missing");
  const std::size_t rank = graph.shape(src).size() + axes->size();
  OCTET_ASSIGN_OR_RETURN(auto normal, graph.axes(node, std::move(*axes), rank));
  if (normal.empty()) return graph.add(node, kIdentity, NoAttrs{}, {src});
  return graph.add(node, kUnsqueeze, SqueezeAttrs{std::move(normal)}, {src});
}

// https://onnx.ai/onnx/operators/onnx__Transpose.html: without perm the dimensions are reversed.
Result<void> import_transpose(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  const std::size_t rank = graph.shape(src).size();
  OCTET_ASSIGN_OR_RETURN(auto perm, node.get_ints("perm"));
  if (perm.empty()) {
    perm.resize(rank);
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  if (perm.size() != rank) {
    return node.error(ErrorCode::kInvalidModel, "perm is [{}], and its input has {} dimensions", fmt::join(perm, ", "), rank);
  }
  OCTET_ASSIGN_OR_RETURN(perm, graph.axes(node, std::move(perm), rank));
  return graph.add(node, kTranspose, TransposeAttrs{std::move(perm)}, {src});
}

// ONNX Dropout in inference: the input. From opset 12 input 1 is the ratio and input 2 says whether to train.
// https://onnx.ai/onnx/operators/onnx__Dropout.html
Result<void> import_dropout(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("ratio");
  node.ignore("seed");
  if (const TensorId training = node.optional_input(2); training != kNoTensor) {
    const Tensor& flag = graph.tensor(training);
    if (!flag.is_constant || flag.type != DataType::kBool || flag.data.size_bytes() != 1 || flag.values<bool>()[0])
      return node.error(ErrorCode::kUnsupported, "training_mode must be a constant false; export the model for inference");
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "data"));
  OCTET_RETURN_IF_ERROR(graph.add(node, kDropout, NoAttrs{}, {src}));
  if (node.num_outputs() < 2 || node.output_name(1).empty()) return {};
  // The mask of what is kept: everything.
  const DataType mask = node.opset() >= 10 ? DataType::kBool : graph.tensor(src).type;
  OCTET_ASSIGN_OR_RETURN(const TensorId shape, graph.add_inner(node, "shape", kShapeOf, ShapeOfAttrs{}, {src}));
  OCTET_RETURN_IF_ERROR(graph.builder().add(kFill, FillAttrs{.type = mask, .value = 1.0f, .integer = 1}, {shape}, node.inner_name("mask"),
                                            node.output_name(1)));
  return {};
}

// ONNX Expand: the input broadcast with a shape. A symbolic dimension of the shape must be one of the input's own, and then
// broadcasting with 1 gives it. https://onnx.ai/onnx/operators/onnx__Expand.html
Result<void> import_expand(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  OCTET_ASSIGN_OR_RETURN(const TensorId target_id, node.input(1, "shape"));
  if (!graph.knows_dimensions(target_id)) return graph.add(node, kDynamicExpand, NoAttrs{}, {src, target_id});
  OCTET_ASSIGN_OR_RETURN(const auto target, graph.dimensions(node, 1, "target shape"));
  const Shape& shape = graph.shape(src);
  ExpandAttrs attrs;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto [value, is_symbol] = target[i];
    const std::size_t from_end = target.size() - i;
    const bool is_own = from_end <= shape.size() && shape[shape.size() - from_end] == value && value != kUnknownDimension;
    if (is_symbol && !is_own) return graph.add(node, kDynamicExpand, NoAttrs{}, {src, target_id});
    if (!is_symbol && value < 0) return node.error(ErrorCode::kInvalidModel, "target shape has dimension {}", value);
    attrs.shape.push_back(is_symbol ? 1 : value);
  }
  return graph.add(node, kExpand, attrs, {src});
}

namespace {

// Reshape, transpose, reshape: what moves elements between channels and space.
Result<void> add_block_move(const OnnxNode& node, OnnxGraph& graph, TensorId src, const Shape& split,
                            std::vector<std::int64_t> perm, const Shape& dst) {
  OCTET_ASSIGN_OR_RETURN(auto target, graph.reshape_target(node, graph.shape(src), split));
  OCTET_ASSIGN_OR_RETURN(const TensorId blocks,
                         graph.add_inner(node, "blocks", kReshape, ReshapeAttrs{.shape = std::move(target)}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId moved,
                         graph.add_inner(node, "moved", kTranspose, TransposeAttrs{std::move(perm)}, {blocks}));
  OCTET_ASSIGN_OR_RETURN(target, graph.reshape_target(node, graph.shape(moved), dst));
  return graph.add(node, kReshape, ReshapeAttrs{.shape = std::move(target)}, {moved});
}

// The input's shape and the block size, checked: [N, C, H, W] with C, H and W fixed, 1 <= block <= 2^15.
Result<std::int64_t> read_block(const OnnxNode& node, const OnnxGraph& graph, const Shape& shape) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t block, node.get_int("blocksize", 0));
  if (block < 1 || block > (1 << 15)) return node.error(ErrorCode::kInvalidModel, "blocksize is {}", block);
  if (shape.size() != 4) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected 4", shape.size());
  if (!is_fixed({shape.begin() + 1, shape.end()})) return graph.dynamic_error(node, "channels, height or width are not fixed");
  return block;
}

}  // namespace

// ONNX DepthToSpace: dst[n, c, h*b + i, w*b + j] = src[n, (i*b + j)*C' + c, h, w] (mode DCR), or
// src[n, c*b*b + i*b + j, h, w] (CRD), with C' = C / b^2. https://onnx.ai/onnx/operators/onnx__DepthToSpace.html
Result<void> import_depth_to_space(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("mode", "DCR"));
  if (mode != "DCR" && mode != "CRD") return node.error(ErrorCode::kInvalidModel, "mode is '{}', expected DCR or CRD", mode);
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const Shape s = graph.shape(src);
  OCTET_ASSIGN_OR_RETURN(const std::int64_t b, read_block(node, graph, s));
  if (s[1] % (b * b) != 0) return node.error(ErrorCode::kInvalidModel, "blocksize {} squared does not divide {} channels", b, s[1]);
  const std::int64_t c = s[1] / (b * b);
  const Shape dst = {s[0], c, s[2] * b, s[3] * b};
  if (mode == "DCR") return add_block_move(node, graph, src, {s[0], b, b, c, s[2], s[3]}, {0, 3, 4, 1, 5, 2}, dst);
  return add_block_move(node, graph, src, {s[0], c, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3}, dst);
}

// ONNX SpaceToDepth, the inverse of DepthToSpace with mode DCR.
Result<void> import_space_to_depth(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "input"));
  const Shape s = graph.shape(src);
  OCTET_ASSIGN_OR_RETURN(const std::int64_t b, read_block(node, graph, s));
  if (s[2] % b != 0 || s[3] % b != 0)
    return node.error(ErrorCode::kInvalidModel, "blocksize {} does not divide height {} and width {}", b, s[2], s[3]);
  return add_block_move(node, graph, src, {s[0], s[1], s[2] / b, b, s[3] / b, b}, {0, 3, 5, 1, 2, 4},
                        {s[0], s[1] * b * b, s[2] / b, s[3] / b});
}

}  // namespace octet
