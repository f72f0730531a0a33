// SPDX-License-Identifier: Apache-2.0
#include "importers/tflite/tflite_node.h"

#include <algorithm>

#include "ir/text.h"
#include "ops/quantize.h"

namespace octet {
namespace {

bool is_quantized_constant(const TfliteTensor& tensor) {
  return tensor.quant && (tensor.type == DataType::kInt8 || tensor.type == DataType::kInt16);
}

}  // namespace

TfliteNode::TfliteNode(TfliteGraph& graph, const tfl3::Operator& op, std::string name, std::string type,
                       std::vector<OutputSpec> outputs)
    : NodeBuilder(graph.builder(), std::move(name), std::move(type), std::move(outputs)), file_(graph), op_(op) {}

bool TfliteNode::has_input(std::size_t i) const {
  return i < num_inputs() && op_.inputs()->Get(static_cast<flatbuffers::uoffset_t>(i)) >= 0;
}

// Weight-only and dynamic-range quantization: the operator's results are floats.
bool TfliteNode::computes_in_float() const {
  return output_spec().type == DataType::kFloat32 && type() != "DEQUANTIZE";
}

Result<TensorId> TfliteNode::stored_input(std::size_t i) {
  if (!has_input(i)) return error(ErrorCode::kInvalidModel, "has no input {}", i);
  const auto place = static_cast<std::size_t>(op_.inputs()->Get(static_cast<flatbuffers::uoffset_t>(i)));
  if (file_.id(place) != kNoTensor) return file_.id(place);
  if (!file_.is_constant(place)) {
    return error(ErrorCode::kInvalidModel, "reads tensor '{}', which is no constant and not made by a node before it",
                 file_.display_name(place));
  }
  auto id = file_.constant(place);
  if (!id) return error(id.error().code, "{}", id.error().message);
  return id;
}

Result<TensorId> TfliteNode::input(std::size_t i) {
  if (!has_input(i)) return error(ErrorCode::kInvalidModel, "has no input {}", i);
  const auto place = static_cast<std::size_t>(op_.inputs()->Get(static_cast<flatbuffers::uoffset_t>(i)));
  if (file_.id(place) != kNoTensor || !file_.is_constant(place) || !computes_in_float()) return stored_input(i);
  auto description = describe_tflite_tensor(file_.file_tensor(place), file_.display_name(place));
  if (!description) return error(description.error().code, "{}", description.error().message);
  if (!is_quantized_constant(*description)) return stored_input(i);
  auto id = file_.float_constant(place);
  if (!id) return error(id.error().code, "{}", id.error().message);
  return id;
}

Result<TensorId> TfliteNode::optional_input(std::size_t i) {
  if (!has_input(i)) return kNoTensor;
  return input(i);
}

Result<std::vector<TensorId>> TfliteNode::inputs(std::size_t first) {
  std::vector<TensorId> ids;
  for (std::size_t i = first; i < num_inputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, input(i));
    ids.push_back(id);
  }
  return ids;
}

Result<Numbers> TfliteNode::integers_of(std::size_t i, std::string_view what, std::size_t max_size) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, stored_input(i));
  return integers(id, what, max_size);
}

Result<std::int64_t> TfliteNode::integer_of(std::size_t i, std::string_view what) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, stored_input(i));
  return integer(id, what);
}

Result<FusedActivation> TfliteNode::activation(tfl3::ActivationFunctionType type) const {
  switch (type) {
    case tfl3::ActivationFunctionType::NONE:
      return FusedActivation::kNone;
    case tfl3::ActivationFunctionType::RELU:
      return FusedActivation::kRelu;
    case tfl3::ActivationFunctionType::RELU_N1_TO_1:
      return FusedActivation::kReluN1To1;
    case tfl3::ActivationFunctionType::RELU6:
      return FusedActivation::kRelu6;
    case tfl3::ActivationFunctionType::TANH:
      return FusedActivation::kTanh;
    default:
      break;
  }
  return error(ErrorCode::kUnsupported, "fused_activation_function {} is not supported", static_cast<int>(type));
}

