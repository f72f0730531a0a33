// SPDX-License-Identifier: Apache-2.0
#include "ops/pool2d.h"

#include <numeric>

#include "importers/onnx/handlers.h"
#include "importers/onnx/window.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/dynamic.h"
#include "ops/generate.h"
#include "ops/index.h"
#include "ops/pad.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/reshape.h"

namespace octet {
namespace {

// The attributes of a pool over src [N, C, ...].
Result<PoolAttrs> read_pool(const OnnxNode& node, const Shape& src) {
  if (src.size() < 3) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", src.size());
  OCTET_ASSIGN_OR_RETURN(const OnnxWindowLists window, read_window_lists(node, src.size() - 2, {}));
  PoolAttrs attrs{.kernel = window.kernel, .strides = window.strides, .dilations = window.dilations, .pads = window.pads, .pad_mode = window.pad_mode};
  OCTET_ASSIGN_OR_RETURN(attrs.ceil_mode, node.get_bool("ceil_mode", false));
  return attrs;
}

// A pool over one or two dimensions, which has kernels. Its attributes besides the window are in `attrs`.
Result<void> import_pool2d(const OnnxNode& node, OnnxGraph& graph, const Op& op, TensorId src, Pool2dAttrs attrs) {
  const std::size_t rank = graph.shape(src).size();
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

bool is_2d(const OnnxGraph& graph, TensorId src) {
  const std::size_t rank = graph.shape(src).size();
  return (rank == 3 || rank == 4) && graph.tensor(src).type == DataType::kFloat32;
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

// https://onnx.ai/onnx/operators/onnx__MaxPool.html. The second output is where the maxima were.
Result<void> import_max_pool(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const bool column_major, node.get_bool("storage_order", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  const bool wants_indices = node.num_outputs() > 1 && !node.output_name(1).empty();
  if (!wants_indices && is_2d(graph, src)) return import_pool2d(node, graph, kMaxPool2d, src, {});
  OCTET_ASSIGN_OR_RETURN(PoolAttrs attrs, read_pool(node, graph.shape(src)));
  attrs.column_major = column_major;
  return wants_indices ? graph.add_multi(node, kMaxPool, attrs, {src}) : graph.add(node, kMaxPool, attrs, {src});
}

// https://onnx.ai/onnx/operators/onnx__AveragePool.html
Result<void> import_average_pool(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const bool count_include_pad, node.get_bool("count_include_pad", false));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  if (is_2d(graph, src)) return import_pool2d(node, graph, kAvgPool2d, src, {.count_include_pad = count_include_pad});
  OCTET_ASSIGN_OR_RETURN(PoolAttrs attrs, read_pool(node, graph.shape(src)));
  attrs.count_include_pad = count_include_pad;
  return graph.add(node, kAvgPool, attrs, {src});
}

// https://onnx.ai/onnx/operators/onnx__LpPool.html
Result<void> import_lp_pool(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(PoolAttrs attrs, read_pool(node, graph.shape(src)));
  OCTET_ASSIGN_OR_RETURN(attrs.p, node.get_int("p", 2));
  return graph.add(node, kLpPool, attrs, {src});
}

namespace {

// The image of which a max_pool with this window makes `src`, its padding taken off.
Result<Shape> unpooled_shape(const OnnxNode& node, const Shape& src, const OnnxWindowLists& window) {
  Shape shape = src;
  for (std::size_t d = 0; d + 2 < src.size(); ++d) {
    constexpr std::int64_t kMaxSize = std::int64_t{1} << 31;
    std::int64_t size = src[d + 2];
    size = size < 1 || size > kMaxSize ? 0 : (size - 1) * window.strides[d] + window.kernel[d] - window.pads[2 * d] - window.pads[2 * d + 1];
    if (size < 1) return node.error(ErrorCode::kInvalidModel, "dimension {} of {} pixels would become one of {}", d + 2, src[d + 2], size);
    shape[d + 2] = size;
  }
  if (within_limits(shape)) return shape;
  return node.error(ErrorCode::kInvalidModel, "an image of [{}] is too large", fmt::join(shape, ", "));
}

}  // namespace

// ONNX MaxUnpool: X put at the indices I of an image of zeros, which output_shape makes larger at its ends.
// https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
Result<void> import_max_unpool(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(TensorId src, node.input(0, "X"));
  OCTET_ASSIGN_OR_RETURN(TensorId indices, node.input(1, "I"));
  const Shape src_shape = graph.shape(src);
  if (src_shape.size() < 3) return node.error(ErrorCode::kInvalidModel, "its input has {} dimensions, expected at least 3", src_shape.size());
  if (!is_fixed(src_shape)) return graph.dynamic_error(node, "the size of its image is not known");
  OCTET_ASSIGN_OR_RETURN(const OnnxWindowLists window, read_window_lists(node, src_shape.size() - 2, {}));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, unpooled_shape(node, src_shape, window));
  const auto integers = [&](std::string_view suffix, const std::vector<std::int64_t>& values) {
    return graph.inner_constant(node, suffix, make_constant("", {static_cast<std::int64_t>(values.size())}, values));
  };
  const ReshapeAttrs flat{.shape = {-1}};
  OCTET_ASSIGN_OR_RETURN(const TensorId zeros, graph.add_inner(node, "zeros", kFill, FillAttrs{}, {integers("size", {num_elements(shape).value_or(0)})}));
  OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(node, "values", kReshape, flat, {src}));
  OCTET_ASSIGN_OR_RETURN(indices, graph.add_inner(node, "indices", kReshape, flat, {indices}));
  OCTET_ASSIGN_OR_RETURN(const TensorId put, graph.add_inner(node, "put", kScatterElements, ScatterElementsAttrs{}, {zeros, indices, src}));
  const TensorId wanted = node.optional_input(2);
  if (wanted == kNoTensor) return graph.add(node, kReshape, ReshapeAttrs{.shape = shape}, {put});
  OCTET_ASSIGN_OR_RETURN(const TensorId image, graph.add_inner(node, "image", kReshape, ReshapeAttrs{.shape = shape}, {put}));
  OCTET_ASSIGN_OR_RETURN(const TensorId behind, graph.add_inner(node, "behind", kSub, BinaryAttrs{}, {wanted, integers("shape", shape)}));
  const TensorId before = integers("before", std::vector<std::int64_t>(shape.size(), 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId pads, graph.add_inner(node, "pads", kConcat, ConcatAttrs{0}, {before, behind}));
  return graph.add(node, kDynamicPad, PadAttrs{}, {image, pads});
}

Result<void> import_global_average_pool(const OnnxNode& node, OnnxGraph& graph) {
  return import_global_pool(node, graph, kAvgPool2d, kReduceMean);
}

Result<void> import_global_max_pool(const OnnxNode& node, OnnxGraph& graph) {
  return import_global_pool(node, graph, kMaxPool2d, kReduceMax);
}

}  // namespace octet
