// SPDX-License-Identifier: Apache-2.0
// Softmax over the last dimension that is not 1; other axes run by reference in float32.
#include "ops/softmax.h"

#include <array>

#include "kernels/softmax_f32/softmax_f32.h"
#include "kernels/softmax_qs8/softmax_qs8.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

struct Rows {
  std::size_t rows, n;
};

// The rows, if all dimensions behind the axis are 1.
std::optional<Rows> softmax_rows(const OperatorContext& context) {
  const Shape& shape = context.input(0).shape;
  const auto axis = normalize_axis(context.node.as<SoftmaxAttrs>().axis, shape.size());
  if (!axis) return std::nullopt;
  for (std::size_t d = *axis + 1; d < shape.size(); ++d)
    if (shape[d] != 1) return std::nullopt;
  const auto n = static_cast<std::size_t>(shape[*axis]);
  if (n == 0) return std::nullopt;
  return Rows{static_cast<std::size_t>(*num_elements(shape)) / n, n};
}

class SoftmaxF32 : public Operator {
 public:
  SoftmaxF32(const OperatorContext& context, Rows rows) : kernel_(choose_softmax_f32(context.cpu)), rows_(rows) {}

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const float* src = context.inputs[0].as<float>();
    float* dst = context.outputs[0].as<float>();
    context.threads->parallel_for(rows_.rows, 1, [&](std::size_t begin, std::size_t end) {
      kernel_.softmax({end - begin, rows_.n, src + begin * rows_.n, rows_.n, dst + begin * rows_.n, rows_.n});
    });
  }

 private:
  const SoftmaxF32Kernel& kernel_;
  Rows rows_;
};

class SoftmaxQs8 : public Operator {
 public:
  SoftmaxQs8(const OperatorContext& context, Rows rows)
      : kernel_(choose_softmax_qs8(context.cpu)),
        rows_(rows),
        dst_scale_(context.output().quant->scale[0]),
        output_(qs8_output(context.output(), Activation::kNone)) {
    make_softmax_qs8_table(context.input(0).quant->scale[0], table_);
  }

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const auto* src = context.inputs[0].as<std::int8_t>();
    auto* dst = context.outputs[0].as<std::int8_t>();
    context.threads->parallel_for(rows_.rows, 1, [&](std::size_t begin, std::size_t end) {
      kernel_.softmax({end - begin, rows_.n, src + begin * rows_.n, rows_.n, table_.data(), dst + begin * rows_.n, rows_.n,
                       dst_scale_, output_});
    });
  }

 private:
  const SoftmaxQs8Kernel& kernel_;
  Rows rows_;
  float dst_scale_;
  Qs8Output output_;
  std::array<std::int32_t, 256> table_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_softmax(const OperatorContext& context) {
  const auto rows = softmax_rows(context);
  if (!rows) return nullptr;
  if (context.input(0).type == DataType::kFloat32) return std::make_unique<SoftmaxF32>(context, *rows);
  if (is_qs8(context.input(0)) && is_qs8(context.output())) return std::make_unique<SoftmaxQs8>(context, *rows);
  return nullptr;
}

}  // namespace octet
