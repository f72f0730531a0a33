// SPDX-License-Identifier: Apache-2.0
// Convolution and fully connected layers on int8 activations and weights.
#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

// The layer's parameters in the form that pack functions take.
struct Parameters {
  Parameters(const OperatorContext& context, Activation activation, std::size_t n)
      : scale(requantize_scales(*context.input(0).quant, *context.input(1).quant, *context.output().quant, n)),
        zero_points(weight_zero_points(*context.input(1).quant, n)),
        weights(context.input(1).values<std::int8_t>().data()),
        bias(context.has_input(2) ? context.input(2).values<std::int32_t>().data() : nullptr),
        src_zero_point(context.input(0).quant->zero_point[0]),
        output(qs8_output(context.output(), activation)) {
    mark_parameters_packed(context);
  }

  std::vector<float> scale;
  std::vector<std::int32_t> zero_points;  // of the weights; empty: all zero
  const std::int8_t* weights;
  const std::int32_t* bias;
  std::int32_t src_zero_point;
  Qs8Output output;
};

// What a tap outside the image reads: real zeros.
AlignedBuffer padding_row(std::size_t c, std::int32_t zero_point) {
  AlignedBuffer row(c);
  std::memset(row.data(), zero_point, c);
  return row;
}

// Windows are for the GEMM alone.
const GemmQs8Kernel& choose_kernel(const OperatorContext& context, const LayerShape& shape) {
  if (!shape.direct()) return choose_gemm_qs8_qc8w(context.cpu);
  return choose_int8_product(context.cpu, shape.pixels, context.input(1).values<std::int8_t>().data(), shape.k, shape.c_per_group());
}

class GemmLayerQs8 : public Operator {
 public:
  GemmLayerQs8(const OperatorContext& context, LayerShape shape)
      : kernel_(choose_kernel(context, shape)), shape_(std::move(shape)) {
    const Parameters parameters(context, shape_.activation, shape_.k);
    const std::size_t n = shape_.k_per_group(), k = shape_.c_per_group();
    const std::size_t runs = shape_.window ? static_cast<std::size_t>(shape_.window->kernel_height) : 1;
    const std::size_t run = k * shape_.taps / runs;
    output_ = parameters.output;
    padding_ = padding_row(k, parameters.src_zero_point);
    scratch_per_thread_ = (kernel_.scratch_bytes(run, runs) + kAlignment - 1) / kAlignment * kAlignment;
    for (std::size_t g = 0; g < shape_.group; ++g) {
      GemmQs8PackArgs args{};
      args.n = n;
      args.k = run;
      args.taps = runs;
      args.weights = parameters.weights + g * n * shape_.taps * k;
      args.n_stride = shape_.taps * k;
      args.k_stride = 1;
      args.bias = parameters.bias == nullptr ? nullptr : parameters.bias + g * n;
      args.weights_zero_point = parameters.zero_points.empty() ? nullptr : parameters.zero_points.data() + g * n;
      args.scale = parameters.scale.data() + g * n;
      args.src_zero_point = parameters.src_zero_point;
      kernel_.pack(args, packed_.emplace_back(context.memory.take(kernel_.packed_bytes(n, run, runs))));
    }
  }

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }
  std::size_t scratch_bytes(int num_threads) const override {
    return scratch_per_thread_ * static_cast<std::size_t>(num_threads);
  }

  void run(const RunContext& context) const override {
    const std::size_t n = shape_.k_per_group(), k = shape_.c_per_group(), dst_stride = context.row_stride(shape_.k);
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      for (std::size_t g = 0; g < shape_.group; ++g) {
        run_group(context, context.inputs[0].as<std::int8_t>() + image * shape_.src_image + g * k, packed_[g],
                  context.outputs[0].as<std::int8_t>() + image * shape_.pixels * dst_stride + g * n, dst_stride);
      }
    }
  }

 private:
  void run_group(const RunContext& context, const std::int8_t* src, const std::byte* packed, std::int8_t* dst,
                 std::size_t dst_stride) const {
    split_product(*context.threads, shape_.pixels, row_granule(), shape_.k_per_group(), kernel_.nr,
                  [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int thread) {
      GemmQs8Args args{};
      args.m = m_end - m_begin;
      args.n_begin = n_begin;
      args.n_end = n_end;
      args.k = shape_.c_per_group();
      args.taps = shape_.taps;
      args.src = shape_.direct() ? src + m_begin * shape_.c : src;
      args.src_stride = shape_.c;
      args.offsets = shape_.direct() ? nullptr : shape_.offsets.data() + m_begin * shape_.taps;
      args.run_taps = shape_.run_taps;
      args.window = shape_.window ? &*shape_.window : nullptr;
      args.first_pixel = m_begin;
      args.padding = padding_.as<std::int8_t>();
      args.packed = packed;
      args.dst = dst + m_begin * dst_stride;
      args.dst_stride = dst_stride;
      args.output = output_;
      args.scratch = context.scratch + static_cast<std::size_t>(thread) * scratch_per_thread_;
      kernel_.gemm(args);
    });
  }

  // Kernels read windows best for whole rows of the image: pieces are some of these, enough for a tile.
  std::size_t row_granule() const {
    if (!shape_.window) return kernel_.mr;
    constexpr std::size_t kEnough = 8;
    const auto width = static_cast<std::size_t>(shape_.window->output_width);
    return width >= std::min(kernel_.mr, kEnough) ? width : (kernel_.mr + width - 1) / width * width;
  }

  const GemmQs8Kernel& kernel_;
  LayerShape shape_;
  Qs8Output output_{};
  AlignedBuffer padding_;
  std::vector<std::byte*> packed_;  // by group
  std::size_t scratch_per_thread_ = 0;
};

