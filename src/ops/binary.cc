// SPDX-License-Identifier: Apache-2.0
#include "ops/binary.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "ops/copy.h"
#include "ops/widen.h"

namespace octet {
namespace {

bool is_comparison(const Op& op) {
  return &op == &kEqual || &op == &kLess || &op == &kLessEqual || &op == &kGreater || &op == &kGreaterEqual;
}
bool is_logic(const Op& op) { return &op == &kAnd || &op == &kOr || &op == &kXor; }

Result<Shape> broadcast(const Tensor& a, const Tensor& b) {
  if (auto shape = broadcast_shapes(a.shape, b.shape)) return std::move(*shape);
  return shape_error("shapes [{}] of '{}' and [{}] of '{}' cannot be broadcast", fmt::join(a.shape, ", "), a.name,
                     fmt::join(b.shape, ", "), b.name);
}

Result<void> expect_same_type(const Tensor& a, const Tensor& b) {
  if (a.type == b.type) return {};
  return shape_error("'{}' is {} and '{}' is {}, expected one type", a.name, data_type_name(a.type), b.name,
                     data_type_name(b.type));
}

Result<std::vector<TensorType>> infer_binary(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& a = *inputs[0];
  const Tensor& b = *inputs[1];
  OCTET_RETURN_IF_ERROR(expect_same_type(a, b));
  const bool is_bool = a.type == DataType::kBool;
  if (is_bool != is_logic(*node.op) && !(is_bool && node.is(kEqual)))
    return shape_error("'{}' is {}, expected {}", a.name, data_type_name(a.type), is_logic(*node.op) ? "bool" : "numbers");
  OCTET_ASSIGN_OR_RETURN(Shape shape, broadcast(a, b));
  return single_type(is_comparison(*node.op) ? DataType::kBool : a.type, std::move(shape));
}

Result<std::vector<TensorType>> infer_where(const Node&, std::span<const Tensor* const> inputs) {
  const Tensor& condition = *inputs[0];
  if (condition.type != DataType::kBool)
    return shape_error("condition '{}' is {}, expected bool", condition.name, data_type_name(condition.type));
  OCTET_RETURN_IF_ERROR(expect_same_type(*inputs[1], *inputs[2]));
  OCTET_ASSIGN_OR_RETURN(Shape values, broadcast(*inputs[1], *inputs[2]));
  auto shape = broadcast_shapes(condition.shape, values);
  if (!shape) {
    return shape_error("shape [{}] of the condition and [{}] of the values cannot be broadcast",
                       fmt::join(condition.shape, ", "), fmt::join(values, ", "));
  }
  return single_type(inputs[1]->type, std::move(*shape));
}

template <typename R, typename T, typename F>
void map_pairs(std::span<const ConstView> inputs, const View& dst, F f) {
  const Shape& shape = *dst.shape;
  const T* const a = inputs[0].as<T>();
  const T* const b = inputs[1].as<T>();
  R* const to = dst.as<R>();
  for_each_index<2>(shape, {broadcast_strides(*inputs[0].shape, shape), broadcast_strides(*inputs[1].shape, shape)},
                    [&](std::int64_t i, const auto& offsets) { to[i] = f(a[offsets[0]], b[offsets[1]]); });
}

// Integer arithmetic wraps, as two's complement does.
template <typename T, typename F>
T wrapped(T a, T b, F f) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(f(static_cast<U>(a), static_cast<U>(b)));
}

template <typename T>
constexpr T kMinusOne = static_cast<T>(-1);

template <typename T>
T integer_divide(T a, T b) {
  return std::is_signed_v<T> && b == kMinusOne<T> ? wrapped(T{0}, a, std::minus<>()) : static_cast<T>(a / b);
}

// base^exponent; a negative exponent leaves 0 of all but 1 and -1.
template <typename T>
T integer_power(T base, T exponent) {
  if (exponent < 0) return base == 1 ? T{1} : base != kMinusOne<T> ? T{0} : exponent % 2 == 0 ? T{1} : kMinusOne<T>;
  T result = 1;
  for (T e = exponent; e > 0; e /= 2) {
    if (e % 2 != 0) result = wrapped(result, base, std::multiplies<>());
    base = wrapped(base, base, std::multiplies<>());
  }
  return result;
}

template <typename T>
bool has_value(const ConstView& view, T value) {
  const T* const values = view.as<T>();
  return std::find(values, values + *num_elements(*view.shape), value) != values + *num_elements(*view.shape);
}

template <typename T, typename F>
void map_activated(const Node& node, std::span<const ConstView> inputs, const View& dst, F f) {
  const ActivationBounds bounds = activation_bounds(node.as<BinaryAttrs>().activation);
  if (node.as<BinaryAttrs>().activation == Activation::kNone) return map_pairs<T, T>(inputs, dst, f);
  map_pairs<T, T>(inputs, dst, [&](T a, T b) {
    const T x = f(a, b);
    return x < T{0} ? T{0} : double{bounds.hi} < static_cast<double>(x) ? static_cast<T>(bounds.hi) : x;
  });
}

template <typename T>
Result<void> run_float(const Node& node, std::span<const ConstView> inputs, const View& dst) {
  const auto run = [&](auto f) { map_activated<T>(node, inputs, dst, f); };
  if (node.is(kAdd)) run([](T a, T b) { return a + b; });
  else if (node.is(kSub)) run([](T a, T b) { return a - b; });
  else if (node.is(kMul)) run([](T a, T b) { return a * b; });
  else if (node.is(kDiv)) run([](T a, T b) { return a / b; });
  else if (node.is(kMinimum)) run([](T a, T b) { return b < a ? b : a; });
  else if (node.is(kMaximum)) run([](T a, T b) { return a < b ? b : a; });
  else if (node.is(kPow)) run([](T a, T b) { return static_cast<T>(std::pow(double{a}, double{b})); });
  else run([](T a, T b) { return a < 0 ? a * b : a; });  // prelu
  return {};
}

template <typename T>
Result<void> run_integer(const Node& node, std::span<const ConstView> inputs, const View& dst) {
  if (node.is(kDiv) && has_value<T>(inputs[1], 0)) return shape_error("integer division by 0");
  const auto run = [&](auto f) { map_activated<T>(node, inputs, dst, f); };
  if (node.is(kAdd)) run([](T a, T b) { return wrapped(a, b, std::plus<>()); });
  else if (node.is(kSub)) run([](T a, T b) { return wrapped(a, b, std::minus<>()); });
  else if (node.is(kMul)) run([](T a, T b) { return wrapped(a, b, std::multiplies<>()); });
  else if (node.is(kDiv)) run(integer_divide<T>);
  else if (node.is(kMinimum)) run([](T a, T b) { return std::min(a, b); });
  else if (node.is(kMaximum)) run([](T a, T b) { return std::max(a, b); });
  else if (node.is(kPow)) run(integer_power<T>);
  else run([](T a, T b) { return a < 0 ? wrapped(a, b, std::multiplies<>()) : a; });  // prelu
  return {};
}

Result<void> reference_arithmetic(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_float<float>(node, inputs, outputs[0]);
    case DataType::kFloat64: return run_float<double>(node, inputs, outputs[0]);
    case DataType::kInt32: return run_integer<std::int32_t>(node, inputs, outputs[0]);
    case DataType::kInt64: return run_integer<std::int64_t>(node, inputs, outputs[0]);
    case DataType::kUint64: return run_integer<std::uint64_t>(node, inputs, outputs[0]);
    default: break;
  }
  if (inputs[0].quant != nullptr || inputs[1].quant != nullptr) return no_reference_for(inputs[0].type);
  return run_widened(reference_arithmetic, node, inputs, outputs);
}

