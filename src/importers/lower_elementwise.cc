// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "importers/lowering.h"
#include "ops/binary.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/unary.h"

namespace octet {

Activation fused(FusedActivation activation) {
  switch (activation) {
    case FusedActivation::kRelu:
      return Activation::kRelu;
    case FusedActivation::kRelu6:
      return Activation::kRelu6;
    default:
      return Activation::kNone;
  }
}

Result<void> lower_activation(NodeBuilder& node, TensorId src, FusedActivation activation) {
  switch (activation) {
    case FusedActivation::kNone:
      return node.add(kIdentity, NoAttrs{}, {src});
    case FusedActivation::kRelu:
      return node.add(kRelu, NoAttrs{}, {src});
    case FusedActivation::kRelu6:
      return node.add(kRelu6, NoAttrs{}, {src});
    case FusedActivation::kReluN1To1:
      return node.add(kClip, ClipAttrs{.min = -1.0f, .max = 1.0f}, {src});
    // Steps of what comes before are not known in int8.
    case FusedActivation::kTanh:
      if (node.tensor(src).type != DataType::kFloat32) break;
      return node.add(kTanh, NoAttrs{}, {src});
  }
  return node.error(ErrorCode::kUnsupported, "its fused activation has no int8 form");
}

Result<void> lower_binary(NodeBuilder& node, const Op& op, TensorId a, TensorId b, FusedActivation activation) {
  return lower_activated(node, op, BinaryAttrs{}, {a, b}, activation);
}

Result<void> lower_unary(NodeBuilder& node, const Op& op, TensorId src) {
  return node.add(op, op.default_attrs(), {src});
}

Result<void> lower_rsqrt(NodeBuilder& node, TensorId src) {
  OCTET_ASSIGN_OR_RETURN(src, node.as_float(src));
  OCTET_ASSIGN_OR_RETURN(const TensorId root, node.inner("sqrt", kSqrt, NoAttrs{}, {src}));
  return node.add(kReciprocal, NoAttrs{}, {root});
}

Result<void> lower_square(NodeBuilder& node, TensorId src) { return node.add(kMul, BinaryAttrs{}, {src, src}); }

Result<void> lower_erfc(NodeBuilder& node, TensorId src) {
  OCTET_ASSIGN_OR_RETURN(const TensorId erf, node.inner("erf", kErf, NoAttrs{}, {src}));
  return node.add(kSub, BinaryAttrs{}, {node.scalar("one", 1.0f), erf});
}

Result<void> lower_squared_difference(NodeBuilder& node, TensorId a, TensorId b) {
  OCTET_ASSIGN_OR_RETURN(a, node.as_float(a));
  OCTET_ASSIGN_OR_RETURN(b, node.as_float(b));
  OCTET_ASSIGN_OR_RETURN(const TensorId difference, node.inner("difference", kSub, BinaryAttrs{}, {a, b}));
  return node.add(kMul, BinaryAttrs{}, {difference, difference});
}

Result<void> lower_not_equal(NodeBuilder& node, TensorId a, TensorId b) {
  OCTET_ASSIGN_OR_RETURN(a, node.as_float(a));
  OCTET_ASSIGN_OR_RETURN(b, node.as_float(b));
  OCTET_ASSIGN_OR_RETURN(const TensorId equal, node.inner("equal", kEqual, NoAttrs{}, {a, b}));
  return node.add(kNot, NoAttrs{}, {equal});
}

namespace {

Result<void> expect_floats(const NodeBuilder& node, TensorId id) {
  if (node.tensor(id).type == DataType::kFloat32) return {};
  return node.error(ErrorCode::kUnsupported, "'{}' is {}, expected f32 (or constants)", node.tensor(id).name,
                    data_type_name(node.tensor(id).type));
}

bool are_integers(const NodeBuilder& node, TensorId a, TensorId b) {
  const DataType type = node.tensor(a).type;
  return type == node.tensor(b).type && (type == DataType::kInt32 || type == DataType::kInt64);
}

// Integer division that rounds down: (a - ((a mod b) + b) mod b) / b, where mod and / cut towards zero.
Result<TensorId> integer_floor_mod(NodeBuilder& node, TensorId a, TensorId b) {
  const auto remainder = [&](std::string_view suffix, TensorId x) -> Result<TensorId> {
    OCTET_ASSIGN_OR_RETURN(const TensorId quotient,
                           node.inner(fmt::format("{}_quotient", suffix), kDiv, BinaryAttrs{}, {x, b}));
    OCTET_ASSIGN_OR_RETURN(const TensorId whole,
                           node.inner(fmt::format("{}_whole", suffix), kMul, BinaryAttrs{}, {quotient, b}));
    return node.inner(suffix, kSub, BinaryAttrs{}, {x, whole});
  };
  OCTET_ASSIGN_OR_RETURN(const TensorId rest, remainder("rest", a));
  OCTET_ASSIGN_OR_RETURN(const TensorId shifted, node.inner("shifted", kAdd, BinaryAttrs{}, {rest, b}));
  return remainder("mod", shifted);
}

}  // namespace

Result<void> lower_floor_div(NodeBuilder& node, TensorId a, TensorId b) {
  if (are_integers(node, a, b)) {
    OCTET_ASSIGN_OR_RETURN(const TensorId rest, integer_floor_mod(node, a, b));
    OCTET_ASSIGN_OR_RETURN(const TensorId whole, node.inner("multiple", kSub, BinaryAttrs{}, {a, rest}));
    return node.add(kDiv, BinaryAttrs{}, {whole, b});
  }
  OCTET_ASSIGN_OR_RETURN(a, node.as_float(a));
  OCTET_ASSIGN_OR_RETURN(b, node.as_float(b));
  OCTET_RETURN_IF_ERROR(expect_floats(node, a));
  OCTET_ASSIGN_OR_RETURN(const TensorId quotient, node.inner("quotient", kDiv, BinaryAttrs{}, {a, b}));
  return node.add(kFloor, NoAttrs{}, {quotient});
}

Result<void> lower_floor_mod(NodeBuilder& node, TensorId a, TensorId b) {
  if (are_integers(node, a, b)) {
    OCTET_ASSIGN_OR_RETURN(const TensorId rest, integer_floor_mod(node, a, b));
    return node.add(kIdentity, NoAttrs{}, {rest});
  }
  OCTET_RETURN_IF_ERROR(expect_floats(node, a));
  OCTET_ASSIGN_OR_RETURN(const TensorId quotient, node.inner("quotient", kDiv, BinaryAttrs{}, {a, b}));
  OCTET_ASSIGN_OR_RETURN(const TensorId floor, node.inner("floor", kFloor, NoAttrs{}, {quotient}));
  OCTET_ASSIGN_OR_RETURN(const TensorId whole, node.inner("whole", kMul, BinaryAttrs{}, {floor, b}));
  return node.add(kSub, BinaryAttrs{}, {a, whole});
}

Result<void> lower_sum(NodeBuilder& node, const std::vector<TensorId>& inputs) {
  if (inputs.empty()) return node.error(ErrorCode::kInvalidModel, "has no input");
  if (inputs.size() == 1) return node.add(kIdentity, NoAttrs{}, inputs);
  OCTET_ASSIGN_OR_RETURN(TensorId sum, node.as_float(inputs[0]));
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId next, node.as_float(inputs[i]));
    if (i + 1 == inputs.size()) return node.add(kAdd, BinaryAttrs{}, {sum, next});
    OCTET_ASSIGN_OR_RETURN(sum, node.inner(fmt::format("part_{}", i), kAdd, BinaryAttrs{}, {sum, next}));
  }
  return {};
}

