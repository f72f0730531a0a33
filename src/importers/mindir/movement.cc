// SPDX-License-Identifier: Apache-2.0
// Operators that move elements. Their numbers are tuples among the inputs, or attributes.
#include <algorithm>

#include "importers/mindir/handlers.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {

Result<void> import_mindir_reshape(MindirNode& node) {
  ReshapeAttrs attrs;
  attrs.allow_zero = true;
  OCTET_ASSIGN_OR_RETURN(attrs.shape, node.numbers_argument(1, "shape"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kReshape, attrs, {src});
}

Result<void> import_mindir_flatten(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kFlatten, FlattenAttrs{}, {src});
}

Result<void> import_mindir_transpose(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(Numbers perm, node.numbers_argument(1, "perm"));
  for (std::int64_t& axis : perm) {
    OCTET_ASSIGN_OR_RETURN(axis, node.axis(axis, node.rank(src)));
  }
  return node.add(kTranspose, TransposeAttrs{std::move(perm)}, {src});
}

Result<void> import_mindir_squeeze(MindirNode& node) {
  SqueezeAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axes, node.numbers_argument(1, "axis"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kSqueeze, attrs, {src});
}

Result<void> import_mindir_expand_dims(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_argument(1, "axis", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kUnsqueeze, SqueezeAttrs{{axis}}, {src});
}

// Input 0 is a tuple of tensors, input 1 the axis; in version 1 all inputs are tensors and the axis an attribute.
Result<void> import_mindir_concat(MindirNode& node) {
  std::vector<TensorId> inputs;
  const bool has_tuple = node.num_inputs() > 0 && node.input_value(0).kind == MindirValue::Kind::kTuple;
  const auto& values = has_tuple ? node.input_value(0).items : node.input_values();
  for (const MindirValue& value : values)
    if (value.kind == MindirValue::Kind::kTensor) inputs.push_back(value.tensor);
  const std::size_t axis_place = has_tuple ? 1 : inputs.size();
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_argument(axis_place, "axis", 0));
  return lower_concat(node, std::move(inputs), axis);
}

// Inputs: table, indices, axis, batch_dims.
Result<void> import_mindir_gather(MindirNode& node) {
  GatherAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.axis, node.integer_argument(2, "axis", 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t batch_dims, node.integer_argument(3, "batch_dims", 0));
  if (batch_dims != 0) return node.error(ErrorCode::kUnsupported, "batch_dims {} is not supported, only 0", batch_dims);
  OCTET_ASSIGN_OR_RETURN(const TensorId table, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, node.input(1));
  return node.add(kGather, attrs, {table, indices});
}

// Inputs: src, begin, end, strides, then the masks, in version 1 attributes.
Result<void> import_mindir_strided_slice(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers begin, node.numbers_argument(1, "begin"));
  OCTET_ASSIGN_OR_RETURN(const Numbers end, node.numbers_argument(2, "end"));
  OCTET_ASSIGN_OR_RETURN(const Numbers strides, node.numbers_argument(3, "strides"));
  StridedSliceMasks masks;
  OCTET_ASSIGN_OR_RETURN(masks.begin, node.integer_argument(4, "begin_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.end, node.integer_argument(5, "end_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.ellipsis, node.integer_argument(6, "ellipsis_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.new_axis, node.integer_argument(7, "new_axis_mask", 0));
  OCTET_ASSIGN_OR_RETURN(masks.shrink_axis, node.integer_argument(8, "shrink_axis_mask", 0));
  return lower_strided_slice(node, src, begin, end, strides, masks);
}

Result<void> import_mindir_slice(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers begin, node.numbers_argument(1, "begin"));
  OCTET_ASSIGN_OR_RETURN(const Numbers size, node.numbers_argument(2, "size"));
  return lower_slice(node, src, begin, size);
}

// Inputs: src, axis, number of parts. The result is a tuple.
Result<void> import_mindir_split(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(std::int64_t axis, node.integer_argument(1, "axis", 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t parts, node.integer_argument(2, "output_num", 1));
  OCTET_ASSIGN_OR_RETURN(axis, node.axis(axis, node.rank(src)));
  const std::int64_t size = node.shape(src)[static_cast<std::size_t>(axis)];
  if (parts < 1 || size < 1 || size % parts != 0)
    return node.error(ErrorCode::kInvalidModel, "{} cannot be split into {} equal parts", size, parts);
  MindirValue tuple;
  tuple.kind = MindirValue::Kind::kTuple;
  for (std::int64_t i = 0; i < parts; ++i) {
    MindirValue part;
    part.kind = MindirValue::Kind::kTensor;
    const SliceAttrs slice{{i * (size / parts)}, {(i + 1) * (size / parts)}, {axis}, {1}};
    OCTET_ASSIGN_OR_RETURN(part.tensor, node.inner(fmt::format("part_{}", i), kSlice, slice, {src}));
    tuple.items.push_back(part);
  }
  node.set_result(std::move(tuple));
  return {};
}

Result<void> import_mindir_tile(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers repeats, node.numbers_argument(1, "multiples"));
  return lower_tile(node, src, repeats);
}

// The attribute holds a pair per dimension.
Result<void> import_mindir_pad(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const MindirValue rows, node.argument(SIZE_MAX, "paddings"));
  Numbers paddings;
  for (const MindirValue& row : rows.items) {
    if (row.items.size() != 2)
      return node.error(ErrorCode::kInvalidModel, "a row of paddings has {} entries, expected 2", row.items.size());
    for (const MindirValue& pad : row.items) paddings.push_back(pad.integer);
  }
  return lower_pad(node, src, paddings, PadKind::kConstant, 0.0f);
}

Result<void> import_mindir_broadcast_to(MindirNode& node) {
  ExpandAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.shape, node.numbers_argument(1, "shape"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  for (std::size_t d = 0; d < attrs.shape.size(); ++d) {
    const std::size_t lead = attrs.shape.size() - std::min(attrs.shape.size(), node.rank(src));
    if (attrs.shape[d] == -1 && d >= lead) attrs.shape[d] = node.shape(src)[d - lead];
  }
  return node.add(kExpand, attrs, {src});
}

}  // namespace octet
