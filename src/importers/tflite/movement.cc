// SPDX-License-Identifier: Apache-2.0
// Operators that move elements. Their numbers are constant inputs, some of them options.
#include <numeric>

#include "importers/tflite/handlers.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {

Result<void> import_tflite_concatenation(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::ConcatenationOptions>());
  if (options->fused_activation_function() != tfl3::ActivationFunctionType::NONE)
    return node.error(ErrorCode::kUnsupported, "fused_activation_function {} is not supported here",
                      static_cast<int>(options->fused_activation_function()));
  OCTET_ASSIGN_OR_RETURN(const auto inputs, node.inputs());
  return lower_concat(node, inputs, options->axis());
}

// The shape is input 1; if it is not known, or there is none, an option.
Result<void> import_tflite_reshape(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  ReshapeAttrs attrs;
  attrs.allow_zero = true;
  const auto options = node.options<tfl3::ReshapeOptions>();
  const bool has_option = options && (*options)->new_shape() != nullptr && (*options)->new_shape()->size() > 0;
  bool is_known = node.has_input(1);
  if (is_known && has_option) {
    OCTET_ASSIGN_OR_RETURN(const TensorId shape, node.stored_input(1));
    is_known = node.is_constant(shape);
  }
  if (is_known || !has_option) {
    OCTET_ASSIGN_OR_RETURN(attrs.shape, node.integers_of(1, "shape", kMaxRank));
  } else {
    OCTET_ASSIGN_OR_RETURN(attrs.shape, node.numbers((*options)->new_shape(), "new_shape", kMaxRank));
  }
  return node.add(kReshape, attrs, {src});
}

Result<void> import_tflite_squeeze(TfliteNode& node) {
  SqueezeAttrs attrs;
  if (const auto options = node.options<tfl3::SqueezeOptions>()) {
    OCTET_ASSIGN_OR_RETURN(attrs.axes, node.numbers((*options)->squeeze_dims(), "squeeze_dims", kMaxRank));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kSqueeze, attrs, {src});
}

Result<void> import_tflite_expand_dims(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(1, "axis"));
  return node.add(kUnsqueeze, SqueezeAttrs{{axis}}, {src});
}

Result<void> import_tflite_transpose(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(Numbers perm, node.integers_of(1, "permutation", kMaxRank));
  for (std::int64_t& axis : perm) {
    OCTET_ASSIGN_OR_RETURN(axis, node.axis(axis, node.rank(src)));
  }
  return node.add(kTranspose, TransposeAttrs{std::move(perm)}, {src});
}

Result<void> import_tflite_pad(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers paddings, node.integers_of(1, "paddings", 2 * kMaxRank));
  return lower_pad(node, src, paddings, PadKind::kConstant, 0.0f);
}

// The value is a constant of src's type and parameters.
Result<void> import_tflite_pad_v2(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers paddings, node.integers_of(1, "paddings", 2 * kMaxRank));
  OCTET_ASSIGN_OR_RETURN(TensorId value, node.input(2));
  OCTET_ASSIGN_OR_RETURN(value, node.as_float(value));
  OCTET_ASSIGN_OR_RETURN(const float real, node.real(value, "padding value"));
  return lower_pad(node, src, paddings, PadKind::kConstant, real);
}

Result<void> import_tflite_mirror_pad(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::MirrorPadOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers paddings, node.integers_of(1, "paddings", 2 * kMaxRank));
  if (options->mode() == tfl3::MirrorPadMode::REFLECT) return lower_pad(node, src, paddings, PadKind::kReflect, 0.0f);
  if (options->mode() == tfl3::MirrorPadMode::SYMMETRIC) return lower_symmetric_pad(node, src, paddings);
  return node.error(ErrorCode::kInvalidModel, "mode is {}, expected 0 or 1", static_cast<int>(options->mode()));
}

Result<void> import_tflite_strided_slice(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::StridedSliceOptions>());
  if (options->offset())
    return node.error(ErrorCode::kUnsupported, "its ends count from its begins (offset), which is not supported");
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers begin, node.integers_of(1, "begin", 2 * kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const Numbers end, node.integers_of(2, "end", 2 * kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const Numbers strides, node.integers_of(3, "strides", 2 * kMaxRank));
  return lower_strided_slice(node, src, begin, end, strides,
                             {.begin = options->begin_mask(),
                              .end = options->end_mask(),
                              .ellipsis = options->ellipsis_mask(),
                              .new_axis = options->new_axis_mask(),
                              .shrink_axis = options->shrink_axis_mask()});
}

Result<void> import_tflite_slice(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers begin, node.integers_of(1, "begin", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const Numbers size, node.integers_of(2, "size", kMaxRank));
  return lower_slice(node, src, begin, size);
}

// Inputs: axis, src.
Result<void> import_tflite_split(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(0, "axis"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(1));
  return lower_split(node, src, axis, {});
}

// Inputs: src, sizes, axis.
Result<void> import_tflite_split_v(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers sizes, node.integers_of(1, "sizes", node.num_outputs()));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(2, "axis"));
  return lower_split(node, src, axis, sizes);
}

Result<void> import_tflite_pack(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::PackOptions>());
  OCTET_ASSIGN_OR_RETURN(const auto inputs, node.inputs());
  return lower_pack(node, inputs, options->axis());
}

Result<void> import_tflite_unpack(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::UnpackOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_unpack(node, src, options->axis());
}

Result<void> import_tflite_gather(TfliteNode& node) {
  GatherAttrs attrs;
  if (const auto options = node.options<tfl3::GatherOptions>()) {
    attrs.axis = (*options)->axis();
    if ((*options)->batch_dims() != 0)
      return node.error(ErrorCode::kUnsupported, "batch_dims {} is not supported, only 0", (*options)->batch_dims());
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1));
  return node.add(kGather, attrs, {src, indices});
}

// Inputs: indices, table. Rows of the table.
Result<void> import_tflite_embedding_lookup(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId table, node.input(1));
  return node.add(kGather, GatherAttrs{0}, {table, indices});
}

Result<void> import_tflite_tile(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers repeats, node.integers_of(1, "multiples", kMaxRank));
  return lower_tile(node, src, repeats);
}

Result<void> import_tflite_broadcast_to(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers shape, node.integers_of(1, "shape", kMaxRank));
  return node.add(kExpand, ExpandAttrs{shape}, {src});
}

// Inputs: shape, value.
Result<void> import_tflite_fill(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Numbers shape, node.integers_of(0, "shape", kMaxRank));
  OCTET_ASSIGN_OR_RETURN(const TensorId value, node.stored_input(1));
  return lower_fill(node, value, shape);
}

Result<void> import_tflite_range(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId start, node.stored_input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId limit, node.stored_input(1));
  OCTET_ASSIGN_OR_RETURN(const TensorId delta, node.stored_input(2));
  return lower_range(node, start, limit, delta);
}

Result<void> import_tflite_shape(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.stored_input(0));
  return node.add(kShapeOf, ShapeOfAttrs{}, {src});
}

Result<void> import_tflite_rank(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.stored_input(0));
  return node.add_constant(make_constant("", {}, std::vector<std::int32_t>{static_cast<std::int32_t>(node.rank(src))}));
}

Result<void> import_tflite_space_to_depth(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::SpaceToDepthOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_space_to_depth(node, src, options->block_size());
}

Result<void> import_tflite_depth_to_space(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::DepthToSpaceOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_depth_to_space(node, src, options->block_size());
}

}  // namespace octet
