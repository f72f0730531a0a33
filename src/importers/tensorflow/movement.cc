// SPDX-License-Identifier: Apache-2.0
// Operators that move elements. Their numbers are constant inputs.
#include "importers/tensorflow/handlers.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {

Result<void> import_tf_reshape(TfNode& node) {
  ReshapeAttrs attrs;
  attrs.allow_zero = true;
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(attrs.shape, node.integers_of(1, "shape", kMaxRank));
  return node.add(kReshape, attrs, {src});
}

Result<void> import_tf_squeeze(TfNode& node) {
  SqueezeAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axes, node.list_attr("squeeze_dims"));
  if (attrs.axes.empty()) {
    OCTET_ASSIGN_OR_RETURN(attrs.axes, node.list_attr("axis"));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kSqueeze, attrs, {src});
}

Result<void> import_tf_expand_dims(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(1, "axis"));
  return node.add(kUnsqueeze, SqueezeAttrs{{axis}}, {src});
}

Result<void> import_tf_transpose(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(Numbers perm, node.integers_of(1, "permutation", kMaxRank));
  for (std::int64_t& axis : perm) {
    OCTET_ASSIGN_OR_RETURN(axis, node.axis(axis, node.rank(src)));
  }
  return node.add(kTranspose, TransposeAttrs{std::move(perm)}, {src});
}

// Inputs: axis, then what is joined.
Result<void> import_tf_concat(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(0, "axis"));
  return lower_concat(node, {node.inputs().begin() + 1, node.inputs().end()}, axis);
}

// The axis is the last input.
Result<void> import_tf_concat_v2(TfNode& node) {
  if (node.num_inputs() < 2)
    return node.error(ErrorCode::kInvalidModel, "has {} inputs, expected 2 or more", node.num_inputs());
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(node.num_inputs() - 1, "axis"));
  return lower_concat(node, {node.inputs().begin(), node.inputs().end() - 1}, axis);
}

// PadV2 has the value as input 2.
Result<void> import_tf_pad(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers paddings, node.integers_of(1, "paddings", 2 * kMaxRank));
  float value = 0.0f;
  if (node.num_inputs() > 2) {
    OCTET_ASSIGN_OR_RETURN(value, node.real(node.inputs()[2], "padding value"));
  }
  return lower_pad(node, src, paddings, PadKind::kConstant, value);
}

Result<void> import_tf_mirror_pad(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::string_view mode, node.string_attr("mode", ""));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers paddings, node.integers_of(1, "paddings", 2 * kMaxRank));
  if (mode == "REFLECT") return lower_pad(node, src, paddings, PadKind::kReflect, 0.0f);
  if (mode == "SYMMETRIC") return lower_symmetric_pad(node, src, paddings);
  return node.error(ErrorCode::kInvalidModel, "mode is '{}', expected REFLECT or SYMMETRIC", mode);
}

Result<void> import_tf_strided_slice(TfNode& node) {
  StridedSliceMasks masks;
  OCTET_ASSIGN_OR_RETURN(masks.begin, node.integer_attr("begin_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.end, node.integer_attr("end_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.ellipsis, node.integer_attr("ellipsis_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.new_axis, node.integer_attr("new_axis_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.shrink_axis, node.integer_attr("shrink_axis_mask", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers begin, node.integers_of(1, "begin", 2 * kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const Numbers end, node.integers_of(2, "end", 2 * kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const Numbers strides, node.integers_of(3, "strides", 2 * kMaxRank));
  return lower_strided_slice(node, src, begin, end, strides, masks);
}

Result<void> import_tf_slice(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers begin, node.integers_of(1, "begin", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const Numbers size, node.integers_of(2, "size", kMaxRank));
  return lower_slice(node, src, begin, size);
}

// Inputs: axis, src. The number of parts is an attribute, and outputs nobody reads count.
Result<void> import_tf_split(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(0, "axis"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(1));
  return lower_split(node, src, axis, {});
}

// Inputs: src, sizes, axis.
Result<void> import_tf_split_v(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers sizes, node.integers_of(1, "sizes", node.num_outputs()));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(2, "axis"));
  return lower_split(node, src, axis, sizes);
}

Result<void> import_tf_pack(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_attr("axis", 0));
  return lower_pack(node, node.inputs(), axis);
}

Result<void> import_tf_unpack(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_attr("axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_unpack(node, src, axis);
}

// Gather, ResourceGather: along axis 0; GatherV2: the axis is input 2.
Result<void> import_tf_gather(TfNode& node) {
  GatherAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(const std::int64_t batch_dims, node.integer_attr("batch_dims", 0));
  if (batch_dims != 0) return node.error(ErrorCode::kUnsupported, "batch_dims {} is not supported, only 0", batch_dims);
  if (node.num_inputs() > 2) {
    OCTET_ASSIGN_OR_RETURN(attrs.axis, node.integer_of(2, "axis"));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1));
  return node.add(kGather, attrs, {src, indices});
}

Result<void> import_tf_tile(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers repeats, node.integers_of(1, "multiples", kMaxRank));
  return lower_tile(node, src, repeats);
}

Result<void> import_tf_fill(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Numbers shape, node.integers_of(0, "shape", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const TensorId value, node.input(1));
  return lower_fill(node, value, shape);
}

Result<void> import_tf_range(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId start, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId limit, node.input(1));
  OCTET_ASSIGN_OR_RETURN(const TensorId delta, node.input(2));
  return lower_range(node, start, limit, delta);
}

// int32 unless out_type says int64.
Result<void> import_tf_shape(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  DataType type = DataType::kInt32;
  if (node.attr("out_type") != nullptr) {
    OCTET_ASSIGN_OR_RETURN(type, node.type_attr("out_type"));
  }
  if (type == DataType::kInt64) return node.add(kShapeOf, ShapeOfAttrs{}, {src});
  OCTET_ASSIGN_OR_RETURN(const TensorId shape, node.inner("i64", kShapeOf, ShapeOfAttrs{}, {src}));
  return node.add(kCast, CastAttrs{DataType::kInt32}, {shape});
}

Result<void> import_tf_rank(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add_constant(make_constant("", {}, std::vector<std::int32_t>{static_cast<std::int32_t>(node.rank(src))}));
}

Result<void> import_tf_broadcast_to(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers shape, node.integers_of(1, "shape", kMaxRank));
  return node.add(kExpand, ExpandAttrs{shape}, {src});
}

namespace {

Result<std::int64_t> block_size(const TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Layout layout, node.layout());
  if (layout != Layout::kNhwc) return node.error(ErrorCode::kUnsupported, "only data_format NHWC is supported");
  return node.integer_attr("block_size", 0);
}

}  // namespace

Result<void> import_tf_space_to_depth(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t block, block_size(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_space_to_depth(node, src, block);
}

Result<void> import_tf_depth_to_space(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t block, block_size(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_depth_to_space(node, src, block);
}

}  // namespace octet
