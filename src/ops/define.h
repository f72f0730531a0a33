// SPDX-License-Identifier: Apache-2.0
// What the operator files share: making an `Op` of an attribute struct, and the checks that shape inference repeats.
#ifndef OCTET_OPS_DEFINE_H_
#define OCTET_OPS_DEFINE_H_

#include <any>
#include <array>
#include <string_view>

#include "base/error.h"
#include "ir/graph.h"

namespace octet {

struct NoAttrs {
  void visit(AttrVisitor&) {}
};

// An attribute struct has `void visit(AttrVisitor&)` naming its fields in order; defaults are its member initializers.
template <typename A>
std::any default_attrs() {
  return A{};
}
template <typename A>
void visit_attrs(std::any& attrs, AttrVisitor& visitor) {
  std::any_cast<A&>(attrs).visit(visitor);
}

struct OpInputs {
  int min, max;
};

template <typename A>
constexpr Op define_op(std::string_view name, OpInputs inputs, InferFunction infer, ReferenceFunction reference,
                       int num_outputs = 1) {
  return Op{name, inputs.min, inputs.max, num_outputs, default_attrs<A>, visit_attrs<A>, infer, reference};
}

// An operator whose output shapes depend on values.
template <typename A>
constexpr Op define_dynamic_op(std::string_view name, OpInputs inputs, InferFunction infer, EvaluateFunction evaluate,
                               int num_outputs = 1) {
  return Op{name, inputs.min, inputs.max, num_outputs, default_attrs<A>, visit_attrs<A>, infer, nullptr, evaluate};
}

// An activation computed inside the operator that makes the tensor, before it is stored (or quantized).
enum class Activation : int { kNone, kRelu, kRelu6 };
inline constexpr std::array<std::string_view, 3> kActivationNames = {"none", "relu", "relu6"};
inline constexpr std::array<std::string_view, 3> kLayoutNames = {"none", "nchw", "nhwc"};

// Bounds that an activation clamps to: [-inf, inf], [0, inf] or [0, 6].
struct ActivationBounds {
  float lo, hi;
};
ActivationBounds activation_bounds(Activation activation);

template <typename... Args>
Error shape_error(fmt::format_string<Args...> format, Args&&... args) {
  return make_error(ErrorCode::kInvalidModel, format, std::forward<Args>(args)...);
}

// Error unless the tensor has `rank` dimensions. `what` names it in the message ("src").
Result<void> expect_rank(std::string_view what, const Tensor& tensor, std::size_t rank);
Result<std::size_t> expect_axis(std::int64_t axis, std::size_t rank);
// Which dimensions `axes` names, each at most once.
Result<std::vector<bool>> expect_axes(const std::vector<std::int64_t>& axes, std::size_t rank);

// What a reference says to a type it does not compute on.
Error no_reference_for(DataType type);

// "f32", "f16", ... by DataType, for attributes that are one.
inline constexpr std::array<std::string_view, 12> kDataTypeNames = {"f32", "f16", "f64", "i8",  "u8",  "i16",
                                                                 "i32", "i64", "bool", "u16", "u32", "u64"};

inline std::vector<TensorType> single_type(DataType type, Shape shape) { return {TensorType{type, std::move(shape)}}; }

}  // namespace octet

#endif  // OCTET_OPS_DEFINE_H_
