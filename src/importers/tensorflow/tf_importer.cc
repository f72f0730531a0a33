// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/tf_importer.h"

#include <algorithm>
#include <set>

#include "base/file.h"
#include "importers/missing_operators.h"
#include "importers/tensorflow/handlers.h"
#include "importers/tensorflow/saved_model.h"
#include "ops/reshape.h"

namespace octet {
namespace {

constexpr std::size_t kMaxFileBytes = INT32_MAX;  // protobuf's limit
constexpr std::int64_t kMaxOutputs = 1 << 12;     // of one node

bool is_variable(const std::string& op) { return op == "VarHandleOp" || op == "VariableV2" || op == "Variable"; }

// A graph input or output: the name that users see, and the value it stands for.
struct Port {
  std::string name;
  TfValue value;
};

// What the importer needs beside the graph.
struct Source {
  const TensorBundle* checkpoint = nullptr;      // null: a frozen graph
  std::map<std::size_t, std::string> variables;  // keys of the checkpoint, by operation
  std::size_t file_bytes = 0;
};

class Importer {
 public:
  Importer(TfProgram& program, const Source& source, std::string graph_name)
      : program_(program), source_(source), budget_(source.file_bytes), graph_(std::move(graph_name)) {}

  Result<Graph> run(const std::vector<Port>& inputs, const std::vector<Port>& outputs, const ImportOptions& options) {
    std::vector<TfValue> wanted;
    for (const Port& output : outputs) wanted.push_back(output.value);
    OCTET_ASSIGN_OR_RETURN(const std::vector<std::size_t> order, program_.order(wanted));
    OCTET_RETURN_IF_ERROR(check_operators(order, inputs));
    std::vector<std::string> names;
    for (const Port& input : inputs) names.push_back(input.name);
    OCTET_RETURN_IF_ERROR(check_input_shape_names(options, names));
    for (const Port& input : inputs) OCTET_RETURN_IF_ERROR(add_input(input, options));
    for (const Port& output : outputs) output_names_.emplace(key(output.value), output.name);
    for (const std::size_t op : order) OCTET_RETURN_IF_ERROR(add_operation(op));
    for (const Port& output : outputs) OCTET_RETURN_IF_ERROR(add_output(output));
    return graph_.finish();
  }

 private:
  using Key = std::pair<std::size_t, std::int64_t>;
  static Key key(const TfValue& value) { return {value.op, value.output}; }
  const tensorflow::NodeDef& def(std::size_t op) const { return *program_.operation(op).def; }

  Error error(std::size_t op, const Error& error) const {
    return make_error(error.code, "node '{}' ({}): {}", program_.operation(op).name, def(op).op(), error.message);
  }

  // All operators that Octet does not have, with their nodes.
  Result<void> check_operators(const std::vector<std::size_t>& order, const std::vector<Port>& inputs) const {
    MissingOperators missing;
    for (const std::size_t op : order) {
      const std::string& type = def(op).op();
      const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const Port& p) { return p.value.op == op; });
      if (!is_input && type != "Const" && !is_variable(type) && find_tf_operator(type) == nullptr)
        missing.add(type, program_.operation(op).name);
    }
    return missing.error();
  }

  Result<void> add_input(const Port& input, const ImportOptions& options) {
    const std::size_t op = input.value.op;
    const auto* dtype = find_attr(def(op), "dtype");
    if (dtype == nullptr) return make_error(ErrorCode::kInvalidModel, "input '{}' has no type", input.name);
    auto type = tf_computed_type(dtype->type());
    if (!type) return at(fmt::format("input '{}'", input.name), std::move(type).error());
    OCTET_ASSIGN_OR_RETURN(Shape shape, input_shape(input, options));
    const Layout layout = shape.size() == 4 ? Layout::kNhwc : Layout::kNone;
    values_[key(input.value)] = graph_.add_input(input.name, *type, std::move(shape), layout);
    return {};
  }

