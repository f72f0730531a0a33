// SPDX-License-Identifier: Apache-2.0
#include "ops/pool2d.h"

#include <numeric>

#include "importers/onnx/handlers.h"
#include "importers/onnx/window.h"
#include "ops/reduce.h"
#include "ops/reshape.h"

namespace octet {
namespace {

// A pool over src [N, C, (H,) W] whose attributes besides the window are in `attrs`.
Result<void> import_pool(const OnnxNode& node, OnnxGraph& graph, const Op& op, Pool2dAttrs attrs) {
  OCTET_ASSIGN_OR_RETURN(TensorId src, node.input(0, "X"));
  const std::size_t rank = graph.shape(src).size();
  if (rank != 3 && rank != 4) {
    return node.error(ErrorCode::kUnsupported, "its input has {} dimensions; Octet has pooling over 1 or 2 dimensions", rank);
  }
  OCTET_ASSIGN_OR_RETURN(const OnnxWindow window, read_window(node, rank - 2, {}));
  attrs.kernel = window.kernel;
  attrs.strides = window.strides;
  attrs.dilations = window.dilations;
  attrs.pads = window.pads;
  attrs.pad_mode = window.pad_mode;
  attrs.layout = Layout::kNchw;
  OCTET_ASSIGN_OR_RETURN(attrs.ceil_mode, node.get_bool("ceil_mode", false));
  if (rank == 4) return graph.add(node, op, attrs, {src});
  OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(node, "src", kUnsqueeze, SqueezeAttrs{{2}}, {src}));
  OCTET_ASSIGN_OR_RETURN(const TensorId dst, graph.add_inner(node, "pool2d", op, attrs, {src}));
  return graph.add(node, kSqueeze, SqueezeAttrs{{2}}, {dst});
}

// Over all dimensions behind [N, C]; other ranks than images' are reductions.
Result<void> import_global_pool(const OnnxNode& node, OnnxGraph& graph, const Op& pool, const Op& reduce) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  const std::size_t rank = graph.shape(src).size();
  if (rank < 3) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", rank);
  if (rank == 4) return graph.add(node, pool, Pool2dAttrs{.global = true, .layout = Layout::kNchw}, {src});
  std::vector<std::int64_t> axes(rank - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return graph.add(node, reduce, ReduceAttrs{.axes = axes, .keep_dims = true}, {src});
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__MaxPool.html. storage_order only concerns the second output.
Result<void> import_max_pool(const OnnxNode& node, OnnxGraph& graph) {
  node.ignore("storage_order");
  return import_pool(node, graph, kMaxPool2d, {});
}

// https://onnx.ai/onnx/operators/onnx__AveragePool.html
Result<void> import_average_pool(const OnnxNode& node, OnnxGraph& graph) {
  Pool2dAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.count_include_pad, node.get_bool("count_include_pad", false));
  return import_pool(node, graph, kAvgPool2d, attrs);
}

Result<void> import_global_average_pool(const OnnxNode& node, OnnxGraph& graph) {
  return import_global_pool(node, graph, kAvgPool2d, kReduceMean);
}

Result<void> import_global_max_pool(const OnnxNode& node, OnnxGraph& graph) {
  return import_global_pool(node, graph, kMaxPool2d, kReduceMax);
}

}  // namespace octet
