// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_graph.h"

#include <algorithm>

#include "ir/text.h"
#include "ops/gather.h"
#include "ops/quantize.h"

namespace octet {
namespace {

std::string_view view(const flatbuffers::String* string) {
  return string == nullptr ? std::string_view() : string->string_view();
}

// What inference gives must be what the file says, where both know it. A file says nothing by an absent shape.
bool agree(const Shape& inferred, const Shape& stated) {
  if (stated.empty()) return true;
  return std::equal(inferred.begin(), inferred.end(), stated.begin(), stated.end(),
                    [](std::int64_t a, std::int64_t b) { return a == b || is_symbolic(a) || is_symbolic(b); });
}

bool is_quantized(const Tensor& tensor) { return tensor.type == DataType::kInt8 || tensor.type == DataType::kInt16; }

}  // namespace

MsGraph::MsGraph(std::string graph_name, const MsTensors& tensors, std::vector<std::string> names, CopyBudget& budget)
    : tensors_(tensors),
      names_(std::move(names)),
      budget_(budget),
      builder_(std::move(graph_name)),
      ids_(tensors.size(), kNoTensor) {}

std::string MsGraph::display_name(std::uint32_t place) const {
  const std::string_view name = view(file_tensor(place).name());
  return name.empty() ? fmt::format("#{}", place) : std::string(name);
}

Result<void> MsGraph::add_input(std::uint32_t place, const ImportOptions& options) {
  const msl2::Tensor& tensor = file_tensor(place);
  const std::string name = names_[place].empty() ? fmt::format("input_{}", place) : names_[place];
  if (ids_[place] != kNoTensor) return make_error(ErrorCode::kInvalidModel, "graph input '{}' is listed twice", name);
  OCTET_ASSIGN_OR_RETURN(const DataType type, ms_element_type(tensor, name));
  OCTET_ASSIGN_OR_RETURN(Shape shape, ms_dims(tensor, name));
  const auto wanted = std::find_if(options.input_shapes.begin(), options.input_shapes.end(),
                                   [&](const auto& w) { return w.first == name; });
  if (wanted != options.input_shapes.end()) {
    const bool is_valid =
        std::all_of(wanted->second.begin(), wanted->second.end(), [](std::int64_t d) { return d >= 1; });
    if (!is_valid || wanted->second.size() != shape.size() || !agree(shape, wanted->second) ||
        !within_limits(wanted->second)) {
      return make_error(ErrorCode::kInvalidArgument,
                        "input '{}': the shape [{}] does not fit the model's [{}] (-1: any size)", name,
                        fmt::join(wanted->second, ", "), fmt::join(shape, ", "));
    }
    shape = wanted->second;
  }
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0)
      return make_error(ErrorCode::kInvalidModel, "input '{}': dimension {} is 0, expected -1 or above 0", name, d);
    if (shape[d] < 0) shape[d] = builder_.graph().symbol(fmt::format("{}.dim{}", name, d));
  }
  OCTET_ASSIGN_OR_RETURN(auto quant, ms_quant_params(tensor, name, type, shape, /*axis=*/0));
  if (quant && quant->per_channel())
    return make_error(ErrorCode::kUnsupported, "input '{}' has {} quantParams, expected one", name,
                      quant->scale.size());
  const Layout layout = shape.size() != 4                       ? Layout::kNone
                        : tensor.format() == msl2::Format::NHWC ? Layout::kNhwc
                                                                : Layout::kNchw;
  ids_[place] = builder_.add_input(name, type, std::move(shape), layout);
  builder_.graph().tensor(ids_[place]).quant = std::move(quant);
  return {};
}

Result<void> MsGraph::add_output(std::uint32_t place) {
  TensorId id = ids_[place];
  if (id == kNoTensor && is_ms_constant(file_tensor(place))) {
    OCTET_ASSIGN_OR_RETURN(id, constant(place, 0));
  }
  if (id == kNoTensor)
    return make_error(ErrorCode::kInvalidModel, "graph output '{}' is made by no node", display_name(place));
  Tensor& tensor = builder_.graph().tensor(id);
  if (tensor.shape.size() == 4 && tensor.layout == Layout::kNone)
    tensor.layout = file_tensor(place).format() == msl2::Format::NHWC ? Layout::kNhwc : Layout::kNchw;
  builder_.add_output(id);
  return {};
}

Result<TensorId> MsGraph::constant(std::uint32_t place, std::int64_t axis) {
  const ConstantKey key{place, axis};
  if (const auto found = constants_.find(key); found != constants_.end()) return found->second;
  const std::string name = names_[place].empty() ? fmt::format("constant_{}", place) : names_[place];
  OCTET_ASSIGN_OR_RETURN(Tensor tensor, read_ms_constant(file_tensor(place), name, axis, budget_));
  const TensorId id = builder_.add_constant(std::move(tensor));
  constants_.emplace(key, id);
  return id;
}