Result<void> lower_l2_normalization(NodeBuilder& node, TensorId src, float epsilon, FusedActivation activation) {
  if (node.rank(src) == 0) return node.error(ErrorCode::kInvalidModel, "its input is a scalar");
  OCTET_ASSIGN_OR_RETURN(src, node.as_float(src));
  OCTET_ASSIGN_OR_RETURN(const TensorId norm, node.inner("norm", kReduceL2, ReduceAttrs{{-1}, true}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId bounded,
                         node.inner("bounded", kMaximum, BinaryAttrs{}, {norm, node.scalar("epsilon", epsilon)}));
  return lower_binary(node, kDiv, src, bounded, activation);
}

// exp(beta * (x - max)): a beta other than 1 is a factor. In int8 it would be one more rounding.
Result<void> lower_softmax(NodeBuilder& node, TensorId src, float beta) {
  if (node.rank(src) == 0) return node.error(ErrorCode::kInvalidModel, "its input is a scalar");
  if (!std::isfinite(beta) || beta <= 0.0f)
    return node.error(ErrorCode::kInvalidModel, "its beta is {}, expected a positive number", beta);
  if (beta != 1.0f) {
    OCTET_ASSIGN_OR_RETURN(src, node.as_float(src));
    OCTET_ASSIGN_OR_RETURN(src, node.inner("scaled", kMul, BinaryAttrs{}, {src, node.scalar("beta", beta)}));
  }
  return node.add(kSoftmax, SoftmaxAttrs{-1}, {src});
}

// Over no axis at all nothing is reduced; our attribute would mean all of them.
Result<void> lower_reduce(NodeBuilder& node, const Op& op, TensorId src, const Numbers& axes, bool keep_dims) {
  if (axes.empty()) return node.add(kIdentity, NoAttrs{}, {src});
  ReduceAttrs attrs;
  attrs.keep_dims = keep_dims;
  std::vector<bool> named(node.rank(src), false);  // TensorFlow allows an axis twice
  for (const std::int64_t axis : axes) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t normal, node.axis(axis, node.rank(src)));
    if (!named[static_cast<std::size_t>(normal)]) attrs.axes.push_back(normal);
    named[static_cast<std::size_t>(normal)] = true;
  }
  return node.add(op, attrs, {src});
}

