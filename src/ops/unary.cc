// SPDX-License-Identifier: Apache-2.0
#include "ops/unary.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "ops/widen.h"

namespace octet {
namespace {

using Function = double (*)(const Node& node, double x);

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double clip(const Node& node, double x) {
  const auto& attrs = node.as<ClipAttrs>();
  return std::min<double>(attrs.max, std::max<double>(x, attrs.min));
}

// log(1 + exp(x)) without overflow for a large x.
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

double celu(const Node& node, double x) {
  const double alpha = node.as<SlopeAttrs>().alpha;
  return std::max(0.0, x) + std::min(0.0, alpha * std::expm1(x / alpha));
}

double selu(const Node& node, double x) {
  const auto& attrs = node.as<SeluAttrs>();
  return double{attrs.gamma} * (x > 0 ? x : double{attrs.alpha} * std::expm1(x));
}

double shrink(const Node& node, double x) {
  const auto& attrs = node.as<ShrinkAttrs>();
  return x < -double{attrs.lambda} ? x + double{attrs.bias} : x > double{attrs.lambda} ? x - double{attrs.bias} : 0.0;
}

double elu(const Node& node, double x) { return x < 0 ? double{node.as<SlopeAttrs>().alpha} * std::expm1(x) : x; }

double leaky_relu(const Node& node, double x) { return x < 0 ? double{node.as<SlopeAttrs>().alpha} * x : x; }

// Source of the approximation: Hendrycks and Gimpel 2016 (arXiv:1606.08415), section 2.
double gelu(const Node& node, double x) {
  constexpr double kSqrtHalf = 0.70710678118654752440;
  constexpr double kSqrtTwoOverPi = 0.79788456080286535588;
  if (node.as<GeluAttrs>().approximate) return 0.5 * x * (1.0 + std::tanh(kSqrtTwoOverPi * (x + 0.044715 * x * x * x)));
  return 0.5 * x * (1.0 + std::erf(x * kSqrtHalf));
}

double hard_sigmoid(const Node& node, double x) {
  const auto& attrs = node.as<HardSigmoidAttrs>();
  return std::clamp(double{attrs.alpha} * x + double{attrs.beta}, 0.0, 1.0);
}

struct Entry {
  const Op* op;
  Function function;
};

constexpr Entry kFunctions[] = {
    {&kAbs, [](const Node&, double x) { return std::abs(x); }},
    {&kAcos, [](const Node&, double x) { return std::acos(x); }},
    {&kAcosh, [](const Node&, double x) { return std::acosh(x); }},
    {&kAsin, [](const Node&, double x) { return std::asin(x); }},
    {&kAsinh, [](const Node&, double x) { return std::asinh(x); }},
    {&kAtan, [](const Node&, double x) { return std::atan(x); }},
    {&kAtanh, [](const Node&, double x) { return std::atanh(x); }},
    {&kCeil, [](const Node&, double x) { return std::ceil(x); }},
    {&kCelu, celu},
    {&kClip, clip},
    {&kCos, [](const Node&, double x) { return std::cos(x); }},
    {&kCosh, [](const Node&, double x) { return std::cosh(x); }},
    {&kElu, elu},
    {&kErf, [](const Node&, double x) { return std::erf(x); }},
    {&kExp, [](const Node&, double x) { return std::exp(x); }},
    {&kFloor, [](const Node&, double x) { return std::floor(x); }},
    {&kGelu, gelu},
    {&kHardSigmoid, hard_sigmoid},
    {&kHardSwish, [](const Node&, double x) { return x * std::clamp(x / 6.0 + 0.5, 0.0, 1.0); }},
    {&kLeakyRelu, leaky_relu},
    {&kLog, [](const Node&, double x) { return std::log(x); }},
    {&kMish, [](const Node&, double x) { return x * std::tanh(softplus(x)); }},
    {&kNeg, [](const Node&, double x) { return -x; }},
    {&kNot, [](const Node&, double x) { return x == 0 ? 1.0 : 0.0; }},
    {&kReciprocal, [](const Node&, double x) { return 1.0 / x; }},
    {&kRelu, [](const Node&, double x) { return x < 0 ? 0.0 : x; }},
    {&kRelu6, [](const Node&, double x) { return x < 0 ? 0.0 : x > 6 ? 6.0 : x; }},
    {&kRound, [](const Node&, double x) { return std::nearbyint(x); }},  // half to even
    {&kSelu, selu},
    {&kShrink, shrink},
    {&kSigmoid, [](const Node&, double x) { return sigmoid(x); }},
    {&kSign, [](const Node&, double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }},
    {&kSilu, [](const Node&, double x) { return x * sigmoid(x); }},
    {&kSin, [](const Node&, double x) { return std::sin(x); }},
    {&kSinh, [](const Node&, double x) { return std::sinh(x); }},
    {&kSoftplus, [](const Node&, double x) { return softplus(x); }},
    {&kSoftsign, [](const Node&, double x) { return x / (1.0 + std::abs(x)); }},
    {&kSqrt, [](const Node&, double x) { return std::sqrt(x); }},
    {&kTan, [](const Node&, double x) { return std::tan(x); }},
    {&kTanh, [](const Node&, double x) { return std::tanh(x); }},
    {&kThresholdedRelu, [](const Node& node, double x) { return x > double{node.as<SlopeAttrs>().alpha} ? x : 0.0; }},
};

Function find_function(const Op& op) {
  for (const Entry& entry : kFunctions)
    if (entry.op == &op) return entry.function;
  return nullptr;
}

// A bound of clip as an integer; beyond the integers means none.
std::int64_t integer_bound(double bound, std::int64_t none) {
  return bound > -9.2e18 && bound < 9.2e18 ? static_cast<std::int64_t>(bound) : none;
}

// f(x) for the operators that make sense on integers; nothing for the others. The lowest number is its own negative.
std::optional<std::int64_t> evaluate_integer(const Node& node, std::int64_t x) {
  const auto negative = static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x));
  if (node.is(kAbs)) return x < 0 ? negative : x;
  if (node.is(kNeg)) return negative;
  if (node.is(kCeil) || node.is(kFloor) || node.is(kRound)) return x;
  if (node.is(kRelu)) return std::max<std::int64_t>(x, 0);
  if (node.is(kRelu6)) return std::clamp<std::int64_t>(x, 0, 6);
  if (node.is(kSign)) return (x > 0) - (x < 0);
  if (node.is(kShrink)) return static_cast<std::int64_t>(shrink(node, static_cast<double>(x)));
  if (node.is(kClip)) {
    const auto& attrs = node.as<ClipAttrs>();
    return std::min(integer_bound(std::floor(attrs.max), INT64_MAX), std::max(integer_bound(std::ceil(attrs.min), INT64_MIN), x));
  }
  return std::nullopt;
}

