// SPDX-License-Identifier: Apache-2.0
// Functions of single elements: a table of 256 entries in int8, a loop in float32.
#include "ops/unary.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/lut_x8/lut_x8.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

constexpr std::size_t kGrain = 4096;  // elements: below, a fork costs more than the work

std::size_t element_count(const Tensor& tensor) { return static_cast<std::size_t>(num_elements(tensor.shape).value_or(0)); }

// dst = quantize(f(dequantize(src))) for all 256 values of src; computed in double, rounded half to even.
template <typename F>
std::array<std::uint8_t, 256> make_table(const QuantParams& src, const QuantParams& dst, const F& f) {
  const QuantLevels levels = quant_levels(dst.bits);
  std::array<std::uint8_t, 256> table;
  for (int q = -128; q < 128; ++q) {
    const double real = static_cast<double>(src.scale[0]) * (q - src.zero_point[0]);
    const double value = f(real);
    const double steps = std::isnan(value) ? dst.zero_point[0] : std::nearbyint(value / dst.scale[0]) + dst.zero_point[0];
    const auto result = static_cast<std::int8_t>(std::clamp(steps, static_cast<double>(levels.lo), static_cast<double>(levels.hi)));
    table[static_cast<std::uint8_t>(static_cast<std::int8_t>(q))] = static_cast<std::uint8_t>(result);
  }
  return table;
}

class LutOperator : public Operator {
 public:
  LutOperator(const OperatorContext& context, const std::array<std::uint8_t, 256>& table)
      : kernel_(choose_lut_x8(context.cpu)), table_(table), n_(element_count(context.output())) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const auto* src = static_cast<const std::uint8_t*>(context.inputs[0].data);
    auto* dst = static_cast<std::uint8_t*>(context.outputs[0].data);
    context.threads->parallel_for(n_, kGrain, [&](std::size_t begin, std::size_t end) {
      kernel_.lut({end - begin, src + begin, table_.data(), dst + begin});
    });
  }

 private:
  const LutX8Kernel& kernel_;
  std::array<std::uint8_t, 256> table_;
  std::size_t n_;
};

using FloatFunction = void (*)(const Node& node, const float* src, float* dst, std::size_t n);

template <typename F>
void map(const float* src, float* dst, std::size_t n, const F& f) {
  for (std::size_t i = 0; i < n; ++i) dst[i] = f(src[i]);
}

void clip_all(const Node& node, const float* src, float* dst, std::size_t n) {
  float lo = 0.0f, hi = std::numeric_limits<float>::infinity();
  if (node.is(kRelu6)) hi = 6.0f;
  if (node.is(kClip)) lo = node.as<ClipAttrs>().min, hi = node.as<ClipAttrs>().max;
  map(src, dst, n, [&](float x) { return std::min(hi, std::max(lo, x)); });
}

void evaluate_all(const Node& node, const float* src, float* dst, std::size_t n) {
  map(src, dst, n, [&](float x) { return static_cast<float>(evaluate_unary(node, x)); });
}

class UnaryF32 : public Operator {
 public:
  UnaryF32(const OperatorContext& context, FloatFunction function)
      : node_(context.node), function_(function), n_(element_count(context.output())) {}

  void run(const RunContext& context) const override {
    const float* src = context.inputs[0].as<float>();
    float* dst = context.outputs[0].as<float>();
    context.threads->parallel_for(n_, kGrain, [&](std::size_t begin, std::size_t end) {
      function_(node_, src + begin, dst + begin, end - begin);
    });
  }

 private:
  Node node_;
  FloatFunction function_;
  std::size_t n_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_unary_f32(const OperatorContext& context) {
  if (context.input(0).type != DataType::kFloat32 || context.node.is(kNot)) return nullptr;
  const bool is_clip = context.node.is(kRelu) || context.node.is(kRelu6) || context.node.is(kClip);
  return std::make_unique<UnaryF32>(context, is_clip ? clip_all : evaluate_all);
}

Result<std::unique_ptr<Operator>> make_unary_qs8(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || !is_qs8(context.output())) return nullptr;
  return std::make_unique<LutOperator>(context, make_table(*context.input(0).quant, *context.output().quant,
                                                           [&](double x) { return evaluate_unary(context.node, x); }));
}

// int8 to int8 with other parameters is a table as well; float32 to int8 is in quantize.cc.
Result<std::unique_ptr<Operator>> make_requantize(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || !is_qs8(context.output())) return nullptr;
  return std::make_unique<LutOperator>(
      context, make_table(*context.input(0).quant, *context.output().quant, [](double x) { return x; }));
}

}  // namespace octet
