// SPDX-License-Identifier: Apache-2.0
#include "kernels/layer_norm_f32/layer_norm_f32.h"

#include "ops/normalization.h"
#include "runtime/operators/operators.h"

namespace octet {
namespace {

class LayerNormF32 : public Operator {
 public:
  LayerNormF32(const OperatorContext& context, std::size_t rows, std::size_t n)
      : kernel_(choose_layer_norm_f32(context.cpu)), rows_(rows), n_(n), epsilon_(context.node.as<LayerNormAttrs>().epsilon) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const float* beta = context.inputs.size() > 2 && context.inputs[2].data != nullptr ? context.inputs[2].as<float>() : nullptr;
    context.threads->parallel_for(rows_, 1, [&](std::size_t begin, std::size_t end) {
      LayerNormF32Args args{};
      args.rows = end - begin;
      args.n = n_;
      args.src = context.inputs[0].as<float>() + begin * n_;
      args.gamma = context.inputs[1].as<float>();
      args.beta = beta;
      args.epsilon = epsilon_;
      args.dst = context.outputs[0].as<float>() + begin * n_;
      kernel_.layer_norm(args);
    });
  }

 private:
  const LayerNormF32Kernel& kernel_;
  std::size_t rows_, n_;
  float epsilon_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_layer_norm_f32(const OperatorContext& context) {
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i)
    if (context.has_input(i) && context.input(i).type != DataType::kFloat32) return nullptr;
  const Shape& shape = context.input(0).shape;
  const auto axis = normalize_axis(context.node.as<LayerNormAttrs>().axis, shape.size());
  if (!axis) return nullptr;
  std::size_t n = 1;
  for (std::size_t d = *axis; d < shape.size(); ++d) n *= static_cast<std::size_t>(shape[d]);
  if (n == 0) return nullptr;
  const std::size_t rows = static_cast<std::size_t>(num_elements(shape).value_or(0)) / n;
  return std::make_unique<LayerNormF32>(context, rows, n);
}

}  // namespace octet