template <typename T>
T float_remainder(T a, T b, bool fmod) {
  const T rest = std::fmod(a, b);
  return fmod || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
}

template <typename T>
T integer_remainder(T a, T b, bool fmod) {
  if (std::is_signed_v<T> && b == kMinusOne<T>) return 0;
  const T rest = static_cast<T>(a % b);
  return fmod || rest == 0 || (rest < 0) == (b < 0) ? rest : static_cast<T>(rest + b);
}

template <typename T>
Result<void> run_mod(const Node& node, std::span<const ConstView> inputs, const View& dst) {
  const bool fmod = node.as<ModAttrs>().fmod;
  if constexpr (std::is_floating_point_v<T>) {
    map_pairs<T, T>(inputs, dst, [fmod](T a, T b) { return float_remainder(a, b, fmod); });
  } else {
    if (has_value<T>(inputs[1], 0)) return shape_error("remainder of a division by 0");
    map_pairs<T, T>(inputs, dst, [fmod](T a, T b) { return integer_remainder(a, b, fmod); });
  }
  return {};
}

Result<void> reference_mod(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_mod<float>(node, inputs, outputs[0]);
    case DataType::kFloat64: return run_mod<double>(node, inputs, outputs[0]);
    case DataType::kInt64: return run_mod<std::int64_t>(node, inputs, outputs[0]);
    case DataType::kUint64: return run_mod<std::uint64_t>(node, inputs, outputs[0]);
    default: return run_widened(reference_mod, node, inputs, outputs);
  }
}

