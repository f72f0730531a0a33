// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include <numeric>

#include "importers/caffe/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {

// Over all dimensions from `axis` on, which disappear: sum, sum of absolutes, sum of squares or mean, times coeff.
Result<void> import_reduction(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ReductionParameter& param = layer.param().reduction_param();
  const std::size_t rank = graph.src_shape(layer).size();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, layer.axis("axis", param.axis(), rank));
  OCTET_RETURN_IF_ERROR(layer.expect_finite("coeff", param.coeff()));
  ReduceAttrs attrs{.axes = std::vector<std::int64_t>(rank - axis), .keep_dims = false};
  std::iota(attrs.axes.begin(), attrs.axes.end(), static_cast<std::int64_t>(axis));

  TensorId src = layer.bottoms()[0];
  const Op* op = &kReduceSum;
  switch (param.operation()) {
    case caffe::ReductionParameter::SUM:
      break;
    case caffe::ReductionParameter::MEAN:
      op = &kReduceMean;
      break;
    case caffe::ReductionParameter::SUMSQ:
      op = &kReduceSumSquare;
      break;
    case caffe::ReductionParameter::ASUM: {
      OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(layer, "absolute", kAbs, NoAttrs{}, {src}));
      break;
    }
  }
  if (param.coeff() == 1.0f) return graph.add(layer, *op, attrs, {src});
  OCTET_ASSIGN_OR_RETURN(const TensorId reduced, graph.add_inner(layer, "reduced", *op, attrs, {src}));
  return graph.add(layer, kMul, BinaryAttrs{}, {reduced, graph.scalar(layer, "coeff", param.coeff())});
}

// The index of the largest value as a float: along `axis`, which stays with one element, or without an axis over each
// whole image, giving [N, 1, 1, ...] of at least three dimensions. Of equal values Caffe takes the last, Octet the
// first.
Result<void> import_arg_max(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ArgMaxParameter& param = layer.param().argmax_param();
  if (param.out_max_val()) return layer.error(ErrorCode::kUnsupported, "out_max_val = true, Octet gives indices only");
  if (param.top_k() != 1) return layer.error(ErrorCode::kUnsupported, "top_k = {}, Octet has top_k = 1", param.top_k());
  const Shape src_shape = graph.src_shape(layer);
  TensorId src = layer.bottoms()[0];
  const CastAttrs to_float{.to = DataType::kFloat32};
  if (param.has_axis()) {
    OCTET_ASSIGN_OR_RETURN(const std::size_t axis, layer.axis("axis", param.axis(), src_shape.size()));
    const ArgMaxAttrs attrs{.axis = static_cast<std::int64_t>(axis), .keep_dims = true};
    OCTET_ASSIGN_OR_RETURN(const TensorId index, graph.add_inner(layer, "index", kArgMax, attrs, {src}));
    return graph.add(layer, kCast, to_float, {index});
  }
  OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(layer, "flatten", kFlatten, FlattenAttrs{.axis = 1}, {src}));
  OCTET_ASSIGN_OR_RETURN(src,
                         graph.add_inner(layer, "index", kArgMax, ArgMaxAttrs{.axis = 1, .keep_dims = true}, {src}));
  OCTET_ASSIGN_OR_RETURN(src, graph.add_inner(layer, "float", kCast, to_float, {src}));
  Shape shape(std::max<std::size_t>(3, src_shape.size()), 1);
  shape[0] = src_shape[0];
  return graph.add(layer, kReshape, ReshapeAttrs{.shape = shape}, {src});
}

}  // namespace octet
