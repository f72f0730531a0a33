// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/handlers.h"
#include "ops/binary.h"
#include "ops/reshape.h"

namespace octet {
namespace {

const Op& eltwise_op(caffe::EltwiseParameter::EltwiseOp operation) {
  switch (operation) {
    case caffe::EltwiseParameter::PROD:
      return kMul;
    case caffe::EltwiseParameter::MAX:
      return kMaximum;
    case caffe::EltwiseParameter::SUM:
      break;
  }
  return kAdd;
}

// The bottoms, each multiplied with its coefficient.
Result<std::vector<TensorId>> weighted(const CaffeLayer& layer, CaffeGraph& graph) {
  const auto& coeffs = layer.param().eltwise_param().coeff();
  std::vector<TensorId> terms = layer.bottoms();
  for (std::size_t i = 0; i < terms.size() && !coeffs.empty(); ++i) {
    const float coeff = coeffs[static_cast<int>(i)];
    OCTET_RETURN_IF_ERROR(layer.expect_finite("coeff", coeff));
    if (coeff == 1.0f) continue;
    const TensorId factor = graph.scalar(layer, "coeff", coeff);
    OCTET_ASSIGN_OR_RETURN(terms[i], graph.add_inner(layer, "term", kMul, BinaryAttrs{}, {terms[i], factor}));
  }
  return terms;
}

}  // namespace

// The sum (with coefficients), product or maximum of all bottoms, which have one shape.
Result<void> import_eltwise(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::EltwiseParameter& param = layer.param().eltwise_param();
  const std::size_t n = layer.bottoms().size();
  for (std::size_t i = 1; i < n; ++i) {
    if (graph.src_shape(layer, i) == graph.src_shape(layer)) continue;
    return layer.error(ErrorCode::kInvalidModel, "its bottoms have shapes [{}] and [{}], expected the same",
                       fmt::join(graph.src_shape(layer), ", "), fmt::join(graph.src_shape(layer, i), ", "));
  }
  const auto num_coeffs = static_cast<std::size_t>(param.coeff_size());
  if (num_coeffs != 0 && (param.operation() != caffe::EltwiseParameter::SUM || num_coeffs != n)) {
    return layer.error(ErrorCode::kInvalidModel,
                       "has {} coeff for {} of {} bottoms, expected one for each bottom of a SUM", num_coeffs,
                       caffe::EltwiseParameter::EltwiseOp_Name(param.operation()), n);
  }
  const Op& op = eltwise_op(param.operation());
  // a - b is one operator less than a + -1 * b.
  if (n == 2 && num_coeffs == 2 && param.coeff(0) == 1.0f && param.coeff(1) == -1.0f)
    return graph.add(layer, kSub, BinaryAttrs{}, layer.bottoms());
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> terms, weighted(layer, graph));
  TensorId partial = terms[0];
  for (std::size_t i = 1; i + 1 < n; ++i) {
    OCTET_ASSIGN_OR_RETURN(partial, graph.add_inner(layer, "partial", op, BinaryAttrs{}, {partial, terms[i]}));
  }
  return graph.add(layer, op, BinaryAttrs{}, {partial, terms[n - 1]});
}

// a * x + y with bottoms a [N, C] or [N, C, 1, 1], x and y [N, C, H, W].
Result<void> import_axpy(const CaffeLayer& layer, CaffeGraph& graph) {
  TensorId a = layer.bottoms()[0];
  const TensorId x = layer.bottoms()[1], y = layer.bottoms()[2];
  const Shape x_shape = graph.shape(x), a_shape = graph.shape(a);
  const bool fits = x_shape.size() == 4 && graph.shape(y) == x_shape &&
                    (a_shape == Shape{x_shape[0], x_shape[1]} || a_shape == Shape{x_shape[0], x_shape[1], 1, 1});
  if (!fits) {
    return layer.error(ErrorCode::kInvalidModel,
                       "its bottoms have shapes [{}], [{}] and [{}], expected [N, C], [N, C, H, W] twice",
                       fmt::join(a_shape, ", "), fmt::join(x_shape, ", "), fmt::join(graph.shape(y), ", "));
  }
  if (a_shape.size() == 2) {
    const ReshapeAttrs to_image{.shape = {a_shape[0], a_shape[1], 1, 1}};
    OCTET_ASSIGN_OR_RETURN(a, graph.add_inner(layer, "a", kReshape, to_image, {a}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId scaled, graph.add_inner(layer, "scaled", kMul, BinaryAttrs{}, {x, a}));
  return graph.add(layer, kAdd, BinaryAttrs{}, {scaled, y});
}

}  // namespace octet