  // The placeholder's shape with the sizes that the user gives; the others that are free become symbols.
  Result<Shape> input_shape(const Port& input, const ImportOptions& options) {
    const auto wanted = std::find_if(options.input_shapes.begin(), options.input_shapes.end(),
                                     [&](const auto& w) { return w.first == input.name; });
    const bool is_wanted = wanted != options.input_shapes.end();
    const auto* attr = find_attr(def(input.value.op), "shape");
    const bool is_known = attr != nullptr && !attr->shape().unknown_rank();
    if (!is_known && !is_wanted)
      return make_error(ErrorCode::kUnsupported, "input '{}' has no shape; give it one with --inputShape={}:1,...",
                        input.name, input.name);
    Shape shape = is_wanted ? wanted->second : Shape();
    bool fits =
        shape.size() <= kMaxRank && std::all_of(shape.begin(), shape.end(), [](std::int64_t d) { return d >= 1; });
    if (is_known) {
      if (attr->shape().dim_size() > static_cast<int>(kMaxRank))
        return make_error(ErrorCode::kUnsupported, "input '{}' has {} dimensions, at most {} are possible", input.name,
                          attr->shape().dim_size(), kMaxRank);
      Shape stated;
      for (const auto& dim : attr->shape().dim()) stated.push_back(dim.size());
      if (std::any_of(stated.begin(), stated.end(), [](std::int64_t d) { return d < -1 || d == 0; }))
        return make_error(ErrorCode::kInvalidModel, "input '{}' has shape [{}]", input.name, fmt::join(stated, ", "));
      if (!is_wanted) shape = stated;
      fits = fits || !is_wanted;
      fits = fits && shape.size() == stated.size();
      for (std::size_t d = 0; fits && d < stated.size(); ++d) fits = stated[d] < 0 || stated[d] == shape[d];
      if (!fits) {
        return make_error(ErrorCode::kInvalidArgument,
                          "input '{}': the shape [{}] does not fit the model's [{}] (-1: any size)", input.name,
                          fmt::join(shape, ", "), fmt::join(stated, ", "));
      }
    }
    for (std::size_t d = 0; d < shape.size(); ++d)
      if (shape[d] < 0) shape[d] = graph_.graph().symbol(fmt::format("{}.dim{}", input.name, d));
    if (!within_limits(shape))
      return make_error(ErrorCode::kInvalidArgument, "input '{}': shape [{}] is too large", input.name,
                        fmt::join(shape, ", "));
    return shape;
  }

  // How many outputs the node has; most have one.
  Result<std::int64_t> num_outputs(std::size_t op) const {
    const std::string& type = def(op).op();
    if (type == "IdentityN") return def(op).input_size();
    const char* attr = type == "Split" || type == "SplitV" ? "num_split" : type == "Unpack" ? "num" : nullptr;
    if (attr == nullptr) return 1;
    const auto* count = find_attr(def(op), attr);
    if (count == nullptr || count->i() < 1 || count->i() > kMaxOutputs)
      return error(op, make_error(ErrorCode::kInvalidModel, "attribute '{}' is missing or no number from 1 to {}", attr,
                                  kMaxOutputs));
    return count->i();
  }

  Result<void> add_operation(std::size_t op) {
    if (values_.count({op, 0}) > 0) return {};  // a graph input
    const std::string& type = def(op).op();
    if (type == "Const" || is_variable(type)) return add_constant(op);
    OCTET_ASSIGN_OR_RETURN(const std::int64_t count, num_outputs(op));
    std::vector<OutputSpec> specs(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      const auto name = output_names_.find({op, i});
      OutputSpec& spec = specs[static_cast<std::size_t>(i)];
      spec.name = name != output_names_.end() ? name->second
                  : i == 0                    ? program_.operation(op).name
                                              : fmt::format("{}:{}", program_.operation(op).name, i);
    }
    OCTET_ASSIGN_OR_RETURN(const auto sources, program_.inputs(op));
    std::vector<TensorId> inputs;
    for (const TfValue& source : sources) {
      const auto made = values_.find(key(source));
      if (made == values_.end())
        return error(op,
                     make_error(ErrorCode::kUnsupported, "reads output {} of node '{}' ({}), which Octet does not make",
                                source.output, program_.operation(source.op).name, def(source.op).op()));
      inputs.push_back(made->second);
    }
    TfNode node(graph_, def(op), program_.operation(op).name, std::move(specs), std::move(inputs));
    OCTET_RETURN_IF_ERROR(find_tf_operator(type)(node));
    for (std::int64_t i = 0; i < count; ++i)
      if (node.output(static_cast<std::size_t>(i)) != kNoTensor)
        values_[{op, i}] = node.output(static_cast<std::size_t>(i));
    return {};
  }

