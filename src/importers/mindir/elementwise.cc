// SPDX-License-Identifier: Apache-2.0
#include "importers/mindir/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {

Result<void> import_mindir_unary(MindirNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_unary(node, op, src);
}

// GeLU of MindSpore is the tanh approximation.
Result<void> import_mindir_gelu(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kGelu, GeluAttrs{.approximate = true}, {src});
}

Result<void> import_mindir_hsigmoid(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kHardSigmoid, HardSigmoidAttrs{.alpha = 1.0f / 6.0f, .beta = 0.5f}, {src});
}

namespace {

struct Pair {
  TensorId a, b;
};
// A number among the inputs has the type of the other one.
Result<Pair> two_inputs(MindirNode& node) {
  Pair pair{kNoTensor, kNoTensor};
  if (node.has_tensor(0)) {
    OCTET_ASSIGN_OR_RETURN(pair.a, node.input(0));
    OCTET_ASSIGN_OR_RETURN(pair.b, node.input(1, pair.a));
  } else {
    OCTET_ASSIGN_OR_RETURN(pair.b, node.input(1));
    OCTET_ASSIGN_OR_RETURN(pair.a, node.input(0, pair.b));
  }
  return pair;
}

}  // namespace

Result<void> import_mindir_binary(MindirNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_binary(node, op, src.a, src.b, FusedActivation::kNone);
}

Result<void> import_mindir_logic(MindirNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return node.add(op, NoAttrs{}, {src.a, src.b});
}

Result<void> import_mindir_not_equal(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_not_equal(node, src.a, src.b);
}

Result<void> import_mindir_squared_difference(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const Pair src, two_inputs(node));
  return lower_squared_difference(node, src.a, src.b);
}

Result<void> import_mindir_rsqrt(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_rsqrt(node, src);
}

Result<void> import_mindir_square(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_square(node, src);
}

Result<void> import_mindir_select(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId condition, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(1));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(2, a));
  return node.add(kWhere, NoAttrs{}, {condition, a, b});
}

// One slope, or one per channel of dimension 1.
Result<void> import_mindir_prelu(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(TensorId slope, node.input(1));
  if (node.rank(src) > 2) {
    Numbers shape(node.rank(src) - 1, 1);
    shape[0] = -1;
    OCTET_ASSIGN_OR_RETURN(slope, node.inner("slope", kReshape, ReshapeAttrs{shape}, {slope}));
  }
  return node.add(kPrelu, BinaryAttrs{}, {src, slope});
}

// The type is one of MindSpore's own numbers.
Result<void> import_mindir_cast(MindirNode& node) {
  OCTET_ASSIGN_OR_RETURN(const std::int64_t number, node.integer_argument(1, "dst_type", 0));
  struct Type {
    std::int64_t number;
    DataType type;
  };
  static constexpr Type kTypes[] = {{30, DataType::kBool},    {32, DataType::kInt8},    {33, DataType::kInt16},
                                    {34, DataType::kInt32},   {35, DataType::kInt64},   {37, DataType::kUint8},
                                    {42, DataType::kFloat32}, {43, DataType::kFloat32}, {44, DataType::kFloat64}};
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  for (const Type& entry : kTypes) {
    if (entry.number != number) continue;
    if (node.tensor(src).type == entry.type) return node.add(kIdentity, NoAttrs{}, {src});
    return node.add(kCast, CastAttrs{entry.type}, {src});
  }
  return node.error(ErrorCode::kUnsupported, "casts to MindSpore's type {}, which Octet does not support", number);
}

// Inputs: src, axes, keep_dims; no axes: all.
Result<void> import_mindir_reduce(MindirNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(Numbers axes, node.numbers_argument(1, "axis"));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t keep_dims, node.integer_argument(2, "keep_dims", 0));
  if (axes.empty())
    for (std::size_t d = 0; d < node.rank(src); ++d) axes.push_back(static_cast<std::int64_t>(d));
  return lower_reduce(node, op, src, axes, keep_dims != 0);
}

}  // namespace octet