Result<std::vector<TensorType>> infer_same(const Node& node, std::span<const Tensor* const> inputs) {
  const Tensor& src = *inputs[0];
  if ((src.type == DataType::kBool) != node.is(kNot)) {
    return shape_error("src '{}' is {}, expected {}", src.name, data_type_name(src.type), node.is(kNot) ? "bool" : "numbers");
  }
  return single_type(src.type, src.shape);
}

template <typename T>
Result<void> run(const Node& node, const ConstView& src, const View& dst) {
  const std::int64_t count = *num_elements(*src.shape);
  const T* const from = src.as<T>();
  T* const to = dst.as<T>();
  if constexpr (std::is_floating_point_v<T>) {
    const Function function = find_function(*node.op);
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(function(node, double{from[i]}));
  } else {
    if (!evaluate_integer(node, 0)) return no_reference_for(src.type);
    for (std::int64_t i = 0; i < count; ++i) to[i] = *evaluate_integer(node, from[i]);
  }
  return {};
}

Result<void> reference_unary(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  if (src.quant != nullptr) return make_error(ErrorCode::kUnsupported, "there is no reference evaluation of a quantized src");
  switch (src.type) {
    case DataType::kFloat32: return run<float>(node, src, outputs[0]);
    case DataType::kFloat64: return run<double>(node, src, outputs[0]);
    case DataType::kInt64: return run<std::int64_t>(node, src, outputs[0]);
    case DataType::kUint64: return no_reference_for(src.type);
    case DataType::kBool: {
      const std::int64_t count = *num_elements(*src.shape);
      for (std::int64_t i = 0; i < count; ++i) outputs[0].as<bool>()[i] = !src.as<bool>()[i];
      return {};
    }
    default: break;
  }
  if (is_integer(src.type) && !evaluate_integer(node, 0)) return no_reference_for(src.type);
  return run_widened(reference_unary, node, inputs, outputs);
}

template <typename A = NoAttrs>
constexpr Op unary(std::string_view name) {
  return define_op<A>(name, {1, 1}, infer_same, reference_unary);
}

}  // namespace

const Op kAbs = unary("abs");
const Op kAcos = unary("acos");
const Op kAcosh = unary("acosh");
const Op kAsin = unary("asin");
const Op kAsinh = unary("asinh");
const Op kAtan = unary("atan");
const Op kAtanh = unary("atanh");
const Op kCelu = unary<SlopeAttrs>("celu");
const Op kCosh = unary("cosh");
const Op kMish = unary("mish");
const Op kSelu = unary<SeluAttrs>("selu");
const Op kShrink = unary<ShrinkAttrs>("shrink");
const Op kSinh = unary("sinh");
const Op kSoftsign = unary("softsign");
const Op kTan = unary("tan");
const Op kThresholdedRelu = unary<SlopeAttrs>("thresholded_relu");
const Op kCeil = unary("ceil");
const Op kClip = unary<ClipAttrs>("clip");
const Op kCos = unary("cos");
const Op kElu = unary<SlopeAttrs>("elu");
const Op kErf = unary("erf");
const Op kExp = unary("exp");
const Op kFloor = unary("floor");
const Op kGelu = unary<GeluAttrs>("gelu");
const Op kHardSigmoid = unary<HardSigmoidAttrs>("hard_sigmoid");
const Op kHardSwish = unary("hard_swish");
const Op kLeakyRelu = unary<SlopeAttrs>("leaky_relu");
const Op kLog = unary("log");
const Op kNeg = unary("neg");
const Op kNot = unary("not");
const Op kReciprocal = unary("reciprocal");
const Op kRelu = unary("relu");
const Op kRelu6 = unary("relu6");
const Op kRound = unary("round");
const Op kSigmoid = unary("sigmoid");
const Op kSign = unary("sign");
const Op kSilu = unary("silu");
const Op kSin = unary("sin");
const Op kSoftplus = unary("softplus");
const Op kSqrt = unary("sqrt");
const Op kTanh = unary("tanh");

bool is_unary(const Op& op) { return find_function(op) != nullptr; }

double evaluate_unary(const Node& node, double x) {
  const Function function = find_function(*node.op);
  OCTET_CHECK(function != nullptr);
  return function(node, x);
}

}  // namespace octet
