// SPDX-License-Identifier: Apache-2.0
#include "importers/mindir/mindir_importer.h"

#include <algorithm>
#include <unordered_map>

#include "base/file.h"
#include "importers/mindir/handlers.h"
#include "importers/missing_operators.h"
#include "ops/reshape.h"

namespace octet {
namespace {

constexpr std::size_t kMaxFileBytes = INT32_MAX;  // protobuf's limit
constexpr std::string_view kReference = "REF::";  // before the name of a primitive that holds type and attributes
constexpr std::string_view kConstant = "Constant";

class Importer {
 public:
  Importer(const mindir::ModelProto& model, std::size_t file_bytes)
      : model_(model),
        budget_(file_bytes),
        graph_(model.graph().name().empty() ? "main" : model.graph().name()),
        prefix_(model.graph().name() + ":") {}

  Result<Graph> run(const ImportOptions& options) {
    OCTET_RETURN_IF_ERROR(check_model());
    OCTET_RETURN_IF_ERROR(check_operators());
    OCTET_RETURN_IF_ERROR(check_wanted_names(options));
    for (const auto& parameter : model_.graph().parameter()) OCTET_RETURN_IF_ERROR(add_parameter(parameter));
    for (const auto& input : model_.graph().input()) OCTET_RETURN_IF_ERROR(add_input(input, options));
    for (const auto& node : model_.graph().node()) OCTET_RETURN_IF_ERROR(add_node(node));
    for (const auto& output : model_.graph().output()) OCTET_RETURN_IF_ERROR(add_output(output));
    return graph_.finish();
  }

 private:
  Result<void> check_model() {
    if (!model_.has_graph() || model_.graph().output_size() == 0)
      return make_error(ErrorCode::kInvalidModel, "has no graph, or one without output");
    if (model_.functions_size() > 0)
      return make_error(ErrorCode::kUnsupported,
                        "has {} functions (control flow); only models of one graph are supported",
                        model_.functions_size());
    if (model_.has_little_endian() && !model_.little_endian())
      return make_error(ErrorCode::kUnsupported, "its data is big-endian");
    for (const auto& primitive : model_.primitives()) primitives_.emplace(primitive.name(), &primitive);
    return {};
  }

  // Names of the graph, without its own in front.
  std::string short_name(const std::string& name) const {
    return name.rfind(prefix_, 0) == 0 ? name.substr(prefix_.size()) : name;
  }
  std::string node_name(const mindir::NodeProto& node) const {
    return !node.domain().empty() ? node.domain() : short_name(node.name().empty() ? output_of(node) : node.name());
  }
  static std::string output_of(const mindir::NodeProto& node) {
    return node.output_size() > 0 ? node.output(0) : std::string();
  }

  const mindir::PrimitiveProto* primitive_of(const mindir::NodeProto& node) const {
    if (node.op_type().rfind(kReference, 0) != 0) return nullptr;
    const auto found = primitives_.find(node.op_type().substr(kReference.size()));
    return found == primitives_.end() ? nullptr : found->second;
  }
  std::string type_of(const mindir::NodeProto& node) const {
    const auto* primitive = primitive_of(node);
    return primitive == nullptr ? node.op_type() : primitive->op_type();
  }

  // All operators that Octet does not have, with their nodes.
  Result<void> check_operators() const {
    MissingOperators missing;
    for (const auto& node : model_.graph().node()) {
      const std::string type = type_of(node);
      if (type != kConstant && find_mindir_operator(type) == nullptr) missing.add(type, node_name(node));
    }
    return missing.error();
  }

  Result<void> check_wanted_names(const ImportOptions& options) const {
    std::vector<std::string> names;
    for (const auto& input : model_.graph().input()) names.push_back(short_name(input.name()));
    return check_input_shape_names(options, names);
  }

  Result<void> define(const std::string& name, MindirValue value) {
    if (values_.emplace(name, std::move(value)).second) return {};
    return make_error(ErrorCode::kInvalidModel, "the value '{}' is made twice", name);
  }
  static MindirValue tensor_value(TensorId id) {
    MindirValue value;
    value.kind = MindirValue::Kind::kTensor;
    value.tensor = id;
    return value;
  }

  Result<void> add_parameter(const mindir::TensorProto& parameter) {
    OCTET_ASSIGN_OR_RETURN(Tensor tensor, read_mindir_tensor(parameter, short_name(parameter.name()), budget_));
    return define(parameter.name(), tensor_value(graph_.add_constant(std::move(tensor))));
  }

  Result<void> add_input(const mindir::ValueInfoProto& input, const ImportOptions& options) {
    const std::string name = short_name(input.name());
    if (input.tensor_size() != 1) return make_error(ErrorCode::kUnsupported, "input '{}' is no tensor", name);
    auto type = mindir_data_type(input.tensor(0).data_type());
    if (!type) return at(fmt::format("input '{}'", name), std::move(type).error());
    OCTET_ASSIGN_OR_RETURN(Shape shape, mindir_shape(input.tensor(0), name, -1));
    const auto wanted = std::find_if(options.input_shapes.begin(), options.input_shapes.end(),
                                     [&](const auto& w) { return w.first == name; });
    if (wanted != options.input_shapes.end()) {
      bool fits = wanted->second.size() == shape.size() && within_limits(wanted->second);
      for (std::size_t d = 0; fits && d < shape.size(); ++d)
        fits = wanted->second[d] >= 1 && (shape[d] < 0 || shape[d] == wanted->second[d]);
      if (!fits) {
        return make_error(ErrorCode::kInvalidArgument,
                          "input '{}': the shape [{}] does not fit the model's [{}] (-1: any size)", name,
                          fmt::join(wanted->second, ", "), fmt::join(shape, ", "));
      }
      shape = wanted->second;
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] == 0) return make_error(ErrorCode::kInvalidModel, "input '{}': dimension {} is 0", name, d);
      if (shape[d] < 0) shape[d] = graph_.graph().symbol(fmt::format("{}.dim{}", name, d));
    }
    const Layout layout = shape.size() == 4 ? Layout::kNchw : Layout::kNone;
    return define(input.name(), tensor_value(graph_.add_input(name, *type, std::move(shape), layout)));
  }