class DepthwiseLayerQs8 : public Operator {
 public:
  DepthwiseLayerQs8(const OperatorContext& context, LayerShape shape)
      : kernel_(choose_depthwise_qs8_qc8w(context.cpu)),
        shape_(std::move(shape)),
        packed_(context.memory.take(kernel_.packed_bytes(shape_.c, shape_.taps))) {
    const Parameters parameters(context, shape_.activation, shape_.c);
    output_ = parameters.output;
    padding_ = padding_row(shape_.c, parameters.src_zero_point);
    DepthwiseQs8PackArgs args{};
    args.c = shape_.c;
    args.taps = shape_.taps;
    args.weights = parameters.weights;  // [C, taps]
    args.tap_stride = 1;
    args.c_stride = shape_.taps;
    args.bias = parameters.bias;
    args.weights_zero_point = parameters.zero_points.empty() ? nullptr : parameters.zero_points.data();
    args.scale = parameters.scale.data();
    args.src_zero_point = parameters.src_zero_point;
    kernel_.pack(args, packed_);
  }

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }

  void run(const RunContext& context) const override {
    const std::size_t dst_stride = context.row_stride(shape_.c);
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      const std::int8_t* src = context.inputs[0].as<std::int8_t>() + image * shape_.src_image;
      std::int8_t* dst = context.outputs[0].as<std::int8_t>() + image * shape_.pixels * dst_stride;
      // By rows where windows slide, unless there are fewer rows than threads. Kernels make several rows at once.
      const auto num_threads = static_cast<std::size_t>(context.threads->num_threads());
      const bool slides = shape_.row_pixels != 0 && shape_.pixels >= shape_.row_pixels * num_threads;
      const std::size_t grain = slides ? shape_.row_pixels : 1, piece = slides ? 8 * grain : 1;
      context.threads->parallel_for(shape_.pixels, grain, piece, [&](std::size_t begin, std::size_t end) {
        DepthwiseQs8Args args{};
        args.row_pixels = slides ? shape_.row_pixels : 0;
        args.row_taps = slides ? shape_.row_taps : 0;
        args.pixels = end - begin;
        args.c = shape_.c;
        args.taps = shape_.taps;
        args.src = src;
        args.offsets = shape_.offsets.data() + begin * shape_.taps;
        args.padding = padding_.as<std::int8_t>();
        args.packed = packed_;
        args.dst = dst + begin * dst_stride;
        args.dst_stride = dst_stride;
        args.output = output_;
        kernel_.depthwise(args);
      });
    }
  }

 private:
  const DepthwiseQs8Kernel& kernel_;
  LayerShape shape_;
  Qs8Output output_{};
  AlignedBuffer padding_;
  std::byte* packed_;
};

// The layer's tensors have the types that the integer kernels take.
Result<void> check(const OperatorContext& context) {
  return check_qs8_layer(context.input(0), context.input(1), context.has_input(2) ? &context.input(2) : nullptr, context.output());
}

}  // namespace

Result<std::unique_ptr<Operator>> make_conv2d_qs8(const OperatorContext& context) {
  if (context.input(0).type != DataType::kInt8) return nullptr;
  OCTET_ASSIGN_OR_RETURN(std::optional<LayerShape> shape, conv2d_shape(context));
  if (!shape) return nullptr;
  if (shape->taps * shape->c_per_group() > kMaxQs8Products) return nullptr;
  OCTET_RETURN_IF_ERROR(check(context));
  if (shape->is_depthwise()) return std::make_unique<DepthwiseLayerQs8>(context, std::move(*shape));
  return std::make_unique<GemmLayerQs8>(context, std::move(*shape));
}

Result<std::unique_ptr<Operator>> make_fully_connected_qs8(const OperatorContext& context) {
  if (context.input(0).type != DataType::kInt8) return nullptr;
  std::optional<LayerShape> shape = fully_connected_shape(context);
  if (!shape || shape->c > kMaxQs8Products) return nullptr;
  OCTET_RETURN_IF_ERROR(check(context));
  return std::make_unique<GemmLayerQs8>(context, std::move(*shape));
}

}  // namespace octet
