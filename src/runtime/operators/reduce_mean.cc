// SPDX-License-Identifier: Apache-2.0
// Mean of int8 tensors over any axes: dst = clamp(round_half_even(float(sum - count * zero_point) * (scale / count)) + zero
// point), the arithmetic of an average pool.
#include <vector>

#include "ops/reduce.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

class ReduceMeanQs8 : public Operator {
 public:
  explicit ReduceMeanQs8(const OperatorContext& context) : output_(qs8_output(context.output(), Activation::kNone)) {
    const auto& axes = context.node.as<ReduceAttrs>().axes;
    const Shape& shape = context.input(0).shape;
    std::vector<bool> reduced(shape.size(), axes.empty());
    for (const std::int64_t axis : axes) reduced[*normalize_axis(axis, shape.size())] = true;
    const auto strides = dense_strides(shape);
    kept_ = {0};
    reduced_ = {0};
    for (std::size_t d = 0; d < shape.size(); ++d) expand(reduced[d] ? reduced_ : kept_, shape[d], strides[d]);
    const QuantParams& src = *context.input(0).quant;
    zero_point_sum_ = static_cast<std::int64_t>(reduced_.size()) * src.zero_point[0];
    scale_ = src.scale[0] / context.output().quant->scale[0] / static_cast<float>(reduced_.size());
  }

  void run(const RunContext& context) const override {
    const auto* src = context.inputs[0].as<std::int8_t>();
    auto* dst = context.outputs[0].as<std::int8_t>();
    context.threads->parallel_for(kept_.size(), 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        std::int64_t sum = -zero_point_sum_;
        for (const std::int64_t offset : reduced_) sum += src[kept_[i] + offset];
        dst[i] = round_to_qs8(static_cast<float>(sum) * scale_, output_);
      }
    });
  }

 private:
  // Every offset followed by all positions along one more dimension.
  static void expand(std::vector<std::int64_t>& offsets, std::int64_t length, std::int64_t stride) {
    std::vector<std::int64_t> expanded;
    for (const std::int64_t offset : offsets)
      for (std::int64_t i = 0; i < length; ++i) expanded.push_back(offset + i * stride);
    offsets = std::move(expanded);
  }

  Qs8Output output_;
  std::vector<std::int64_t> kept_, reduced_;  // offsets of outputs, and of the elements that each one averages
  std::int64_t zero_point_sum_;
  float scale_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_reduce_mean_qs8(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || !is_qs8(context.output())) return nullptr;
  return std::make_unique<ReduceMeanQs8>(context);
}

}  // namespace octet
