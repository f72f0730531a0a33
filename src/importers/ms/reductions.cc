// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include "importers/ms/handlers.h"

namespace octet {
namespace {

const Op* reduce_op(msl2::ReduceMode mode) {
  switch (mode) {
    case msl2::ReduceMode::ReduceMean:
      return &kReduceMean;
    case msl2::ReduceMode::ReduceMax:
      return &kReduceMax;
    case msl2::ReduceMode::ReduceMin:
      return &kReduceMin;
    case msl2::ReduceMode::ReduceProd:
      return &kReduceProd;
    case msl2::ReduceMode::ReduceSum:
      return &kReduceSum;
    case msl2::ReduceMode::ReduceSumSquare:
      return &kReduceSumSquare;
    case msl2::ReduceMode::ReduceL2:
      return &kReduceL2;
    default:
      return nullptr;
  }
}

}  // namespace

// Axes are input 1; none: all. With reduce_to_end, which Caffe has, they are all from the first on, and coeff counts.
Result<void> import_ms_reduce(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::ReduceFusion>();
  const Op* op = reduce_op(table.mode());
  if (op == nullptr)
    return node.error(ErrorCode::kUnsupported, "mode {} is not supported", static_cast<int>(table.mode()));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  ReduceAttrs attrs{.axes = {}, .keep_dims = table.keep_dims()};
  if (node.num_inputs() > 1) {
    OCTET_ASSIGN_OR_RETURN(attrs.axes, graph.integers(node, 1, "axes", kMaxRank));
  }
  if (table.reduce_to_end() && !attrs.axes.empty()) {
    if (table.coeff() != 1.0f) return node.error(ErrorCode::kUnsupported, "coeff {} is not supported", table.coeff());
    const std::size_t rank = graph.shape(src).size();
    OCTET_ASSIGN_OR_RETURN(std::int64_t axis, graph.axis(node, attrs.axes[0], rank));
    attrs.axes.clear();
    for (; axis < static_cast<std::int64_t>(rank); ++axis) attrs.axes.push_back(axis);
  }
  return graph.add(node, *op, attrs, {src});
}

Result<void> import_ms_arg_max(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::ArgMaxFusion>();
  if (table.top_k() != 1 || table.out_max_value())
    return node.error(ErrorCode::kUnsupported, "top_k {} or out_max_value is not supported; only the first index is",
                      table.top_k());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add_integer(node, kArgMax, ArgMaxAttrs{.axis = table.axis(), .keep_dims = table.keep_dims()}, {src});
}

}  // namespace octet
