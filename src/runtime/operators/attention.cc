// SPDX-License-Identifier: Apache-2.0
// Each head on its own: keys and values are packed where they lie, scores stay in scratch.
#include "ops/attention.h"

#include <algorithm>

#include "kernels/binary_f32/binary_f32.h"
#include "kernels/softmax_f32/softmax_f32.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

constexpr std::size_t kRows = 48;  // queries at once: a multiple of all tiles' rows, and their scores fit a first-level cache

class AttentionF32 : public Operator {
 public:
  explicit AttentionF32(const OperatorContext& context)
      : gemm_(choose_gemm_f32(context.cpu)),
        softmax_(choose_softmax_f32(context.cpu)),
        binary_(choose_binary_f32(context.cpu)),
        heads_(static_cast<std::size_t>(context.node.as<AttentionAttrs>().heads)),
        scale_(context.node.as<AttentionAttrs>().scale),
        batch_(static_cast<std::size_t>(context.input(0).shape[0])),
        s_(static_cast<std::size_t>(context.input(0).shape[1])),
        t_(static_cast<std::size_t>(context.input(1).shape[1])),
        d_(static_cast<std::size_t>(context.input(0).shape[2]) / heads_),
        e_(static_cast<std::size_t>(context.input(2).shape[2]) / heads_) {
    if (context.has_input(3)) {
      const Shape& mask = context.input(3).shape;
      std::size_t stride = 1;
      for (std::size_t i = 4; i-- > 0;) {
        mask_strides_[i] = mask[i] == 1 ? 0 : stride;
        stride *= static_cast<std::size_t>(mask[i]);
      }
    }
  }

  const char* kernel_name() const override { return gemm_.name; }

  std::size_t scratch_bytes(int num_threads) const override { return thread_scratch() * static_cast<std::size_t>(num_threads); }

  void run(const RunContext& context) const override {
    context.threads->parallel_for(batch_ * heads_, 1, [&](std::size_t begin, std::size_t end, int thread) {
      for (std::size_t i = begin; i < end; ++i)
        run_head(context, i / heads_, i % heads_, context.scratch + static_cast<std::size_t>(thread) * thread_scratch());
    });
  }

 private:
  std::size_t thread_scratch() const {
    return scratch_piece_bytes(gemm_.packed_bytes(t_, d_, 1)) + scratch_piece_bytes(gemm_.packed_bytes(e_, t_, 1)) +
           scratch_piece_bytes(kRows * d_ * sizeof(float)) + scratch_piece_bytes(kRows * t_ * sizeof(float)) +
           scratch_piece_bytes(t_ * sizeof(float));
  }

  void run_head(const RunContext& context, std::size_t b, std::size_t h, std::byte* scratch) const {
    ScratchCursor cursor(scratch);
    auto* keys = cursor.take<std::byte>(gemm_.packed_bytes(t_, d_, 1));
    auto* values = cursor.take<std::byte>(gemm_.packed_bytes(e_, t_, 1));
    float* queries = cursor.take<float>(kRows * d_);
    float* scores = cursor.take<float>(kRows * t_);
    float* bias = cursor.take<float>(t_);
    const float* mask = context.inputs.size() > 3 && context.inputs[3].data != nullptr ? context.inputs[3].as<float>() : nullptr;
    if (mask != nullptr) mask += b * mask_strides_[0] + h * mask_strides_[1];
    // A mask that is the same for all queries starts the sums.
    const bool mask_is_bias = mask != nullptr && mask_strides_[2] == 0;
    for (std::size_t t = 0; mask_is_bias && t < t_; ++t) bias[t] = mask[t * mask_strides_[3]];
    const float* k = context.inputs[1].as<float>() + (b * t_ * heads_ + h) * d_;
    const float* v = context.inputs[2].as<float>() + (b * t_ * heads_ + h) * e_;
    gemm_.pack({t_, d_, 1, k, heads_ * d_, 1, mask_is_bias ? bias : nullptr}, keys);
    gemm_.pack({e_, t_, 1, v, 1, heads_ * e_, nullptr}, values);
    for (std::size_t s = 0; s < s_; s += kRows) {
      const std::size_t rows = std::min(kRows, s_ - s);
      scale_rows(context.inputs[0].as<float>() + ((b * s_ + s) * heads_ + h) * d_, rows, queries);
      gemm_.gemm(float_product(queries, rows, d_, keys, t_, scores, t_));
      if (mask != nullptr && !mask_is_bias) add_mask(mask + s * mask_strides_[2], rows, scores);
      softmax_.softmax({rows, t_, scores, t_, scores, t_});
      float* const dst = context.outputs[0].as<float>() + ((b * s_ + s) * heads_ + h) * e_;
      gemm_.gemm(float_product(scores, rows, t_, values, e_, dst, heads_ * e_));
    }
  }

  void scale_rows(const float* src, std::size_t rows, float* dst) const {
    binary_.binary(BinaryF32Op::kMul, {rows, d_, src, heads_ * d_, &scale_, 0, true, dst, d_, -kInfinity, kInfinity});
  }

  void add_mask(const float* mask, std::size_t rows, float* scores) const {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t t = 0; t < t_; ++t) scores[r * t_ + t] += mask[r * mask_strides_[2] + t * mask_strides_[3]];
  }

  const GemmF32Kernel& gemm_;
  const SoftmaxF32Kernel& softmax_;
  const BinaryF32Kernel& binary_;
  std::size_t heads_;
  float scale_;
  std::size_t batch_, s_, t_, d_, e_;  // as in ops/attention.h
  std::size_t mask_strides_[4] = {};   // 0 along what broadcasts
};

}  // namespace

Result<std::unique_ptr<Operator>> make_attention(const OperatorContext& context) {
  for (std::size_t i = 0; i < 3; ++i)
    if (num_elements(context.input(i).shape).value_or(0) == 0) return nullptr;
  return std::make_unique<AttentionF32>(context);
}

}  // namespace octet
