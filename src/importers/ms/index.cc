// SPDX-License-Identifier: Apache-2.0
// Operators that pick elements by computed positions, and running sums.
#include "importers/ms/handlers.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/index.h"
#include "ops/lines.h"
#include "ops/reduce.h"
#include "ops/select.h"

namespace octet {

// Inputs: src, axis, indices.
Result<void> import_ms_gather_d(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.integer(node, 1, "axis"));
  OCTET_ASSIGN_OR_RETURN(const TensorId indices, graph.input(node, 2));
  return graph.add(node, kGatherElements, GatherElementsAttrs{axis}, {src, indices});
}

Result<void> import_ms_gather_nd(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add(node, kGatherNd, GatherNdAttrs{}, inputs);
}

Result<void> import_ms_scatter_elements(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add(node, kScatterElements, ScatterElementsAttrs{.axis = node.table<msl2::ScatterElements>().axis()}, inputs);
}

Result<void> import_ms_scatter_nd_update(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add(node, kScatterNd, ScatterNdAttrs{}, inputs);
}

// Inputs: src, k. Outputs: values, and their positions as i64 (what MindSpore Lite writes is i32, which is not read).
Result<void> import_ms_top_k(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::TopKFusion>();
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  OCTET_ASSIGN_OR_RETURN(TensorId count, graph.input(node, 1));
  if (graph.tensor(count).type != DataType::kInt64) {
    OCTET_ASSIGN_OR_RETURN(const std::int64_t k, graph.integer(node, 1, "k"));
    count = graph.inner_constant(node, "k", make_constant("", Shape{1}, std::vector<std::int64_t>{k}));
  }
  return graph.add_multi(node, kTopK, TopKAttrs{.axis = table.axis(), .largest = table.largest() != 0}, {src, count});
}

Result<void> import_ms_cum_sum(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::CumSum>();
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add(node, kCumSum, CumSumAttrs{table.exclusive(), table.reverse()}, inputs);
}

Result<void> import_ms_reverse_sequence(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::ReverseSequence>();
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> inputs, graph.inputs(node));
  return graph.add(node, kReverseSequence, ReverseSequenceAttrs{table.batch_dim(), table.seq_dim()}, inputs);
}

Result<void> import_ms_arg_min(const MsNode& node, MsGraph& graph) {
  const auto& table = node.table<msl2::ArgMinFusion>();
  if (table.top_k() > 1 || table.out_max_value())
    return node.error(ErrorCode::kUnsupported, "top_k {} or out_max_value is not supported; only the first index is", table.top_k());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add_integer(node, kArgMin, ArgMaxAttrs{.axis = table.axis(), .keep_dims = table.keep_dims()}, {src});
}

Result<void> import_ms_size(const MsNode& node, MsGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, graph.input(node, 0));
  return graph.add_integer(node, kSizeOf, NoAttrs{}, {src});
}

}  // namespace octet
