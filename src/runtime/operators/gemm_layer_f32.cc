// SPDX-License-Identifier: Apache-2.0
// Convolution and fully connected layers in float32.
#include "base/aligned_buffer.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "ops/binary.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/residual.h"

namespace octet {
namespace {

const float* bias_of(const OperatorContext& context) {
  return context.has_input(2) ? context.input(2).values<float>().data() : nullptr;
}

class GemmLayerF32 : public Operator {
 public:
  GemmLayerF32(const OperatorContext& context, LayerShape shape)
      : kernel_(choose_gemm_f32(context.cpu)),
        shape_(std::move(shape)),
        bounds_(activation_bounds(shape_.activation)),
        padding_(shape_.c_per_group() * sizeof(float)) {
    const float* weights = context.input(1).values<float>().data();
    const float* bias = bias_of(context);
    const std::size_t n = shape_.k_per_group(), k = shape_.c_per_group(), taps = shape_.taps;
    for (std::size_t g = 0; g < shape_.group; ++g) {
      std::byte* const packed = packed_.emplace_back(context.memory.take(kernel_.packed_bytes(n, k, taps)));
      const float* group_bias = bias == nullptr ? nullptr : bias + g * n;
      kernel_.pack({n, k, taps, weights + g * n * taps * k, taps * k, 1, group_bias}, packed);
    }
    mark_parameters_packed(context);
  }

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }
  std::unique_ptr<Operator> fused_with(const OperatorContext& next, const Node& node) const override;

  void run(const RunContext& context) const override { run(context, nullptr, bounds_); }

  // addend: null, or a dense tensor of the output's shape that is added before the bounds.
  void run(const RunContext& context, const float* addend, const ActivationBounds& bounds) const {
    const std::size_t n = shape_.k_per_group(), k = shape_.c_per_group(), dst_stride = context.row_stride(shape_.k);
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      for (std::size_t g = 0; g < shape_.group; ++g) {
        run_group(*context.threads, context.inputs[0].as<float>() + image * shape_.src_image + g * k, packed_[g],
                  context.outputs[0].as<float>() + image * shape_.pixels * dst_stride + g * n, dst_stride,
                  addend == nullptr ? nullptr : addend + image * shape_.pixels * shape_.k + g * n, bounds);
      }
    }
  }

 private:
  void run_group(ThreadPool& threads, const float* src, const std::byte* packed, float* dst,
                 std::size_t dst_stride, const float* addend, const ActivationBounds& bounds) const {
    split_product(threads, shape_.pixels, kernel_.mr, shape_.k_per_group(), kernel_.nr,
                  [&](std::size_t m_begin, std::size_t m_end, std::size_t n_begin, std::size_t n_end, int) {
      GemmF32Args args{};
      args.m = m_end - m_begin;
      args.n_begin = n_begin;
      args.n_end = n_end;
      args.k = shape_.c_per_group();
      args.taps = shape_.taps;
      args.src = shape_.direct() ? src + m_begin * shape_.c : src;
      args.src_stride = shape_.c;
      args.offsets = shape_.direct() ? nullptr : shape_.offsets.data() + m_begin * shape_.taps;
      args.run_taps = shape_.run_taps;
      args.padding = padding_.as<float>();
      args.packed = packed;
      args.dst = dst + m_begin * dst_stride;
      args.dst_stride = dst_stride;
      args.addend = addend == nullptr ? nullptr : addend + m_begin * shape_.k;
      args.addend_stride = shape_.k;
      args.lo = bounds.lo;
      args.hi = bounds.hi;
      kernel_.gemm(args);
    });
  }

  const GemmF32Kernel& kernel_;
  LayerShape shape_;
  ActivationBounds bounds_;
  AlignedBuffer padding_;              // zeros
  std::vector<std::byte*> packed_;     // by group
};

// A layer and the addition that reads it.
class ResidualLayerF32 : public Operator {
 public:
  ResidualLayerF32(const GemmLayerF32& layer, std::size_t addend_input, Activation activation)
      : layer_(layer), addend_input_(addend_input), bounds_(activation_bounds(activation)) {}

  const char* kernel_name() const override { return layer_.kernel_name(); }

  void run(const RunContext& context) const override {
    layer_.run(context, context.inputs[addend_input_].as<float>(), bounds_);
  }

 private:
  const GemmLayerF32& layer_;
  std::size_t addend_input_;
  ActivationBounds bounds_;
};

std::unique_ptr<Operator> GemmLayerF32::fused_with(const OperatorContext& next, const Node& node) const {
  const auto addend = residual_input(next, node);
  if (!addend || shape_.activation != Activation::kNone) return nullptr;
  return std::make_unique<ResidualLayerF32>(*this, node.inputs.size() + *addend, next.node.as<BinaryAttrs>().activation);
}

class DepthwiseLayerF32 : public Operator {
 public:
  DepthwiseLayerF32(const OperatorContext& context, LayerShape shape)
      : kernel_(choose_depthwise_f32(context.cpu)),
        shape_(std::move(shape)),
        bounds_(activation_bounds(shape_.activation)),
        padding_(shape_.c * sizeof(float)),
        packed_(context.memory.take(kernel_.packed_bytes(shape_.c, shape_.taps))) {
    const float* weights = context.input(1).values<float>().data();  // [C, taps]
    kernel_.pack({shape_.c, shape_.taps, weights, 1, shape_.taps, bias_of(context)}, packed_);
    mark_parameters_packed(context);
  }

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }

  void run(const RunContext& context) const override {
    const std::size_t dst_stride = context.row_stride(shape_.c);
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      const float* src = context.inputs[0].as<float>() + image * shape_.src_image;
      float* dst = context.outputs[0].as<float>() + image * shape_.pixels * dst_stride;
      context.threads->parallel_for(shape_.pixels, 1, [&](std::size_t begin, std::size_t end) {
        DepthwiseF32Args args{};
        args.pixels = end - begin;
        args.c = shape_.c;
        args.taps = shape_.taps;
        args.src = src;
        args.offsets = shape_.offsets.data() + begin * shape_.taps;
        args.padding = padding_.as<float>();
        args.packed = packed_;
        args.dst = dst + begin * dst_stride;
        args.dst_stride = dst_stride;
        args.lo = bounds_.lo;
        args.hi = bounds_.hi;
        kernel_.depthwise(args);
      });
    }
  }

 private:
  const DepthwiseF32Kernel& kernel_;
  LayerShape shape_;
  ActivationBounds bounds_;
  AlignedBuffer padding_;  // zeros
  std::byte* packed_;
};

bool is_float(const OperatorContext& context) { return context.input(0).type == DataType::kFloat32; }

}  // namespace

Result<std::unique_ptr<Operator>> make_conv2d_f32(const OperatorContext& context) {
  if (!is_float(context)) return nullptr;
  OCTET_ASSIGN_OR_RETURN(std::optional<LayerShape> shape, conv2d_shape(context));
  if (!shape) return nullptr;
  if (shape->is_depthwise()) return std::make_unique<DepthwiseLayerF32>(context, std::move(*shape));
  return std::make_unique<GemmLayerF32>(context, std::move(*shape));
}

Result<std::unique_ptr<Operator>> make_fully_connected_f32(const OperatorContext& context) {
  if (!is_float(context)) return nullptr;
  std::optional<LayerShape> shape = fully_connected_shape(context);
  if (!shape) return nullptr;
  return std::make_unique<GemmLayerF32>(context, std::move(*shape));
}

}  // namespace octet