// All integers are handled as their bits in 64; results are cut to the type, so a shift to the left drops what leaves it.
Result<void> reference_bitwise(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  using U = std::uint64_t;
  if (wide_type(inputs[0].type) != inputs[0].type) return run_widened(reference_bitwise, node, inputs, outputs);
  const auto bits = [](const ConstView& view) { return ConstView{DataType::kUint64, view.shape, view.data, nullptr}; };
  const std::array<ConstView, 2> pair = {bits(inputs[0]), bits(inputs[1])};
  const View dst = {DataType::kUint64, outputs[0].shape, outputs[0].data, nullptr};
  const auto run = [&](auto f) { map_pairs<U, U>(pair, dst, f); };
  if (node.is(kBitwiseAnd)) run([](U a, U b) { return a & b; });
  else if (node.is(kBitwiseOr)) run([](U a, U b) { return a | b; });
  else if (node.is(kBitwiseXor)) run([](U a, U b) { return a ^ b; });
  else if (node.is(kShiftLeft)) run([](U a, U b) { return b < 64 ? a << b : U{0}; });
  else run([](U a, U b) { return b < 64 ? a >> b : U{0}; });
  return {};
}

Result<std::vector<TensorType>> infer_bitwise(const Node& node, std::span<const Tensor* const> inputs) {
  const DataType type = inputs[0]->type;
  const bool is_shift = node.is(kShiftLeft) || node.is(kShiftRight);
  const bool is_signed = type == DataType::kInt8 || type == DataType::kInt16 || type == DataType::kInt32 || type == DataType::kInt64;
  if (!is_integer(type) || (is_shift && is_signed))
    return shape_error("'{}' is {}, expected {}integers", inputs[0]->name, data_type_name(type), is_shift ? "unsigned " : "");
  return infer_binary(node, inputs);
}

Result<std::vector<TensorType>> infer_mod(const Node& node, std::span<const Tensor* const> inputs) {
  if (is_float(inputs[0]->type) && !node.as<ModAttrs>().fmod)
    return shape_error("'{}' is {}, and without fmod expected are integers", inputs[0]->name, data_type_name(inputs[0]->type));
  return infer_binary(node, inputs);
}

template <typename T>
Result<void> run_comparison(const Node& node, std::span<const ConstView> inputs, const View& dst) {
  const auto run = [&](auto f) { map_pairs<bool, T>(inputs, dst, f); };
  if (node.is(kEqual)) run([](T a, T b) { return a == b; });
  else if (node.is(kLess)) run([](T a, T b) { return a < b; });
  else if (node.is(kLessEqual)) run([](T a, T b) { return a <= b; });
  else if (node.is(kGreater)) run([](T a, T b) { return a > b; });
  else run([](T a, T b) { return a >= b; });
  return {};
}