  Result<void> add_node(const mindir::NodeProto& node) {
    const std::string name = node_name(node);
    if (node.output_size() != 1)
      return make_error(ErrorCode::kInvalidModel, "node '{}' has {} outputs, expected 1", name, node.output_size());
    if (type_of(node) == kConstant) return add_constant(node);
    std::vector<MindirValue> inputs;
    for (const std::string& input : node.input()) {
      const auto value = values_.find(input);
      if (value == values_.end()) {
        return make_error(ErrorCode::kInvalidModel,
                          "node '{}' ({}) reads '{}', which is no parameter and not made by a node before it", name,
                          type_of(node), input);
      }
      inputs.push_back(value->second);
      OCTET_RETURN_IF_ERROR(budget_.charge(size_of(value->second)));
    }
    const auto* primitive = primitive_of(node);
    MindirNode built(graph_, name, type_of(node), short_name(node.output(0)),
                     primitive == nullptr ? node.attribute() : primitive->attribute(), std::move(inputs), budget_);
    OCTET_RETURN_IF_ERROR(find_mindir_operator(type_of(node))(built));
    return define(node.output(0), built.result());
  }

  // Tuples are copied wherever they are read.
  static std::size_t size_of(const MindirValue& value) {
    std::size_t size = sizeof(MindirValue);
    for (const MindirValue& item : value.items) size += size_of(item);
    return size;
  }

  // One attribute `value`, or in version 1 several, value0 and so on, which are a tuple.
  Result<void> add_constant(const mindir::NodeProto& node) {
    MindirValue value;
    if (node.attribute_size() > 1) {
      value.kind = MindirValue::Kind::kTuple;
      for (const auto& attribute : node.attribute()) {
        if (attribute.name().rfind("value", 0) != 0) continue;
        OCTET_ASSIGN_OR_RETURN(MindirValue item,
                               read_mindir_value(attribute, short_name(node.output(0)), graph_, budget_));
        value.items.push_back(std::move(item));
      }
    } else if (node.attribute_size() == 1) {
      OCTET_ASSIGN_OR_RETURN(value, read_mindir_value(node.attribute(0), short_name(node.output(0)), graph_, budget_));
    }
    return define(node.output(0), std::move(value));
  }

  Result<void> add_output(const mindir::ValueInfoProto& output) {
    const auto found = values_.find(output.name());
    if (found == values_.end())
      return make_error(ErrorCode::kInvalidModel, "graph output '{}' is made by no node", output.name());
    if (found->second.kind == MindirValue::Kind::kTuple) {
      for (const MindirValue& item : found->second.items) OCTET_RETURN_IF_ERROR(add_output_value(item, output.name()));
      return {};
    }
    return add_output_value(found->second, output.name());
  }

  // A value that is an output already, or a graph input, gets a name of its own.
  Result<void> add_output_value(const MindirValue& value, const std::string& name) {
    if (value.kind != MindirValue::Kind::kTensor)
      return make_error(ErrorCode::kUnsupported, "graph output '{}' is no tensor", name);
    TensorId id = value.tensor;
    const auto& ids = graph_.graph().outputs;
    const auto& inputs = graph_.graph().inputs;
    const bool is_taken = std::find(ids.begin(), ids.end(), id) != ids.end() ||
                          std::find(inputs.begin(), inputs.end(), id) != inputs.end();
    if (is_taken) {
      OCTET_ASSIGN_OR_RETURN(id, graph_.add(kIdentity, NoAttrs{}, {id}, short_name(name), short_name(name)));
    }
    Tensor& tensor = graph_.graph().tensor(id);
    if (tensor.shape.size() == 4 && tensor.layout == Layout::kNone) tensor.layout = Layout::kNchw;
    graph_.add_output(id);
    return {};
  }

  const mindir::ModelProto& model_;
  CopyBudget budget_;
  GraphBuilder graph_;
  std::string prefix_;
  std::unordered_map<std::string, const mindir::PrimitiveProto*> primitives_;
  std::unordered_map<std::string, MindirValue> values_;
};

}  // namespace

Result<Graph> import_mindir(std::span<const std::byte> bytes, std::string_view file_name,
                            const ImportOptions& options) {
  if (bytes.size() > kMaxFileBytes)
    return make_error(ErrorCode::kUnsupported, "{}: has {} bytes, protobuf files have at most 2 GB", file_name,
                      bytes.size());
  mindir::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return make_error(ErrorCode::kInvalidModel, "{}: is no MindIR model, or damaged", file_name);
  auto graph = Importer(model, bytes.size()).run(options);
  if (!graph) return at(file_name, std::move(graph).error());
  return graph;
}

Result<Graph> import_mindir(const std::filesystem::path& path, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return import_mindir(file.bytes(), path.filename().string(), options);
}

}  // namespace octet
