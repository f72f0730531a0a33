// SPDX-License-Identifier: Apache-2.0
// Resizing NHWC images, float32 and int8 with equal parameters of src and dst.
#include "ops/resize.h"

#include <algorithm>
#include <cmath>

#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

template <typename T>
T store(float value);
template <>
float store<float>(float value) {
  return value;
}
// Weights of one output sum to 1, so steps are interpolated directly; the zero point stays what it is.
template <>
std::int8_t store<std::int8_t>(float value) {
  return static_cast<std::int8_t>(std::clamp(std::nearbyint(value), -128.0f, 127.0f));
}

template <typename T>
class Resize : public Operator {
 public:
  explicit Resize(const OperatorContext& context) {
    const auto& attrs = context.node.as<ResizeAttrs>();
    const Shape& src = context.input(0).shape;
    const Shape& dst = context.output().shape;
    h_ = resize_taps(attrs, 0, src[1], dst[1]);
    w_ = resize_taps(attrs, 1, src[2], dst[2]);
    src_ = src;
    dst_ = dst;
  }

  bool can_write_rows_apart() const override { return true; }

  void run(const RunContext& context) const override {
    const auto c = static_cast<std::size_t>(src_[3]);
    const std::size_t dst_stride = context.row_stride(c);
    const auto rows = static_cast<std::size_t>(dst_[0] * dst_[1]);
    context.threads->parallel_for(rows, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        const std::size_t image = row / static_cast<std::size_t>(dst_[1]), oh = row % static_cast<std::size_t>(dst_[1]);
        const T* src = context.inputs[0].as<T>() + image * static_cast<std::size_t>(src_[1] * src_[2]) * c;
        T* dst = context.outputs[0].as<T>() + row * static_cast<std::size_t>(dst_[2]) * dst_stride;
        for (std::size_t ow = 0; ow < static_cast<std::size_t>(dst_[2]); ++ow) pixel(src, oh, ow, c, dst + ow * dst_stride);
      }
    });
  }

 private:
  void pixel(const T* src, std::size_t oh, std::size_t ow, std::size_t c, T* dst) const {
    const auto th = static_cast<std::size_t>(h_.num_taps), tw = static_cast<std::size_t>(w_.num_taps);
    for (std::size_t i = 0; i < c; ++i) {
      float sum = 0.0f;
      for (std::size_t r = 0; r < th; ++r) {
        float row_sum = 0.0f;
        const T* row = src + static_cast<std::size_t>(h_.index[oh * th + r] * src_[2]) * c;
        for (std::size_t s = 0; s < tw; ++s)
          row_sum += w_.weight[ow * tw + s] * static_cast<float>(row[static_cast<std::size_t>(w_.index[ow * tw + s]) * c + i]);
        sum += h_.weight[oh * th + r] * row_sum;
      }
      dst[i] = store<T>(sum);
    }
  }

  ResizeTaps h_, w_;
  Shape src_, dst_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_resize(const OperatorContext& context) {
  if (context.node.as<ResizeAttrs>().layout != Layout::kNhwc) return nullptr;
  if (context.input(0).type == DataType::kFloat32) return std::make_unique<Resize<float>>(context);
  if (!is_qs8(context.input(0)) || context.input(0).quant != context.output().quant) return nullptr;
  return std::make_unique<Resize<std::int8_t>>(context);
}

}  // namespace octet