  Result<void> add_constant(std::size_t op) {
    auto constant = def(op).op() == "Const" ? stated_constant(op) : variable(op);
    if (!constant) return error(op, constant.error());
    values_[{op, 0}] = graph_.add_constant(std::move(*constant));
    return {};
  }

  Result<Tensor> stated_constant(std::size_t op) {
    const auto* value = find_attr(def(op), "value");
    if (value == nullptr) return make_error(ErrorCode::kInvalidModel, "has no value");
    return tf_tensor(value->tensor(), program_.operation(op).name, budget_);
  }

  Result<Tensor> variable(std::size_t op) const {
    if (source_.checkpoint == nullptr)
      return make_error(
          ErrorCode::kUnsupported,
          "is a variable, whose value a .pb file does not hold: freeze the graph, or give the SavedModel folder");
    const auto found = source_.variables.find(op);
    if (found == source_.variables.end())
      return make_error(ErrorCode::kInvalidModel, "is a variable that the model does not restore from its checkpoint");
    return source_.checkpoint->read(found->second, program_.operation(op).name);
  }

  Result<void> add_output(const Port& output) {
    const auto made = values_.find(key(output.value));
    if (made == values_.end()) {
      return make_error(ErrorCode::kUnsupported, "output '{}' is output {} of node '{}', which Octet does not make",
                        output.name, output.value.output, program_.operation(output.value.op).name);
    }
    TensorId id = made->second;
    // Several outputs may be one value, or an input: each has its name.
    if (graph_.tensor(id).name != output.name) {
      OCTET_ASSIGN_OR_RETURN(id, graph_.add(kIdentity, NoAttrs{}, {id}, output.name, output.name));
    }
    Tensor& tensor = graph_.graph().tensor(id);
    if (tensor.shape.size() == 4 && tensor.layout == Layout::kNone) tensor.layout = Layout::kNhwc;
    graph_.add_output(id);
    return {};
  }

  TfProgram& program_;
  const Source& source_;
  CopyBudget budget_;
  GraphBuilder graph_;
  std::map<Key, TensorId> values_;
  std::map<Key, std::string> output_names_;
};

// Placeholders, and nodes that nobody reads: the ends of a frozen graph.
struct Ends {
  std::vector<Port> inputs, outputs;
};
Result<Ends> frozen_ends(TfProgram& program) {
  OCTET_ASSIGN_OR_RETURN(const auto operations, program.operations_in(""));
  std::set<std::size_t> read;
  for (const std::size_t op : operations) {
    OCTET_ASSIGN_OR_RETURN(const auto inputs, program.inputs(op));
    for (const TfValue& input : inputs) read.insert(input.op);
  }
  Ends ends;
  std::vector<TfValue> outputs;
  for (const std::size_t op : operations) {
    const std::string& type = program.operation(op).def->op();
    if (type == "Const" || type == "NoOp" || type == "Assert" || type == "Placeholder" || is_variable(type) ||
        read.count(op) > 0)
      continue;
    ends.outputs.push_back({program.operation(op).name, {op, 0}});
    outputs.push_back({op, 0});
  }
  if (ends.outputs.empty()) return make_error(ErrorCode::kInvalidModel, "has no node that computes something");
  OCTET_ASSIGN_OR_RETURN(std::vector<std::size_t> needed, program.order(outputs));
  std::sort(needed.begin(), needed.end());
  for (const std::size_t op : operations)
    if (program.operation(op).def->op() == "Placeholder" && std::binary_search(needed.begin(), needed.end(), op))
      ends.inputs.push_back({program.operation(op).name, {op, 0}});
  return ends;
}

