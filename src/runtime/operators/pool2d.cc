// SPDX-License-Identifier: Apache-2.0
#include "ops/pool2d.h"

#include <algorithm>

#include "kernels/pool_f32/pool_f32.h"
#include "kernels/pool_qs8/pool_qs8.h"
#include "ops/pad.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"
#include "runtime/operators/window_offsets.h"

namespace octet {
namespace {

struct PoolShape {
  std::size_t batch, pixels, c, taps;
  std::size_t src_image;
  std::vector<std::int32_t> offsets;
  std::vector<std::int32_t> divisors;  // empty: taps inside the image
  bool is_max;
};

Result<PoolShape> pool_shape(const OperatorContext& context, const Shape& src, const Window2d& window, bool counts_padding) {
  PoolShape shape;
  shape.is_max = context.node.is(kMaxPool2d);
  shape.batch = static_cast<std::size_t>(src[0]);
  shape.c = static_cast<std::size_t>(src[3]);
  shape.pixels = static_cast<std::size_t>(window.h.output_size * window.w.output_size);
  shape.taps = static_cast<std::size_t>(window.h.kernel * window.w.kernel);
  shape.src_image = static_cast<std::size_t>(src[1] * src[2]) * shape.c;
  OCTET_ASSIGN_OR_RETURN(shape.offsets, window_offsets(window, src[3]));
  if (!shape.is_max && counts_padding) shape.divisors = padded_divisors(window);
  return shape;
}

// Fills what both kernels' argument structs have in common.
template <typename Args, typename T>
Args pool_args(const PoolShape& shape, const RunContext& context, std::size_t image, std::size_t begin, std::size_t end) {
  const std::size_t dst_stride = context.row_stride(shape.c);
  Args args{};
  args.pixels = end - begin;
  args.c = shape.c;
  args.taps = shape.taps;
  args.src = context.inputs[0].as<T>() + image * shape.src_image;
  args.offsets = shape.offsets.data() + begin * shape.taps;
  args.dst = context.outputs[0].as<T>() + (image * shape.pixels + begin) * dst_stride;
  args.dst_stride = dst_stride;
  args.divisors = shape.divisors.empty() ? nullptr : shape.divisors.data() + begin;
  return args;
}

class PoolF32 : public Operator {
 public:
  PoolF32(const OperatorContext& context, PoolShape shape)
      : kernel_(choose_pool_f32(context.cpu)),
        shape_(std::move(shape)),
        bounds_(activation_bounds(context.node.as<Pool2dAttrs>().activation)) {}

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }

  void run(const RunContext& context) const override {
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      context.threads->parallel_for(shape_.pixels, 1, [&](std::size_t begin, std::size_t end) {
        auto args = pool_args<PoolF32Args, float>(shape_, context, image, begin, end);
        args.lo = bounds_.lo;
        args.hi = bounds_.hi;
        (shape_.is_max ? kernel_.max : kernel_.average)(args);
      });
    }
  }

 private:
  const PoolF32Kernel& kernel_;
  PoolShape shape_;
  ActivationBounds bounds_;
};

class PoolQs8 : public Operator {
 public:
  PoolQs8(const OperatorContext& context, PoolShape shape)
      : kernel_(choose_pool_qs8(context.cpu)),
        shape_(std::move(shape)),
        output_(qs8_output(context.output(), context.node.as<Pool2dAttrs>().activation)),
        src_zero_point_(context.input(0).quant->zero_point[0]),
        scale_(context.input(0).quant->scale[0] / context.output().quant->scale[0]) {}

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }

  void run(const RunContext& context) const override {
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      context.threads->parallel_for(shape_.pixels, 1, [&](std::size_t begin, std::size_t end) {
        auto args = pool_args<PoolQs8Args, std::int8_t>(shape_, context, image, begin, end);
        args.output = output_;
        args.src_zero_point = src_zero_point_;
        args.scale = scale_;
        (shape_.is_max ? kernel_.max : kernel_.average)(args);
      });
    }
  }

 private:
  const PoolQs8Kernel& kernel_;
  PoolShape shape_;
  Qs8Output output_;
  std::int32_t src_zero_point_;
  float scale_;
};

bool takes(const OperatorContext& context) {
  if (context.node.as<Pool2dAttrs>().layout != Layout::kNhwc) return false;
  const Tensor& src = context.input(0);
  if (!is_qs8(src)) return src.type == DataType::kFloat32;
  return is_qs8(context.output()) && (context.node.is(kAvgPool2d) || src.quant == context.output().quant);
}

std::unique_ptr<Operator> make_pool(const OperatorContext& context, PoolShape shape) {
  if (context.input(0).type == DataType::kFloat32) return std::make_unique<PoolF32>(context, std::move(shape));
  return std::make_unique<PoolQs8>(context, std::move(shape));
}

// A pad that adds real zeros around the images.
bool pads_images(const Node& node) {
  const auto& attrs = node.as<PadAttrs>();
  constexpr std::size_t kRank = 4;
  return attrs.mode == PadKind::kConstant && attrs.value == 0.0f && attrs.pads.size() == 2 * kRank &&
         std::ranges::all_of(attrs.pads, [](std::int64_t pad) { return pad >= 0; }) && attrs.pads[0] + attrs.pads[kRank] == 0 &&
         attrs.pads[3] + attrs.pads[3 + kRank] == 0;
}

}  // namespace

Result<std::unique_ptr<Operator>> make_pool2d(const OperatorContext& context) {
  if (!takes(context)) return nullptr;
  const auto& attrs = context.node.as<Pool2dAttrs>();
  const Shape& src = context.input(0).shape;
  OCTET_ASSIGN_OR_RETURN(PoolShape shape, pool_shape(context, src, pool2d_window(attrs, src), attrs.count_include_pad));
  return make_pool(context, std::move(shape));
}

std::unique_ptr<Operator> make_padded_average(const OperatorContext& context, const Node& pad) {
  if (!context.node.is(kAvgPool2d) || !takes(context) || !pads_images(pad)) return nullptr;
  const Tensor& src = context.graph.tensor(pad.inputs[0]);
  if (src.quant != context.input(0).quant) return nullptr;
  const auto& attrs = context.node.as<Pool2dAttrs>();
  Window2d window = pool2d_window(attrs, context.input(0).shape);
  const auto has_padding = [](const Window1d& axis) { return axis.pad_begin != 0 || axis.pad_end != 0; };
  if (!attrs.count_include_pad && (has_padding(window.h) || has_padding(window.w))) return nullptr;
  const auto& pads = pad.as<PadAttrs>().pads;
  const auto move_inside = [&](Window1d& axis, std::size_t d) {
    axis.size = src.shape[d];
    axis.pad_begin += pads[d];
    axis.pad_end += pads[d + src.shape.size()];
  };
  move_inside(window.h, 1);
  move_inside(window.w, 2);
  auto shape = pool_shape(context, src.shape, window, /*counts_padding=*/true);
  return shape ? make_pool(context, std::move(*shape)) : nullptr;
}

}  // namespace octet
