// SPDX-License-Identifier: Apache-2.0
// The borders between float32 and int8.
#include "ops/quantize.h"

#include "ops/binary.h"

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

// mul by a constant row, then quantize: the product is not written. Inputs are those of the mul.
class ScaleAndQuantize : public Operator {
 public:
  ScaleAndQuantize(const OperatorContext& context, std::size_t factor_input)
      : kernel_(choose_quantize_f32_qs8(context.cpu)),
        factor_input_(factor_input),
        n_(static_cast<std::size_t>(context.output().shape.back())),
        rows_(n_ == 0 ? 0 : element_count(context.output()) / n_),
        scale_(context.output().quant->scale[0]),
        output_(qs8_output(context.output(), Activation::kNone)) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const float* src = context.inputs[1 - factor_input_].as<float>();
    const float* factor = context.inputs[factor_input_].as<float>();
    auto* dst = context.outputs[0].as<std::int8_t>();
    const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(n_, 1));
    context.threads->parallel_for(rows_, grain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row)
        kernel_.quantize({n_, src + row * n_, scale_, dst + row * n_, output_, factor});
    });
  }

 private:
  const QuantizeF32Qs8Kernel& kernel_;
  std::size_t factor_input_, n_, rows_;
  float scale_;
  Qs8Output output_;
};

// Whether the tensor is a constant row of n floats.
bool is_row(const Tensor& tensor, std::int64_t n) {
  return tensor.is_constant && tensor.type == DataType::kFloat32 && !tensor.shape.empty() && tensor.shape.back() == n &&
         num_elements(tensor.shape) == n;
}

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

std::unique_ptr<Operator> make_scale_and_quantize(const OperatorContext& context, const Node& mul) {
  if (!context.node.is(kQuantize) || !mul.is(kMul) || mul.as<BinaryAttrs>().activation != Activation::kNone) return nullptr;
  if (context.input(0).type != DataType::kFloat32 || !is_qs8(context.output())) return nullptr;
  const Shape& shape = context.output().shape;
  for (std::size_t factor = 0; factor < 2 && !shape.empty(); ++factor) {
    const Tensor& src = context.graph.tensor(mul.inputs[1 - factor]);
    if (is_row(context.graph.tensor(mul.inputs[factor]), shape.back()) && src.type == DataType::kFloat32 && src.shape == shape)
      return std::make_unique<ScaleAndQuantize>(context, factor);
  }
  return nullptr;
}

Result<std::unique_ptr<Operator>> make_dequantize(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || context.output().type != DataType::kFloat32) return nullptr;
  return std::make_unique<Dequantize>(context);
}

}  // namespace octet