Result<std::vector<Port>> signature_ports(
    TfProgram& program, const google::protobuf::RepeatedPtrField<tensorflow::SignatureDef::Entry>& entries) {
  std::map<std::string, TfValue> sorted;  // a map in the file has no order
  for (const auto& entry : entries) {
    OCTET_ASSIGN_OR_RETURN(sorted[entry.key()], program.find(entry.value().name()));
  }
  std::vector<Port> ports;
  for (const auto& [name, value] : sorted) ports.push_back({name, value});
  return ports;
}

template <typename Message>
Result<void> parse(std::span<const std::byte> bytes, Message& message, std::string_view what) {
  if (bytes.size() > kMaxFileBytes)
    return make_error(ErrorCode::kUnsupported, "has {} bytes, protobuf files have at most 2 GB", bytes.size());
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return make_error(ErrorCode::kInvalidModel, "is no {}, or damaged", what);
}

Result<Graph> import_frozen(std::span<const std::byte> bytes, const ImportOptions& options) {
  tensorflow::GraphDef graph;
  OCTET_RETURN_IF_ERROR(parse(bytes, graph, "TensorFlow graph (GraphDef)"));
  TfProgram program(graph);
  OCTET_RETURN_IF_ERROR(program.check());
  OCTET_ASSIGN_OR_RETURN(const Ends ends, frozen_ends(program));
  Source source;
  source.file_bytes = bytes.size();
  return Importer(program, source, "main").run(ends.inputs, ends.outputs, options);
}

Result<Graph> import_saved_model(const std::filesystem::path& folder, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(folder / "saved_model.pb"));
  tensorflow::SavedModel model;
  OCTET_RETURN_IF_ERROR(parse(file.bytes(), model, "SavedModel"));
  OCTET_ASSIGN_OR_RETURN(const tensorflow::MetaGraphDef* graph, serving_graph(model));
  OCTET_ASSIGN_OR_RETURN(const tensorflow::SignatureDef* signature, serving_signature(*graph));
  TfProgram program(graph->graph_def());
  OCTET_RETURN_IF_ERROR(program.check());
  Source source;
  source.file_bytes = file.bytes().size();
  std::optional<TensorBundle> bundle;
  const std::filesystem::path prefix = folder / "variables" / "variables";
  if (std::filesystem::exists(prefix.string() + ".index")) {
    OCTET_ASSIGN_OR_RETURN(bundle, TensorBundle::open(prefix));
    OCTET_ASSIGN_OR_RETURN(source.variables, variable_keys(program, *graph));
    source.checkpoint = &*bundle;
  }
  OCTET_ASSIGN_OR_RETURN(const auto inputs, signature_ports(program, signature->inputs()));
  OCTET_ASSIGN_OR_RETURN(const auto outputs, signature_ports(program, signature->outputs()));
  if (outputs.empty()) return make_error(ErrorCode::kInvalidModel, "its signature has no output");
  return Importer(program, source, "main").run(inputs, outputs, options);
}

}  // namespace

Result<Graph> import_tensorflow(std::span<const std::byte> bytes, std::string_view file_name,
                                const ImportOptions& options) {
  auto graph = import_frozen(bytes, options);
  if (!graph) return at(file_name, std::move(graph).error());
  return graph;
}

Result<Graph> import_tensorflow(const std::filesystem::path& path, const ImportOptions& options) {
  const bool is_saved_model = path.filename() == "saved_model.pb";
  if (is_saved_model || std::filesystem::is_directory(path)) {
    auto graph = import_saved_model(is_saved_model ? path.parent_path() : path, options);
    if (!graph) return at(path.string(), std::move(graph).error());
    return graph;
  }
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return import_tensorflow(file.bytes(), path.filename().string(), options);
}

}  // namespace octet