Result<Numbers> TfliteNode::numbers(const flatbuffers::Vector<std::int32_t>* list, std::string_view what,
                                    std::size_t max_size) const {
  if (list == nullptr) return Numbers();
  if (list->size() > max_size)
    return error(ErrorCode::kInvalidModel, "{} has {} entries, expected at most {}", what, list->size(), max_size);
  return Numbers(list->begin(), list->end());
}

TfliteGraph::TfliteGraph(std::string graph_name, const Tensors& tensors, const Buffers& buffers,
                         std::vector<std::string> names, CopyBudget& budget)
    : tensors_(tensors),
      buffers_(buffers),
      names_(std::move(names)),
      budget_(budget),
      builder_(std::move(graph_name)),
      ids_(tensors.size(), kNoTensor),
      constants_(tensors.size(), kNoTensor),
      float_constants_(tensors.size(), kNoTensor) {}

std::string TfliteGraph::display_name(std::size_t place) const {
  return names_[place].empty() ? fmt::format("#{}", place) : names_[place];
}

bool TfliteGraph::is_constant(std::size_t place) const {
  const std::uint32_t buffer = file_tensor(place).buffer();
  return buffer != 0 && buffer < buffers_.size() && buffers_.Get(buffer)->data() != nullptr &&
         buffers_.Get(buffer)->data()->size() > 0;
}

Result<TensorId> TfliteGraph::constant(std::size_t place) {
  if (constants_[place] != kNoTensor) return constants_[place];
  OCTET_ASSIGN_OR_RETURN(
      Tensor tensor,
      read_tflite_constant(file_tensor(place), *buffers_.Get(file_tensor(place).buffer()),
                           names_[place].empty() ? fmt::format("constant_{}", place) : names_[place], budget_));
  return constants_[place] = builder_.add_constant(std::move(tensor));
}

Result<TensorId> TfliteGraph::float_constant(std::size_t place) {
  if (float_constants_[place] != kNoTensor) return float_constants_[place];
  const std::string name = names_[place].empty() ? fmt::format("constant_{}", place) : names_[place];
  OCTET_ASSIGN_OR_RETURN(
      const Tensor stored,
      read_tflite_constant(file_tensor(place), *buffers_.Get(file_tensor(place).buffer()), name, budget_));
  OCTET_RETURN_IF_ERROR(budget_.charge(4 * stored.data.size_bytes() / data_type_size(stored.type)));
  OCTET_ASSIGN_OR_RETURN(Tensor floats, dequantized_constant(stored));
  return float_constants_[place] = builder_.add_constant(std::move(floats));
}

namespace {

// The size that the user asks for, if there is one and the model leaves it open.
Result<Shape> wanted_shape(const TfliteTensor& tensor, const std::string& name, const ImportOptions& options) {
  const auto wanted = std::find_if(options.input_shapes.begin(), options.input_shapes.end(),
                                   [&](const auto& w) { return w.first == name; });
  if (wanted == options.input_shapes.end()) return tensor.shape;
  bool fits = wanted->second.size() == tensor.free.size() && within_limits(wanted->second);
  for (std::size_t d = 0; fits && d < tensor.free.size(); ++d)
    fits = wanted->second[d] >= 1 && (tensor.free[d] < 0 || tensor.free[d] == wanted->second[d]);
  if (fits) return wanted->second;
  return make_error(ErrorCode::kInvalidArgument,
                    "input '{}': the shape [{}] does not fit the model's [{}] (-1: any size)", name,
                    fmt::join(wanted->second, ", "), fmt::join(tensor.free, ", "));
}

// int8 and uint8 of the same values.
QuantParams shifted(QuantParams quant, std::int32_t by) {
  for (std::int32_t& zero_point : quant.zero_point) zero_point += by;
  return quant;
}

Layout layout_of(const Shape& shape) { return shape.size() == 4 ? Layout::kNhwc : Layout::kNone; }

}  // namespace