Result<TensorId> MsGraph::stored_input(const MsNode& node, std::size_t i, std::int64_t channel_axis) {
  if (i >= node.num_inputs())
    return node.error(ErrorCode::kInvalidModel, "has {} inputs, input {} is needed", node.num_inputs(), i);
  const std::uint32_t place = node.input(i);
  if (ids_[place] != kNoTensor) return ids_[place];
  const msl2::Tensor& tensor = file_tensor(place);
  if (!is_ms_constant(tensor)) {
    return node.error(ErrorCode::kInvalidModel,
                      "reads tensor '{}', which is no constant and not made by a node before it", display_name(place));
  }
  auto id = constant(place, channel_axis);
  if (!id) return node.error(id.error().code, "{}", id.error().message);
  return id;
}

Result<TensorId> MsGraph::real_input(const MsNode& node, TensorId stored) {
  const Tensor& weights = tensor(stored);
  if (!weights.is_constant || !weights.quant) return stored;
  // Weight-only quantization: the operator computes in float.
  const bool is_weights = weights.type == DataType::kInt8 || weights.type == DataType::kInt16;
  const bool is_border = node.type() == "QuantDTypeCast";
  if (!is_border && is_weights && is_float(output_type(node))) {
    if (const auto found = dequantized_.find(stored); found != dequantized_.end()) return found->second;
    const std::string name = weights.name;
    OCTET_ASSIGN_OR_RETURN(const TensorId id, builder_.add(kDequantize, DequantizeAttrs{.at_load = true}, {stored},
                                                           name + "/dequantize", name + "/real"));
    dequantized_.emplace(stored, id);
    return id;
  }
  if (weights.quant->corrected() && !is_border)
    return node.error(ErrorCode::kUnsupported, "tensor '{}': varCorr and meanCorr beside int8 activations are not supported",
                      weights.name);
  return stored;
}

Result<TensorId> MsGraph::input(const MsNode& node, std::size_t i, std::int64_t channel_axis) {
  OCTET_ASSIGN_OR_RETURN(const TensorId stored, stored_input(node, i, channel_axis));
  return real_input(node, stored);
}

Result<TensorId> MsGraph::optional_input(const MsNode& node, std::size_t i, std::int64_t channel_axis) {
  if (i >= node.num_inputs()) return kNoTensor;
  return input(node, i, channel_axis);
}

Result<std::vector<TensorId>> MsGraph::inputs(const MsNode& node) {
  std::vector<TensorId> ids;
  for (std::size_t i = 0; i < node.num_inputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, input(node, i));
    ids.push_back(id);
  }
  return ids;
}

Result<std::vector<std::int64_t>> MsGraph::integers(const MsNode& node, std::size_t i, std::string_view what,
                                                    std::size_t max_size) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, input(node, i));
  const Tensor& tensor = this->tensor(id);
  if (!tensor.is_constant) {
    return node.error(ErrorCode::kUnsupported,
                      "its {} '{}' is computed while the model runs; fix the inputs with --inputShape=NAME:1,...", what,
                      tensor.name);
  }
  const auto count = num_elements(tensor.shape);
  if (tensor.type != DataType::kInt32 && tensor.type != DataType::kInt64)
    return node.error(ErrorCode::kInvalidModel, "its {} '{}' is {}, expected i32", what, tensor.name,
                      data_type_name(tensor.type));
  if (!count || *count > static_cast<std::int64_t>(max_size)) {
    return node.error(ErrorCode::kInvalidModel, "its {} '{}' has shape [{}], expected at most {} numbers", what,
                      tensor.name, fmt::join(tensor.shape, ", "), max_size);
  }
  return integer_values(tensor);
}

Result<std::int64_t> MsGraph::integer(const MsNode& node, std::size_t i, std::string_view what) {
  OCTET_ASSIGN_OR_RETURN(const auto values, integers(node, i, what, 1));
  if (values.empty()) return node.error(ErrorCode::kInvalidModel, "its {} is empty, expected one number", what);
  return values[0];
}

Result<TensorId> MsGraph::add_main(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                                   std::string_view output_name) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         builder_.add(op, std::move(attrs), std::move(inputs), node.name(), output_name));
  if (is_quantized(tensor(id)))
    return node.error(ErrorCode::kUnsupported,
                      "its activation_type cannot be computed in int8 behind it; only RELU and RELU6 are fused");
  return id;
}

Result<void> MsGraph::add(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         builder_.add(op, std::move(attrs), inputs, node.name(), names_[node.output(0)]));
  if (&op == &kDequantize && is_constant(inputs[0])) dequantized_constants_.insert(id);
  return set_output(node, 0, id, inputs[0]);
}

Result<void> MsGraph::add_dynamic(const MsNode& node, const DynamicQuantizeAttrs& attrs, TensorId src) {
  const std::uint32_t place = node.output(0);
  OCTET_ASSIGN_OR_RETURN(const auto ids, builder_.add_multi(kDynamicQuantize, attrs, {src}, node.name(),
                                                            {names_[place], node.inner_name("scale"), node.inner_name("zero_point")}));
  OCTET_RETURN_IF_ERROR(check_output(node, place, ids[0]));
  ids_[place] = ids[0];
  dynamic_.emplace(ids[0], ids);
  return {};
}

