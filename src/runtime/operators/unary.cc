// SPDX-License-Identifier: Apache-2.0
// Functions of single elements: a table of 256 entries in int8, a loop in float32.
#include "ops/unary.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/lut_x8/lut_x8.h"
#include "kernels/unary_f32/unary_f32.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

constexpr std::size_t kGrain = 4096;  // elements: below, a fork costs more than the work

// What byte b of a tensor stands for: int8 in two's complement, or uint8.
int level(DataType type, int b) { return type == DataType::kUint8 ? b : static_cast<std::int8_t>(b); }

// dst = quantize(f(dequantize(src))) for all 256 values of src; computed in double, rounded half to even.
template <typename F>
std::array<std::uint8_t, 256> make_table(const Tensor& src, const Tensor& dst, const F& f) {
  const bool is_unsigned = dst.type == DataType::kUint8;
  const QuantLevels levels = quant_levels(dst.quant->bits);
  const double lo = is_unsigned ? 0.0 : levels.lo, hi = is_unsigned ? 255.0 : levels.hi;
  std::array<std::uint8_t, 256> table;
  for (int b = 0; b < 256; ++b) {
    const double real = static_cast<double>(src.quant->scale[0]) * (level(src.type, b) - src.quant->zero_point[0]);
    const double value = f(real);
    const std::int32_t zero_point = dst.quant->zero_point[0];
    const double steps = std::isnan(value) ? zero_point : std::nearbyint(value / dst.quant->scale[0]) + zero_point;
    table[static_cast<std::size_t>(b)] = static_cast<std::uint8_t>(static_cast<int>(std::clamp(steps, lo, hi)));
  }
  return table;
}

// 8 bits with one scale.
bool is_8_bit(const Tensor& tensor) {
  return (tensor.type == DataType::kInt8 || tensor.type == DataType::kUint8) && tensor.quant && !tensor.quant->per_channel();
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

// Functions that have kernels, with their parameters.
struct KernelFunction {
  UnaryFunction function;
  float alpha = 0.0f, beta = 0.0f;
};

std::optional<KernelFunction> kernel_function(const Node& node) {
  static constexpr std::pair<const Op*, UnaryFunction> kPlain[] = {
      {&kErf, UnaryFunction::kErf},   {&kExp, UnaryFunction::kExp},         {&kHardSwish, UnaryFunction::kHardSwish},
      {&kSilu, UnaryFunction::kSilu}, {&kSigmoid, UnaryFunction::kSigmoid}, {&kSqrt, UnaryFunction::kSqrt},
      {&kTanh, UnaryFunction::kTanh}};
  for (const auto& [op, function] : kPlain)
    if (node.is(*op)) return KernelFunction{function};
  if (node.is(kGelu)) return KernelFunction{node.as<GeluAttrs>().approximate ? UnaryFunction::kGeluApproximate : UnaryFunction::kGelu};
  if (node.is(kLeakyRelu)) return KernelFunction{UnaryFunction::kLeakyRelu, node.as<SlopeAttrs>().alpha};
  if (node.is(kHardSigmoid))
    return KernelFunction{UnaryFunction::kHardSigmoid, node.as<HardSigmoidAttrs>().alpha, node.as<HardSigmoidAttrs>().beta};
  return std::nullopt;
}

class UnaryKernelF32 : public Operator {
 public:
  UnaryKernelF32(const OperatorContext& context, const KernelFunction& function)
      : kernel_(choose_unary_f32(context.cpu)), function_(function), n_(element_count(context.output())) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const float* src = context.inputs[0].as<float>();
    float* dst = context.outputs[0].as<float>();
    context.threads->parallel_for(n_, kGrain, [&](std::size_t begin, std::size_t end) {
      kernel_.map[static_cast<std::size_t>(function_.function)](
          {end - begin, src + begin, dst + begin, function_.alpha, function_.beta});
    });
  }

 private:
  const UnaryF32Kernel& kernel_;
  KernelFunction function_;
  std::size_t n_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_unary_f32(const OperatorContext& context) {
  if (context.input(0).type != DataType::kFloat32 || context.node.is(kNot)) return nullptr;
  if (const auto function = kernel_function(context.node)) return std::make_unique<UnaryKernelF32>(context, *function);
  const bool is_clip = context.node.is(kRelu) || context.node.is(kRelu6) || context.node.is(kClip);
  return std::make_unique<UnaryF32>(context, is_clip ? clip_all : evaluate_all);
}

Result<std::unique_ptr<Operator>> make_unary_qs8(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || !is_qs8(context.output())) return nullptr;
  return std::make_unique<LutOperator>(context, make_table(context.input(0), context.output(),
                                                           [&](double x) { return evaluate_unary(context.node, x); }));
}

// 8 bits to 8 bits with other parameters, or the other sign, is a table as well; float32 to int8 is in quantize.cc.
Result<std::unique_ptr<Operator>> make_requantize(const OperatorContext& context) {
  if (!is_8_bit(context.input(0)) || !is_8_bit(context.output())) return nullptr;
  return std::make_unique<LutOperator>(context, make_table(context.input(0), context.output(), [](double x) { return x; }));
}

}  // namespace octet
