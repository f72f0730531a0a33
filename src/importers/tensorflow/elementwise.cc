// SPDX-License-Identifier: Apache-2.0
// Operators on single elements, reductions and resizing.
#include "importers/tensorflow/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {

// What only trains, checks or reads a variable passes its first input on.
Result<void> import_tf_identity(TfNode& node) {
  for (std::size_t i = 0; i < node.num_outputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(i));
    OCTET_RETURN_IF_ERROR(node.add_to(i, kIdentity, NoAttrs{}, {src}));
  }
  return {};
}

Result<void> import_tf_unary(TfNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_unary(node, op, src);
}

Result<void> import_tf_leaky_relu(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.float_attr("alpha", 0.2f));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kLeakyRelu, SlopeAttrs{alpha}, {src});
}

Result<void> import_tf_elu(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kElu, SlopeAttrs{1.0f}, {src});
}

Result<void> import_tf_binary(TfNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1));
  return lower_binary(node, op, a, b, FusedActivation::kNone);
}

Result<void> import_tf_logic(TfNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1));
  return node.add(op, NoAttrs{}, {a, b});
}

Result<void> import_tf_cast(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const DataType to, node.type_attr("DstT"));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  if (node.tensor(src).type == to) return node.add(kIdentity, NoAttrs{}, {src});
  return node.add(kCast, CastAttrs{to}, {src});
}

Result<void> import_tf_add_n(TfNode& node) { return lower_sum(node, node.inputs()); }

// Inputs: condition, a, b. The condition of Select (not SelectV2) may name whole rows.
Result<void> import_tf_select(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(TensorId condition, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(1));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(2));
  if (node.type() == "Select" && node.rank(condition) == 1 && node.rank(a) > 1) {
    Numbers shape(node.rank(a), 1);
    shape[0] = -1;
    OCTET_ASSIGN_OR_RETURN(condition, node.inner("rows", kReshape, ReshapeAttrs{shape}, {condition}));
  }
  return node.add(kWhere, NoAttrs{}, {condition, a, b});
}

Result<void> import_tf_softmax(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_softmax(node, src, 1.0f);
}

Result<void> import_tf_log_softmax(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kLogSoftmax, SoftmaxAttrs{-1}, {src});
}

Result<void> import_tf_reduce(TfNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const bool keep_dims, node.bool_attr("keep_dims", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers axes, node.integers_of(1, "axes", 2 * kMaxRank));
  return lower_reduce(node, op, src, axes, keep_dims);
}

Result<void> import_tf_arg_max(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(1, "axis"));
  return lower_arg_max(node, src, axis);
}

Result<void> import_tf_arg_min(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(1, "axis"));
  return lower_arg_min(node, src, axis);
}

Result<void> import_tf_resize(TfNode& node, ResizeMode mode) {
  OCTET_ASSIGN_OR_RETURN(const bool align_corners, node.bool_attr("align_corners", false));
  OCTET_ASSIGN_OR_RETURN(const bool half_pixel_centers, node.bool_attr("half_pixel_centers", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers size, node.integers_of(1, "size", 2));
  return lower_resize(node, src, mode, size, align_corners, half_pixel_centers);
}

}  // namespace octet
