// SPDX-License-Identifier: Apache-2.0
#include "importers/node_builder.h"

#include <algorithm>
#include <cstring>

#include "ops/concat.h"
#include "ops/copy.h"
#include "ops/float16.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

// The result's steps mean what the first input's steps mean.
bool keeps_params(const Op& op) {
  static constexpr const Op* kMovers[] = {&kConcat,    &kSplit,  &kSlice, &kPad,    &kTranspose, &kMaxPool2d,
                                          &kAvgPool2d, &kResize, &kTile,  &kExpand, &kGather};
  return keeps_elements(op) || std::find(std::begin(kMovers), std::end(kMovers), &op) != std::end(kMovers);
}

bool is_quantized(const Tensor& tensor) { return tensor.type == DataType::kInt8 && tensor.quant.has_value(); }

bool is_index(DataType type) { return type == DataType::kInt32 || type == DataType::kInt64; }

}  // namespace

NodeBuilder::NodeBuilder(GraphBuilder& graph, std::string name, std::string type, std::vector<OutputSpec> outputs)
    : graph_(graph),
      name_(std::move(name)),
      type_(std::move(type)),
      specs_(std::move(outputs)),
      outputs_(specs_.size(), kNoTensor) {}

Result<DataType> NodeBuilder::result_type(const Op& op, const std::any& attrs,
                                          const std::vector<TensorId>& inputs) const {
  Node node;
  node.name = name_;
  node.op = &op;
  node.attrs = attrs;
  node.inputs = inputs;
  OCTET_ASSIGN_OR_RETURN(const auto types, infer_types(graph_.graph(), node));
  return types[0].type;
}

Result<void> NodeBuilder::finish_output(std::size_t i, TensorId id, TensorId src) {
  const OutputSpec& spec = specs_[i];
  const Tensor& made = tensor(id);
  if (spec.type && made.type != *spec.type) {
    return error(ErrorCode::kInvalidModel, "its output '{}' is {} in the file, but the operator gives {}", spec.name,
                 data_type_name(*spec.type), data_type_name(made.type));
  }
  if (made.type == DataType::kInt8 && spec.quant) {
    if (made.is_constant && tensor(src).quant != spec.quant)  // folded: its bytes are those of src
      return error(ErrorCode::kUnsupported, "requantizes a constant");
    graph_.graph().tensor(id).quant = spec.quant;
  }
  outputs_[i] = id;
  return {};
}

Result<void> NodeBuilder::add_to(std::size_t i, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  const OutputSpec& spec = specs_[i];
  TensorId src = inputs.empty() ? kNoTensor : inputs[0];
  OCTET_ASSIGN_OR_RETURN(const DataType type, result_type(op, attrs, inputs));
  const std::string node_name = specs_.size() == 1 ? name_ : i == 0 ? name_ : inner_name(std::to_string(i));
  if (!spec.type || type == *spec.type) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id,
                           graph_.add(op, std::move(attrs), std::move(inputs), node_name, spec.name));
    return finish_output(i, id, src);
  }
  const bool quantizes = type == DataType::kFloat32 && *spec.type == DataType::kInt8 && spec.quant;
  if (!quantizes && !(is_index(type) && is_index(*spec.type))) {
    return error(ErrorCode::kInvalidModel, "its output '{}' is {} in the file, but the operator gives {}", spec.name,
                 data_type_name(*spec.type), data_type_name(type));
  }
  const std::string wide = fmt::format("{}/{}", node_name, data_type_name(type));
  OCTET_ASSIGN_OR_RETURN(src, graph_.add(op, std::move(attrs), std::move(inputs), node_name, wide));
  const std::string narrow = fmt::format("{}/{}", node_name, data_type_name(*spec.type));
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         quantizes ? graph_.add(kQuantize, QuantizeAttrs{DataType::kInt8}, {src}, narrow, spec.name)
                                   : graph_.add(kCast, CastAttrs{*spec.type}, {src}, narrow, spec.name));
  return finish_output(i, id, src);
}

Result<void> NodeBuilder::add_multi(const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  std::vector<std::string> names;
  for (const OutputSpec& spec : specs_) names.push_back(spec.name);
  const TensorId src = inputs.empty() ? kNoTensor : inputs[0];
  OCTET_ASSIGN_OR_RETURN(const auto ids, graph_.add_multi(op, std::move(attrs), std::move(inputs), name_, names));
  for (std::size_t i = 0; i < ids.size(); ++i) OCTET_RETURN_IF_ERROR(finish_output(i, ids[i], src));
  return {};
}

Result<void> NodeBuilder::add_constant(Tensor constant) {
  constant.name = specs_[0].name.empty() ? name_ : specs_[0].name;
  const TensorId id = graph_.add_constant(std::move(constant), specs_[0].name);
  return finish_output(0, id, id);
}

Result<TensorId> NodeBuilder::inner(std::string_view suffix, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                                    const std::optional<QuantParams>& quant) {
  const TensorId src = inputs.empty() ? kNoTensor : inputs[0];
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         graph_.add(op, std::move(attrs), std::move(inputs), inner_name(suffix), inner_name(suffix)));
  if (tensor(id).type != DataType::kInt8 || tensor(id).is_constant) return id;
  if (!quant && (src == kNoTensor || !is_quantized(tensor(src)) || !keeps_params(op)))
    return error(ErrorCode::kUnsupported, "has no int8 form: the parameters of '{}' are unknown", tensor(id).name);
  const std::optional<QuantParams> params = quant ? quant : tensor(src).quant;
  graph_.graph().tensor(id).quant = params;
  return id;
}

TensorId NodeBuilder::constant(std::string_view suffix, Tensor constant) {
  constant.name = inner_name(suffix);
  return graph_.add_constant(std::move(constant));
}

