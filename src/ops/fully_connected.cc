// SPDX-License-Identifier: Apache-2.0
#include "ops/fully_connected.h"

#include <algorithm>

#include "ops/layer_types.h"

namespace octet {
namespace {

Result<std::vector<TensorType>> infer_fully_connected(const Node&, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  const Tensor& weights = *inputs[1];
  const Tensor* const bias = optional_input(inputs, 2);
  OCTET_RETURN_IF_ERROR(expect_weights_types(src, weights, bias));
  OCTET_RETURN_IF_ERROR(expect_rank("weights", weights, 2));
  if (src.shape.empty()) return shape_error("src '{}' is a scalar, expected at least 1 dimension", src.name);
  if (!same_dimension(src.shape.back(), weights.shape[1])) {
    return shape_error("src '{}' has shape [{}] and weights '{}' [{}]: the last dimensions differ", src.name,
                       fmt::join(src.shape, ", "), weights.name, fmt::join(weights.shape, ", "));
  }
  OCTET_RETURN_IF_ERROR(expect_vector("bias", bias, weights.shape[0]));
  Shape shape = src.shape;
  shape.back() = weights.shape[0];
  return single_type(src.type, std::move(shape));
}

Result<void> reference_fully_connected(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const std::int64_t num_n = (*inputs[1].shape)[0], num_k = (*inputs[1].shape)[1];
  const float* const bias = optional_floats(inputs, 2);
  const ActivationBounds bounds = activation_bounds(node.as<FullyConnectedAttrs>().activation);
  const std::int64_t count = *num_elements(*outputs[0].shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const float* const src = inputs[0].as<float>() + i / num_n * num_k;
    const float* const weights = inputs[1].as<float>() + i % num_n * num_k;
    double acc = bias == nullptr ? 0.0 : double{bias[i % num_n]};
    for (std::int64_t k = 0; k < num_k; ++k) acc += double{src[k]} * double{weights[k]};
    outputs[0].as<float>()[i] = std::clamp(static_cast<float>(acc), bounds.lo, bounds.hi);
  }
  return {};
}

}  // namespace

const Op kFullyConnected =
    define_op<FullyConnectedAttrs>("fully_connected", {2, 3}, infer_fully_connected, reference_fully_connected);

}  // namespace octet