const std::vector<TensorId>* MsGraph::find_dynamic(TensorId id) const {
  const auto found = dynamic_.find(id);
  return found == dynamic_.end() ? nullptr : &found->second;
}

Result<void> MsGraph::add_integer(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  if (file_tensor(node.output(0)).dataType() != msl2::DataType::Int32)
    return add(node, op, std::move(attrs), std::move(inputs));
  OCTET_ASSIGN_OR_RETURN(const TensorId wide,
                         builder_.add(op, std::move(attrs), std::move(inputs), node.name(), node.inner_name("i64")));
  OCTET_ASSIGN_OR_RETURN(const TensorId id, builder_.add(kCast, CastAttrs{DataType::kInt32}, {wide},
                                                         node.inner_name("i32"), names_[node.output(0)]));
  return set_output(node, 0, id, wide);
}

Result<void> MsGraph::add_multi(const MsNode& node, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
  std::vector<std::string> output_names;
  for (std::size_t i = 0; i < node.num_outputs(); ++i) output_names.push_back(names_[node.output(i)]);
  OCTET_ASSIGN_OR_RETURN(const auto ids, builder_.add_multi(op, std::move(attrs), inputs, node.name(), output_names));
  for (std::size_t i = 0; i < ids.size(); ++i) OCTET_RETURN_IF_ERROR(set_output(node, i, ids[i], inputs[0]));
  return {};
}

Result<TensorId> MsGraph::add_inner(const MsNode& node, std::string_view suffix, const Op& op, std::any attrs,
                                    std::vector<TensorId> inputs, const std::optional<QuantParams>& quant) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         builder_.add(op, std::move(attrs), std::move(inputs), node.inner_name(suffix)));
  Tensor& tensor = builder_.graph().tensor(id);
  if (!is_quantized(tensor)) return id;
  if (!quant) return node.error(ErrorCode::kUnsupported, "this operator is not supported in int8");
  tensor.quant = quant;
  return id;
}

TensorId MsGraph::inner_constant(const MsNode& node, std::string_view suffix, Tensor constant) {
  constant.name = node.inner_name(suffix);
  return builder_.add_constant(std::move(constant));
}

TensorId MsGraph::inner_scalar(const MsNode& node, std::string_view suffix, float value) {
  return inner_constant(node, suffix, make_constant("", {}, std::vector<float>{value}));
}

Result<std::int64_t> MsGraph::axis(const MsNode& node, std::int64_t axis, std::size_t rank) const {
  if (const auto normal = normalize_axis(axis, rank)) return static_cast<std::int64_t>(*normal);
  return node.error(ErrorCode::kInvalidModel, "axis {} is outside [-{}, {})", axis, rank, rank);
}

DataType MsGraph::output_type(const MsNode& node) const {
  const auto type = ms_element_type(file_tensor(node.output(0)), "");
  return type ? *type : DataType::kBool;  // the error comes when the output is made
}

Result<std::optional<QuantParams>> MsGraph::output_quant(const MsNode& node, std::size_t i) const {
  const std::uint32_t place = node.output(i);
  const std::string name = display_name(place);
  OCTET_ASSIGN_OR_RETURN(const DataType type, ms_element_type(file_tensor(place), name));
  if (type == DataType::kInt32) return std::optional<QuantParams>();  // only a bias has them, which is a constant
  const auto* params = file_tensor(place).quantParams();
  if (!is_float(type) && params != nullptr && params->size() > 1)
    return node.error(ErrorCode::kUnsupported, "its output '{}' has {} quantParams, expected one", name,
                      params->size());
  return ms_quant_params(file_tensor(place), name, type, {}, 0);
}

Result<void> MsGraph::check_output(const MsNode& node, std::uint32_t place, TensorId id) const {
  const std::string name = display_name(place);
  OCTET_ASSIGN_OR_RETURN(const DataType type, ms_element_type(file_tensor(place), name));
  OCTET_ASSIGN_OR_RETURN(const Shape dims, ms_dims(file_tensor(place), name));
  const Tensor& made = tensor(id);
  if (made.type == type && agree(made.shape, dims)) return {};
  return node.error(ErrorCode::kInvalidModel, "its output '{}' is {}[{}] in the file, but the operator gives {}{}",
                    name, data_type_name(type), fmt::join(dims, ","), data_type_name(made.type),
                    print_shape(builder_.graph(), made.shape));
}

Result<void> MsGraph::set_output(const MsNode& node, std::size_t i, TensorId id, TensorId src) {
  const std::uint32_t place = node.output(i);
  OCTET_RETURN_IF_ERROR(check_output(node, place, id));
  OCTET_ASSIGN_OR_RETURN(auto quant, output_quant(node, i));
  if (is_constant(id) && quant && tensor(src).quant != quant)  // folded: its bytes are those of src
    return node.error(ErrorCode::kUnsupported, "requantizes a constant");
  builder_.graph().tensor(id).quant = std::move(quant);
  ids_[place] = id;
  return {};
}

}  // namespace octet
