// SPDX-License-Identifier: Apache-2.0
// Normalizations, reductions and resizing.
#include "ops/normalization.h"

#include <cmath>

#include "importers/tflite/handlers.h"
#include "ops/reduce.h"
#include "ops/softmax.h"

namespace octet {

Result<void> import_tflite_softmax(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::SoftmaxOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_softmax(node, src, options->beta());
}

Result<void> import_tflite_log_softmax(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kLogSoftmax, SoftmaxAttrs{-1}, {src});
}

// The bound of the norm is TFLite's.
Result<void> import_tflite_l2_normalization(TfliteNode& node) {
  constexpr float kEpsilon = 1e-6f;
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::L2NormOptions>());
  OCTET_ASSIGN_OR_RETURN(const FusedActivation activation, node.activation(options->fused_activation_function()));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower_l2_normalization(node, src, kEpsilon, activation);
}

// alpha counts for the sum, ours for the mean; `radius` channels on both sides.
Result<void> import_tflite_local_response_normalization(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::LocalResponseNormalizationOptions>());
  if (options->radius() < 0 || options->radius() > (1 << 20) || !std::isfinite(options->bias()) ||
      !std::isfinite(options->alpha()) || !std::isfinite(options->beta())) {
    return node.error(ErrorCode::kInvalidModel, "radius {}, bias {}, alpha {} or beta {} makes no sense",
                      options->radius(), options->bias(), options->alpha(), options->beta());
  }
  LrnAttrs attrs;
  attrs.size = 2 * std::int64_t{options->radius()} + 1;
  attrs.alpha = options->alpha() * static_cast<float>(attrs.size);
  attrs.beta = options->beta();
  attrs.bias = options->bias();
  attrs.axis = 3;
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return node.add(kLrn, attrs, {src});
}

Result<void> import_tflite_reduce(TfliteNode& node, const Op& op) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<tfl3::ReducerOptions>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers axes, node.integers_of(1, "axes", 2 * kMaxRank));
  return lower_reduce(node, op, src, axes, options->keep_dims());
}

Result<void> import_tflite_arg_max(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(1, "axis"));
  return lower_arg_max(node, src, axis);
}

Result<void> import_tflite_arg_min(TfliteNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, node.integer_of(1, "axis"));
  return lower_arg_min(node, src, axis);
}

namespace {

template <typename Options>
Result<void> import_resize(TfliteNode& node, ResizeMode mode) {
  OCTET_ASSIGN_OR_RETURN(const auto* options, node.options<Options>());
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const Numbers size, node.integers_of(1, "size", 2));
  return lower_resize(node, src, mode, size, options->align_corners(), options->half_pixel_centers());
}

}  // namespace

Result<void> import_tflite_resize_bilinear(TfliteNode& node) {
  return import_resize<tfl3::ResizeBilinearOptions>(node, ResizeMode::kLinear);
}
Result<void> import_tflite_resize_nearest_neighbor(TfliteNode& node) {
  return import_resize<tfl3::ResizeNearestNeighborOptions>(node, ResizeMode::kNearest);
}

}  // namespace octet
