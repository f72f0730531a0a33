// SPDX-License-Identifier: Apache-2.0
#include "kernels/layer_norm_f32/layer_norm_f32.h"

#include "ops/binary.h"
#include "ops/normalization.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/residual.h"

namespace octet {
namespace {

struct Rows {
  std::size_t count, n;
};

class LayerNormF32 : public Operator {
 public:
  // adds: inputs are those of an addition, then those of the node.
  LayerNormF32(const OperatorContext& context, Rows rows, bool adds)
      : kernel_(choose_layer_norm_f32(context.cpu)), rows_(rows), adds_(adds), epsilon_(context.node.as<LayerNormAttrs>().epsilon) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const std::size_t first = adds_ ? 2 : 0, n = rows_.n;
    const float* const beta =
        context.inputs.size() > first + 2 && context.inputs[first + 2].data != nullptr ? context.inputs[first + 2].as<float>() : nullptr;
    context.threads->parallel_for(rows_.count, 1, [&](std::size_t begin, std::size_t end) {
      LayerNormF32Args args{};
      args.rows = end - begin;
      args.n = n;
      args.src = context.inputs[0].as<float>() + begin * n;
      if (adds_) args.addend = context.inputs[1].as<float>() + begin * n;
      args.gamma = context.inputs[first + 1].as<float>();
      args.beta = beta;
      args.epsilon = epsilon_;
      args.dst = context.outputs[0].as<float>() + begin * n;
      kernel_.layer_norm(args);
    });
  }

 private:
  const LayerNormF32Kernel& kernel_;
  Rows rows_;
  bool adds_;
  float epsilon_;
};

// Nothing if the kernels do not take the node.
std::optional<Rows> rows_of(const OperatorContext& context) {
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i)
    if (context.has_input(i) && context.input(i).type != DataType::kFloat32) return std::nullopt;
  const Shape& shape = context.input(0).shape;
  const auto axis = normalize_axis(context.node.as<LayerNormAttrs>().axis, shape.size());
  if (!axis) return std::nullopt;
  std::size_t n = 1;
  for (std::size_t d = *axis; d < shape.size(); ++d) n *= static_cast<std::size_t>(shape[d]);
  if (n == 0) return std::nullopt;
  return Rows{element_count(context.input(0)) / n, n};
}

}  // namespace

Result<std::unique_ptr<Operator>> make_layer_norm_f32(const OperatorContext& context) {
  const std::optional<Rows> rows = rows_of(context);
  if (!rows) return nullptr;
  return std::make_unique<LayerNormF32>(context, *rows, /*adds=*/false);
}

std::unique_ptr<Operator> make_add_and_normalize(const OperatorContext& context, const Node& add) {
  if (!context.node.is(kLayerNorm) || !adds_alike(context.graph, add) || add.as<BinaryAttrs>().activation != Activation::kNone) return nullptr;
  if (context.node.inputs[0] != add.outputs[0]) return nullptr;
  const std::optional<Rows> rows = rows_of(context);
  return rows ? std::make_unique<LayerNormF32>(context, *rows, /*adds=*/true) : nullptr;
}

}  // namespace octet