TensorId NodeBuilder::scalar(std::string_view suffix, float value) {
  return constant(suffix, make_constant("", {}, std::vector<float>{value}));
}

Result<TensorId> NodeBuilder::as_float(TensorId id) {
  if (!is_quantized(tensor(id))) return id;
  if (!tensor(id).is_constant) return inner(fmt::format("{}_f32", tensor(id).name), kDequantize, DequantizeAttrs{}, {id});
  auto floats = dequantized_constant(tensor(id));
  if (!floats) return error(floats.error().code, "{}", floats.error().message);
  return constant(fmt::format("{}_f32", tensor(id).name), std::move(*floats));
}

Result<TensorId> NodeBuilder::requantized(TensorId id, const QuantParams& quant) {
  if (!is_quantized(tensor(id)) || tensor(id).quant == quant) return id;
  return inner(fmt::format("{}_requantized", tensor(id).name), kQuantize, QuantizeAttrs{DataType::kInt8}, {id}, quant);
}

Result<std::vector<std::int64_t>> NodeBuilder::integers(TensorId id, std::string_view what,
                                                        std::size_t max_size) const {
  if (id == kNoTensor) return error(ErrorCode::kInvalidModel, "has no {}", what);
  const Tensor& tensor = this->tensor(id);
  if (!tensor.is_constant) {
    return error(ErrorCode::kUnsupported,
                 "its {} '{}' is computed while the model runs; fix the inputs with --inputShape=NAME:1,...", what,
                 tensor.name);
  }
  if (tensor.type != DataType::kInt32 && tensor.type != DataType::kInt64)
    return error(ErrorCode::kInvalidModel, "its {} '{}' is {}, expected i32 or i64", what, tensor.name,
                 data_type_name(tensor.type));
  const auto count = num_elements(tensor.shape);
  if (!count || *count > static_cast<std::int64_t>(max_size)) {
    return error(ErrorCode::kInvalidModel, "its {} '{}' has shape [{}], expected at most {} numbers", what, tensor.name,
                 fmt::join(tensor.shape, ", "), max_size);
  }
  return integer_values(tensor);
}

Result<std::int64_t> NodeBuilder::integer(TensorId id, std::string_view what) const {
  OCTET_ASSIGN_OR_RETURN(const auto values, integers(id, what, 1));
  if (values.empty()) return error(ErrorCode::kInvalidModel, "its {} is empty, expected one number", what);
  return values[0];
}

Result<float> NodeBuilder::real(TensorId id, std::string_view what) const {
  if (id == kNoTensor) return error(ErrorCode::kInvalidModel, "has no {}", what);
  const Tensor& tensor = this->tensor(id);
  if (!tensor.is_constant || tensor.type != DataType::kFloat32 || num_elements(tensor.shape) != 1)
    return error(ErrorCode::kUnsupported, "its {} '{}' is not a constant of one float", what, tensor.name);
  return tensor.values<float>()[0];
}

Result<std::int64_t> NodeBuilder::axis(std::int64_t axis, std::size_t rank) const {
  if (const auto normal = normalize_axis(axis, rank)) return static_cast<std::int64_t>(*normal);
  return error(ErrorCode::kInvalidModel, "axis {} is outside [-{}, {})", axis, rank, rank);
}

Tensor reshaped_constant(Tensor constant, Shape shape, int quant_axis) {
  OCTET_CHECK(constant.is_constant && num_elements(shape) == num_elements(constant.shape));
  constant.shape = std::move(shape);
  if (constant.quant && constant.quant->per_channel()) constant.quant->axis = quant_axis;
  return constant;
}

namespace {

template <typename T>
std::vector<float> dequantize_values(const Tensor& constant) {
  const auto values = constant.values<T>();
  const QuantParams& quant = *constant.quant;
  std::size_t inner = std::max<std::size_t>(values.size(), 1);  // elements of one channel that follow each other
  if (quant.per_channel()) {
    inner = 1;
    for (std::size_t d = static_cast<std::size_t>(quant.axis) + 1; d < constant.shape.size(); ++d)
      inner *= static_cast<std::size_t>(constant.shape[d]);
  }
  std::vector<float> floats(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i / inner % quant.scale.size();
    floats[i] = static_cast<float>(std::int64_t{values[i]} - quant.zero_point[c]) * quant.scale[c];
  }
  return floats;
}

}  // namespace

Result<Tensor> dequantized_constant(const Tensor& constant) {
  std::vector<float> floats;
  if (constant.type == DataType::kFloat16) {
    const auto* halves = constant.data.bytes().data();
    floats.resize(constant.data.size_bytes() / sizeof(std::uint16_t));
    for (std::size_t i = 0; i < floats.size(); ++i) {
      std::uint16_t half;
      std::memcpy(&half, halves + i * sizeof(half), sizeof(half));
      floats[i] = float16_to_float(half);
    }
    return make_constant(constant.name, constant.shape, floats);
  }
  if (!constant.quant)
    return make_error(ErrorCode::kInvalidModel, "'{}' is {} without quantization parameters", constant.name,
                      data_type_name(constant.type));
  switch (constant.type) {
    case DataType::kInt8:
      floats = dequantize_values<std::int8_t>(constant);
      break;
    case DataType::kUint8:
      floats = dequantize_values<std::uint8_t>(constant);
      break;
    case DataType::kInt16:
      floats = dequantize_values<std::int16_t>(constant);
      break;
    case DataType::kInt32:
      floats = dequantize_values<std::int32_t>(constant);
      break;
    default:
      return make_error(ErrorCode::kUnsupported, "'{}' is {}, expected an integer of up to 32 bits", constant.name,
                        data_type_name(constant.type));
  }
  return make_constant(constant.name, constant.shape, floats);
}

}  // namespace octet
