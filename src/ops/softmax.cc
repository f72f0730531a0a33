// SPDX-License-Identifier: Apache-2.0
#include "ops/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/layer_types.h"

namespace octet {
namespace {

Result<std::vector<TensorType>> infer_softmax(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_layer_type("src", src));
  OCTET_RETURN_IF_ERROR(expect_axis(node.as<SoftmaxAttrs>().axis, src.shape.size()));
  return single_type(src.type, src.shape);
}

// `n` elements, `stride` apart.
void softmax_line(const float* src, float* dst, std::int64_t n, std::int64_t stride, bool log) {
  float max = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < n; ++i) max = std::max(max, src[i * stride]);
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(double{src[i * stride]} - double{max});
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = double{src[i * stride]} - double{max};
    dst[i * stride] = static_cast<float>(log ? x - std::log(sum) : std::exp(x) / sum);
  }
}

Result<void> reference_softmax(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_RETURN_IF_ERROR(expect_float_views(inputs));
  const Shape& shape = *inputs[0].shape;
  const std::size_t axis = *normalize_axis(node.as<SoftmaxAttrs>().axis, shape.size());
  const std::int64_t n = shape[axis], stride = dense_strides(shape)[axis];
  const std::int64_t num_lines = n == 0 ? 0 : *num_elements(shape) / n;
  for (std::int64_t i = 0; i < num_lines; ++i) {
    const std::int64_t first = i / stride * stride * n + i % stride;
    softmax_line(inputs[0].as<float>() + first, outputs[0].as<float>() + first, n, stride, node.is(kLogSoftmax));
  }
  return {};
}

}  // namespace

const Op kSoftmax = define_op<SoftmaxAttrs>("softmax", {1, 1}, infer_softmax, reference_softmax);
const Op kLogSoftmax = define_op<SoftmaxAttrs>("log_softmax", {1, 1}, infer_softmax, reference_softmax);

}  // namespace octet
