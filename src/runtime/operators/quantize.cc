// SPDX-License-Identifier: Apache-2.0
// The borders between float32 and int8.
#include "ops/quantize.h"

#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

constexpr std::size_t kGrain = 4096;  // elements: below, a fork costs more than the work

class Quantize : public Operator {
 public:
  explicit Quantize(const OperatorContext& context)
      : kernel_(choose_quantize_f32_qs8(context.cpu)),
        n_(element_count(context.output())),
        scale_(context.output().quant->scale[0]),
        output_(qs8_output(context.output(), Activation::kNone)) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const float* src = context.inputs[0].as<float>();
    auto* dst = context.outputs[0].as<std::int8_t>();
    context.threads->parallel_for(n_, kGrain, [&](std::size_t begin, std::size_t end) {
      kernel_.quantize({end - begin, src + begin, scale_, dst + begin, output_});
    });
  }

 private:
  const QuantizeF32Qs8Kernel& kernel_;
  std::size_t n_;
  float scale_;
  Qs8Output output_;
};

class Dequantize : public Operator {
 public:
  explicit Dequantize(const OperatorContext& context)
      : kernel_(choose_quantize_f32_qs8(context.cpu)), n_(element_count(context.output())), quant_(*context.input(0).quant) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const auto* src = context.inputs[0].as<std::int8_t>();
    float* dst = context.outputs[0].as<float>();
    context.threads->parallel_for(n_, kGrain, [&](std::size_t begin, std::size_t end) {
      kernel_.dequantize({end - begin, src + begin, quant_.scale[0], quant_.zero_point[0], dst + begin});
    });
  }

 private:
  const QuantizeF32Qs8Kernel& kernel_;
  std::size_t n_;
  QuantParams quant_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_quantize(const OperatorContext& context) {
  if (context.input(0).type != DataType::kFloat32 || !is_qs8(context.output())) return nullptr;
  return std::make_unique<Quantize>(context);
}

Result<std::unique_ptr<Operator>> make_dequantize(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || context.output().type != DataType::kFloat32) return nullptr;
  return std::make_unique<Dequantize>(context);
}

}  // namespace octet