Result<void> TfliteGraph::add_input(std::size_t place, const ImportOptions& options) {
  const std::string name = names_[place].empty() ? fmt::format("input_{}", place) : names_[place];
  if (ids_[place] != kNoTensor) return make_error(ErrorCode::kInvalidModel, "graph input '{}' is listed twice", name);
  OCTET_ASSIGN_OR_RETURN(const TfliteTensor tensor, describe_tflite_tensor(file_tensor(place), name));
  if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end())
    return make_error(ErrorCode::kInvalidModel, "input '{}' has shape [{}], which holds nothing", name,
                      fmt::join(tensor.shape, ", "));
  if (tensor.quant && tensor.quant->per_channel())
    return make_error(ErrorCode::kUnsupported, "input '{}' has {} scales, expected one", name,
                      tensor.quant->scale.size());
  OCTET_ASSIGN_OR_RETURN(Shape shape, wanted_shape(tensor, name, options));
  has_other_input_sizes_ = has_other_input_sizes_ || shape != tensor.shape;
  const Layout layout = layout_of(shape);
  const TensorId input =
      builder_.add_input(name, tensor.is_shifted ? DataType::kUint8 : tensor.type, std::move(shape), layout);
  ids_[place] = input;
  if (!tensor.quant || tensor.type != DataType::kInt8) return {};
  builder_.graph().tensor(input).quant = tensor.is_shifted ? shifted(*tensor.quant, 128) : *tensor.quant;
  if (!tensor.is_shifted) return {};
  const std::string inner = name + "_int8";
  OCTET_ASSIGN_OR_RETURN(ids_[place], builder_.add(kQuantize, QuantizeAttrs{DataType::kInt8}, {input}, inner, inner));
  builder_.graph().tensor(ids_[place]).quant = tensor.quant;
  return {};
}

Result<void> TfliteGraph::add_output(std::size_t place) {
  if (ids_[place] == kNoTensor && is_constant(place)) {
    OCTET_ASSIGN_OR_RETURN(ids_[place], constant(place));
  }
  TensorId id = ids_[place];
  if (id == kNoTensor)
    return make_error(ErrorCode::kInvalidModel, "graph output '{}' is made by no node", display_name(place));
  OCTET_ASSIGN_OR_RETURN(const TfliteTensor tensor, describe_tflite_tensor(file_tensor(place), display_name(place)));
  if (tensor.is_shifted) {
    const std::string name = display_name(place);
    OCTET_ASSIGN_OR_RETURN(id, builder_.add(kQuantize, QuantizeAttrs{DataType::kUint8}, {id}, name + "_uint8", name));
    builder_.graph().tensor(id).quant = shifted(*tensor.quant, 128);
  }
  Tensor& made = builder_.graph().tensor(id);
  if (made.layout == Layout::kNone) made.layout = layout_of(made.shape);
  builder_.add_output(id);
  return {};
}

Result<OutputSpec> TfliteGraph::output_spec(std::size_t place, bool is_graph_output) const {
  const std::string name = display_name(place);
  OCTET_ASSIGN_OR_RETURN(TfliteTensor tensor, describe_tflite_tensor(file_tensor(place), name));
  if (tensor.quant && tensor.quant->per_channel())
    return make_error(ErrorCode::kUnsupported, "tensor '{}' is computed and has {} scales, expected one", name,
                      tensor.quant->scale.size());
  const bool is_wide = tensor.quant && tensor.type == DataType::kInt16;
  if (is_wide)
    return make_error(ErrorCode::kUnsupported,
                      "tensor '{}' is a quantized int16 activation; int8, uint8 and float32 are supported", name);
  OutputSpec spec;
  // The file's name of a uint8 output is that of what leaves the graph.
  spec.name = tensor.is_shifted && is_graph_output ? name + "_int8" : names_[place];
  spec.type = tensor.type;
  if (tensor.type == DataType::kInt8) spec.quant = std::move(tensor.quant);
  return spec;
}

Result<void> TfliteGraph::bind_output(const TfliteNode& node, std::size_t place, TensorId id) {
  OCTET_ASSIGN_OR_RETURN(const TfliteTensor stated, describe_tflite_tensor(file_tensor(place), display_name(place)));
  const Shape& made = builder_.shape(id);
  if (stated.has_shape && !has_other_input_sizes_ && made != stated.shape) {
    return node.error(ErrorCode::kInvalidModel, "its output '{}' has shape [{}] in the file, but the operator gives {}",
                      display_name(place), fmt::join(stated.shape, ","), print_shape(builder_.graph(), made));
  }
  ids_[place] = id;
  return {};
}

}  // namespace octet
