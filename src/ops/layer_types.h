// SPDX-License-Identifier: Apache-2.0
// Checks of types that operators with weights, and operators on images, share.
#ifndef OCTET_OPS_LAYER_TYPES_H_
#define OCTET_OPS_LAYER_TYPES_H_

#include "ops/define.h"
#include "ops/window.h"

namespace octet {

// Input i, or null where it is absent or not given.
inline const Tensor* optional_input(std::span<const Tensor* const> inputs, std::size_t i) {
  return i < inputs.size() ? inputs[i] : nullptr;
}
inline const float* optional_floats(std::span<const ConstView> inputs, std::size_t i) {
  return i < inputs.size() && inputs[i].data != nullptr ? inputs[i].as<float>() : nullptr;
}

// Error kUnsupported unless the type is float32, int8 or uint8: what layers compute in.
Result<void> expect_layer_type(std::string_view what, const Tensor& tensor);

// Types that multiply: float32 by float32 with a float32 bias; 8-bit by 8-bit integers with an int32 bias. `bias` may be
// null. Error: kUnsupported for an src of another type, kInvalidModel for types that do not go together.
Result<void> expect_weights_types(const Tensor& src, const Tensor& weights, const Tensor* bias);

// Error unless the tensor has shape [size] (or a symbol that may be that). A null tensor passes.
Result<void> expect_vector(std::string_view what, const Tensor* tensor, std::int64_t size);

// An image [N, H, W, C] or [N, C, H, W] of a layer type; a layout that says neither is an error.
Result<void> expect_image(const Tensor& src, Layout layout);

// Error kUnsupported unless all inputs that are present are float32: what the references of layers compute in.
Result<void> expect_float_views(std::span<const ConstView> inputs);

}  // namespace octet

#endif  // OCTET_OPS_LAYER_TYPES_H_
