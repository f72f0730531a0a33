// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/reference.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/log.h"
#include "kernels/quantize_f32_qs8/quantize_f32_qs8.h"
#include "ops/dynamic_quantize.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/reshape.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

// An evaluation that fails on values (a gather's index outside its tensor) leaves zeros and is logged.
class Reference : public Operator {
 public:
  explicit Reference(const Node& node) : node_(node) {}

  virtual Result<void> evaluate(const RunContext& context) const = 0;

  void run(const RunContext& context) const override {
    const Result<void> done = evaluate(context);
    if (done) return;
    OCTET_LOG(kError, "node '{}' ({}): {}; its outputs are set to zero", node_.name, node_.op->name, done.error().message);
    for (const View& output : context.outputs)
      std::memset(output.data, 0, static_cast<std::size_t>(num_elements(*output.shape).value_or(0)) * data_type_size(output.type));
  }

 protected:
  Node node_;
};

class ReferenceOperator : public Reference {
 public:
  using Reference::Reference;
  Result<void> evaluate(const RunContext& context) const override {
    return node_.op->reference(node_, context.inputs, context.outputs);
  }
};

bool is_quantized(const Tensor& tensor) { return tensor.quant && tensor.type != DataType::kFloat32; }

template <typename T>
void dequantize(const ConstView& src, float* dst) {
  const auto n = static_cast<std::size_t>(num_elements(*src.shape).value_or(0));
  const QuantParams& quant = *src.quant;
  // Elements from one channel to the next, and channels; one channel without an axis.
  std::size_t stride = n, channels = 1;
  if (quant.per_channel()) {
    stride = 1;
    channels = quant.scale.size();
    for (std::size_t d = static_cast<std::size_t>(quant.axis) + 1; d < src.shape->size(); ++d)
      stride *= static_cast<std::size_t>((*src.shape)[d]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t c = i / stride % channels;
    dst[i] = static_cast<float>(std::int64_t{src.as<T>()[i]} - quant.zero_point[c]) * quant.scale[c];
  }
}

class QuantizedReference : public Reference {
 public:
  explicit QuantizedReference(const OperatorContext& context)
      : Reference(context.node), kernel_(choose_quantize_f32_qs8(context.cpu)) {
    for (std::size_t i = 0; i < node_.inputs.size(); ++i)
      inputs_.push_back(place(context.has_input(i) && is_quantized(context.input(i)) ? &context.input(i) : nullptr));
    for (std::size_t i = 0; i < node_.outputs.size(); ++i)
      outputs_.push_back(place(is_quantized(context.output(i)) ? &context.output(i) : nullptr));
  }

  std::size_t scratch_bytes(int) const override { return scratch_bytes_; }

  Result<void> evaluate(const RunContext& context) const override {
    std::vector<ConstView> inputs(context.inputs.begin(), context.inputs.end());
    std::vector<View> outputs(context.outputs.begin(), context.outputs.end());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs_[i] == kInPlace) continue;
      auto* floats = reinterpret_cast<float*>(context.scratch + inputs_[i]);
      if (inputs[i].type == DataType::kInt8) dequantize<std::int8_t>(inputs[i], floats);
      else dequantize<std::int32_t>(inputs[i], floats);
      inputs[i] = {DataType::kFloat32, inputs[i].shape, floats, nullptr};
    }
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (outputs_[i] != kInPlace) outputs[i] = {DataType::kFloat32, outputs[i].shape, context.scratch + outputs_[i], nullptr};
    OCTET_RETURN_IF_ERROR(node_.op->reference(node_, inputs, outputs));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs_[i] == kInPlace) continue;
      const View& dst = context.outputs[i];
      const auto n = static_cast<std::size_t>(num_elements(*dst.shape).value_or(0));
      kernel_.quantize({n, static_cast<const float*>(outputs[i].data), dst.quant->scale[0], dst.as<std::int8_t>(),
                        {dst.quant->zero_point[0], -128, 127}});
    }
    return {};
  }

 private:
  static constexpr std::size_t kInPlace = SIZE_MAX;

  // Offset in scratch of the tensor's float form; kInPlace for null.
  std::size_t place(const Tensor* tensor) {
    if (tensor == nullptr) return kInPlace;
    const std::size_t offset = scratch_bytes_;
    const std::size_t bytes = element_count(*tensor) * sizeof(float) + kSlackBytes;
    scratch_bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return offset;
  }

  const QuantizeF32Qs8Kernel& kernel_;
  std::vector<std::size_t> inputs_, outputs_;  // offsets in scratch
  std::size_t scratch_bytes_ = 0;
};