Result<void> lower_arg_max(NodeBuilder& node, TensorId src, std::int64_t axis) {
  OCTET_ASSIGN_OR_RETURN(src, node.as_float(src));
  return node.add(kArgMax, ArgMaxAttrs{.axis = axis, .keep_dims = false}, {src});
}

Result<void> lower_arg_min(NodeBuilder& node, TensorId src, std::int64_t axis) {
  OCTET_ASSIGN_OR_RETURN(src, node.as_float(src));
  OCTET_RETURN_IF_ERROR(expect_floats(node, src));
  OCTET_ASSIGN_OR_RETURN(const TensorId negative, node.inner("negative", kNeg, NoAttrs{}, {src}));
  return node.add(kArgMax, ArgMaxAttrs{.axis = axis, .keep_dims = false}, {negative});
}

// Nearest: floor(o * in / out), with aligned corners rounded half up, with half-pixel centers floor((o + 0.5) * in /
// out), which is round-half-up of the half-pixel coordinate.
Result<void> lower_resize(NodeBuilder& node, TensorId src, ResizeMode mode, const Numbers& size, bool align_corners,
                          bool half_pixel_centers, Layout layout) {
  if (size.size() != 2 || size[0] < 1 || size[1] < 1)
    return node.error(ErrorCode::kInvalidModel, "its size is [{}], expected two positive numbers",
                      fmt::join(size, ", "));
  if (align_corners && half_pixel_centers)
    return node.error(ErrorCode::kInvalidModel, "has both align_corners and half_pixel_centers");
  ResizeAttrs attrs;
  attrs.size = {size[0], size[1]};
  attrs.mode = mode;
  attrs.layout = layout;
  attrs.coordinate_mode = align_corners        ? CoordinateMode::kAlignCorners
                          : half_pixel_centers ? CoordinateMode::kHalfPixel
                                               : CoordinateMode::kAsymmetric;
  attrs.nearest_mode = align_corners || half_pixel_centers ? NearestMode::kRoundPreferCeil : NearestMode::kFloor;
  return node.add(kResize, attrs, {src});
}

}  // namespace octet