Result<void> reference_comparison(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  switch (inputs[0].type) {
    case DataType::kFloat32: return run_comparison<float>(node, inputs, outputs[0]);
    case DataType::kFloat64: return run_comparison<double>(node, inputs, outputs[0]);
    case DataType::kInt64: return run_comparison<std::int64_t>(node, inputs, outputs[0]);
    case DataType::kUint64: return run_comparison<std::uint64_t>(node, inputs, outputs[0]);
    default: break;
  }
  if (inputs[0].quant != nullptr || inputs[1].quant != nullptr) return no_reference_for(inputs[0].type);
  return run_widened(reference_comparison, node, inputs, outputs, {false, false, true});
}

Result<void> reference_logic(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (node.is(kAnd)) map_pairs<bool, bool>(inputs, outputs[0], [](bool a, bool b) { return a && b; });
  else if (node.is(kOr)) map_pairs<bool, bool>(inputs, outputs[0], [](bool a, bool b) { return a || b; });
  else map_pairs<bool, bool>(inputs, outputs[0], [](bool a, bool b) { return a != b; });
  return {};
}

Result<void> reference_where(const Node&, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const View& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(expect_same_quant(inputs[1], dst));
  OCTET_RETURN_IF_ERROR(expect_same_quant(inputs[2], dst));
  const bool* const condition = inputs[0].as<bool>();
  const auto* const a = static_cast<const std::byte*>(inputs[1].data);
  const auto* const b = static_cast<const std::byte*>(inputs[2].data);
  auto* const to = static_cast<std::byte*>(dst.data);
  const auto size = static_cast<std::int64_t>(data_type_size(dst.type));
  for_each_index<3>(*dst.shape,
                    {broadcast_strides(*inputs[0].shape, *dst.shape), broadcast_strides(*inputs[1].shape, *dst.shape),
                     broadcast_strides(*inputs[2].shape, *dst.shape)},
                    [&](std::int64_t i, const auto& offsets) {
                      const std::byte* const from = condition[offsets[0]] ? a + offsets[1] * size : b + offsets[2] * size;
                      std::copy(from, from + size, to + i * size);
                    });
  return {};
}

constexpr Op arithmetic(std::string_view name) {
  return define_op<BinaryAttrs>(name, {2, 2}, infer_binary, reference_arithmetic);
}
constexpr Op bitwise(std::string_view name) { return define_op<NoAttrs>(name, {2, 2}, infer_bitwise, reference_bitwise); }
constexpr Op comparison(std::string_view name) {
  return define_op<NoAttrs>(name, {2, 2}, infer_binary, reference_comparison);
}
constexpr Op logic(std::string_view name) { return define_op<NoAttrs>(name, {2, 2}, infer_binary, reference_logic); }

}  // namespace

const Op kAdd = arithmetic("add");
const Op kSub = arithmetic("sub");
const Op kMul = arithmetic("mul");
const Op kDiv = arithmetic("div");
const Op kMinimum = arithmetic("minimum");
const Op kMaximum = arithmetic("maximum");
const Op kPow = arithmetic("pow");
const Op kPrelu = arithmetic("prelu");
const Op kEqual = comparison("equal");
const Op kLess = comparison("less");
const Op kLessEqual = comparison("less_equal");
const Op kGreater = comparison("greater");
const Op kGreaterEqual = comparison("greater_equal");
const Op kAnd = logic("and");
const Op kOr = logic("or");
const Op kXor = logic("xor");
const Op kMod = define_op<ModAttrs>("mod", {2, 2}, infer_mod, reference_mod);
const Op kBitwiseAnd = bitwise("bitwise_and");
const Op kBitwiseOr = bitwise("bitwise_or");
const Op kBitwiseXor = bitwise("bitwise_xor");
const Op kShiftLeft = bitwise("shift_left");
const Op kShiftRight = bitwise("shift_right");
const Op kWhere = define_op<NoAttrs>("where", {3, 3}, infer_where, reference_where);

bool is_binary(const Op& op) { return op.reference == reference_arithmetic; }

}  // namespace octet