bool has_float_form(const Tensor& tensor) {
  return !is_quantized(tensor) || tensor.type == DataType::kInt8 || tensor.type == DataType::kInt32;
}

// Its reference takes integers with their parameters.
bool reads_quant(const Node& node) {
  for (const Op* op : {&kQuantize, &kDequantize, &kDynamicFullyConnected})
    if (node.is(*op)) return true;
  return is_recurrent(*node.op) && node.as<RecurrentAttrs>().dynamic;
}

// Evaluates once on zeros, so that types a reference does not know are found before a model runs. Not with large tensors.
Result<void> try_once(const OperatorContext& context, const Reference& reference) {
  constexpr std::size_t kMaxElementsTried = std::size_t{1} << 24;
  std::vector<AlignedBuffer> buffers;
  std::vector<ConstView> inputs;
  std::vector<View> outputs;
  std::size_t elements = 0;
  const auto quant = [](const Tensor& tensor) { return tensor.quant ? &*tensor.quant : nullptr; };
  const auto zeros = [&](const Tensor& tensor) -> std::byte* {
    elements += element_count(tensor);
    return elements > kMaxElementsTried ? nullptr : buffers.emplace_back(element_count(tensor) * data_type_size(tensor.type)).data();
  };
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i) {
    if (!context.has_input(i)) {
      inputs.push_back({});
      continue;
    }
    const Tensor& tensor = context.input(i);
    inputs.push_back({tensor.type, &tensor.shape, tensor.is_constant ? tensor.data.bytes().data() : zeros(tensor), quant(tensor)});
  }
  for (std::size_t i = 0; i < context.node.outputs.size(); ++i) {
    const Tensor& tensor = context.output(i);
    outputs.push_back({tensor.type, &tensor.shape, zeros(tensor), quant(tensor)});
  }
  if (elements > kMaxElementsTried) return {};
  AlignedBuffer scratch(reference.scratch_bytes(1));
  auto done = reference.evaluate({inputs, outputs, scratch.data(), nullptr});
  if (!done && done.error().code == ErrorCode::kUnsupported) return done;
  return {};  // other errors come from the zeros: a division, an index into nothing
}

template <typename R>
Result<std::unique_ptr<Operator>> tried(const OperatorContext& context, std::unique_ptr<R> reference) {
  OCTET_RETURN_IF_ERROR(try_once(context, *reference));
  return std::unique_ptr<Operator>(std::move(reference));
}

}  // namespace

Result<std::unique_ptr<Operator>> make_reference(const OperatorContext& context) {
  if (context.node.op->reference == nullptr) return nullptr;
  if (!keeps_elements(*context.node.op) && !reads_quant(context.node)) {
    for (std::size_t i = 0; i < context.node.inputs.size(); ++i)
      if (context.has_input(i) && is_quantized(context.input(i))) return nullptr;
    for (std::size_t i = 0; i < context.node.outputs.size(); ++i)
      if (is_quantized(context.output(i))) return nullptr;
  }
  return tried(context, std::make_unique<ReferenceOperator>(context.node));
}

Result<std::unique_ptr<Operator>> make_quantized_reference(const OperatorContext& context) {
  if (context.node.op->reference == nullptr) return nullptr;
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i)
    if (context.has_input(i) && !has_float_form(context.input(i))) return nullptr;
  for (std::size_t i = 0; i < context.node.outputs.size(); ++i)
    if (is_quantized(context.output(i)) && !is_qs8(context.output(i))) return nullptr;
  return tried(context, std::make_unique<QuantizedReference>(context));
}

}  // namespace octet
