// SPDX-License-Identifier: Apache-2.0
#include "importers/tflite/tflite_importer.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/file.h"
#include "base/log.h"
#include "importers/missing_operators.h"
#include "importers/tflite/handlers.h"

namespace octet {
namespace {

using Places = flatbuffers::Vector<std::int32_t>;

constexpr std::size_t kMinFileBytes = 8;  // root offset and identifier
constexpr std::size_t kMaxNameBytes = 1 << 12;
constexpr std::uint32_t kSchemaVersion = 3;

Result<const tfl3::Model*> verified_root(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (bytes.size() < kMinFileBytes || !tfl3::ModelBufferHasIdentifier(data))
    return make_error(ErrorCode::kInvalidModel, "is no .tflite file: the identifier 'TFL3' is missing");
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return make_error(ErrorCode::kUnsupported, "is larger than 2 GB, which is not supported");
  flatbuffers::Verifier::Options options;
  options.max_tables =
      std::max<flatbuffers::uoffset_t>(options.max_tables, static_cast<flatbuffers::uoffset_t>(bytes.size() / 8));
  flatbuffers::Verifier verifier(data, bytes.size(), options);
  if (!tfl3::VerifyModelBuffer(verifier))
    return make_error(ErrorCode::kInvalidModel, "is damaged or cut short: its FlatBuffer does not verify");
  return tfl3::GetModel(data);
}

std::size_t list_size(const Places* places) { return places == nullptr ? 0 : places->size(); }

class Importer {
 public:
  Importer(const tfl3::Model& model, std::size_t file_bytes) : model_(model), budget_(file_bytes) {}

  Result<Graph> run(const ImportOptions& options) {
    OCTET_RETURN_IF_ERROR(check_model());
    OCTET_ASSIGN_OR_RETURN(std::vector<std::string> names, tensor_names());
    OCTET_RETURN_IF_ERROR(check_places(names));
    OCTET_RETURN_IF_ERROR(check_operators());
    OCTET_RETURN_IF_ERROR(check_wanted_names(options, names));
    TfliteGraph graph(graph_name(), *subgraph_->tensors(), *model_.buffers(), std::move(names), budget_);
    if (subgraph_->inputs() != nullptr)
      for (const std::int32_t place : *subgraph_->inputs())
        OCTET_RETURN_IF_ERROR(graph.add_input(static_cast<std::size_t>(place), options));
    for (std::uint32_t i = 0; i < num_operators(); ++i) OCTET_RETURN_IF_ERROR(add_node(i, graph));
    for (const std::int32_t place : *subgraph_->outputs())
      OCTET_RETURN_IF_ERROR(graph.add_output(static_cast<std::size_t>(place)));
    return graph.builder().finish();
  }

 private:
  std::uint32_t num_operators() const { return subgraph_->operators() == nullptr ? 0 : subgraph_->operators()->size(); }
  const tfl3::Operator& op(std::uint32_t i) const { return *subgraph_->operators()->Get(i); }

  Result<void> check_model() {
    if (model_.version() != kSchemaVersion)
      return make_error(ErrorCode::kUnsupported, "has schema version {}, expected {}", model_.version(),
                        kSchemaVersion);
    if (model_.subgraphs() == nullptr || model_.subgraphs()->size() == 0 || model_.buffers() == nullptr)
      return make_error(ErrorCode::kInvalidModel, "holds no graph or no buffers");
    subgraph_ = model_.subgraphs()->Get(0);
    if (subgraph_->tensors() == nullptr || list_size(subgraph_->outputs()) == 0)
      return make_error(ErrorCode::kInvalidModel, "its graph has no tensors or no output");
    if (model_.subgraphs()->size() > 1)
      OCTET_LOG(kWarning, "the model has {} graphs; the first one is imported", model_.subgraphs()->size());
    return {};
  }

  // Everything that refers to a tensor, a buffer or an operator refers to one that exists; a tensor is made once.
  Result<void> check_places(const std::vector<std::string>& names) {
    std::vector<bool> is_made(names.size(), false);
    for (std::uint32_t t = 0; t < names.size(); ++t) {
      const tfl3::Tensor& tensor = *subgraph_->tensors()->Get(t);
      if (tensor.buffer() >= model_.buffers()->size())
        return make_error(ErrorCode::kInvalidModel, "tensor '{}': buffer {} does not exist, the file has {}", names[t],
                          tensor.buffer(), model_.buffers()->size());
      if (model_.buffers()->Get(tensor.buffer())->offset() > 1)
        return make_error(ErrorCode::kUnsupported, "tensor '{}': data behind the FlatBuffer is not supported",
                          names[t]);
      if (tensor.is_variable())
        return make_error(ErrorCode::kUnsupported,
                          "tensor '{}' is a variable that keeps its value from run to run, which is not supported",
                          names[t]);
    }
    if (subgraph_->inputs() != nullptr) {
      for (const std::int32_t place : *subgraph_->inputs()) {
        OCTET_RETURN_IF_ERROR(check_place("graph input", place, 0));
        is_made[static_cast<std::size_t>(place)] = true;
      }
    }
    for (const std::int32_t place : *subgraph_->outputs()) OCTET_RETURN_IF_ERROR(check_place("graph output", place, 0));
    for (std::uint32_t i = 0; i < num_operators(); ++i) OCTET_RETURN_IF_ERROR(check_node(i, is_made));
    return {};
  }

  Result<void> check_place(std::string_view what, std::int32_t place, std::int32_t least) const {
    if (place >= least && place < static_cast<std::int64_t>(subgraph_->tensors()->size())) return {};
    return make_error(ErrorCode::kInvalidModel, "{}: tensor {} does not exist, the file has {}", what, place,
                      subgraph_->tensors()->size());
  }

  Result<void> check_node(std::uint32_t i, std::vector<bool>& is_made) {
    const std::string where = fmt::format("operator {}", i);
    OCTET_RETURN_IF_ERROR(
        budget_.charge((list_size(op(i).inputs()) + list_size(op(i).outputs())) * sizeof(std::int32_t)));
    if (model_.operator_codes() == nullptr || op(i).opcode_index() >= model_.operator_codes()->size())
      return make_error(ErrorCode::kInvalidModel, "{}: operator code {} does not exist", where, op(i).opcode_index());
    const tfl3::OperatorCode& code = *model_.operator_codes()->Get(op(i).opcode_index());
    if (code.custom_code() != nullptr) OCTET_RETURN_IF_ERROR(budget_.charge(code.custom_code()->size()));
    if (list_size(op(i).outputs()) == 0) return make_error(ErrorCode::kInvalidModel, "{} has no output", where);
    for (std::uint32_t k = 0; k < list_size(op(i).inputs()); ++k)
      OCTET_RETURN_IF_ERROR(check_place(where + ", input", op(i).inputs()->Get(k), -1));
    for (const std::int32_t place : *op(i).outputs()) {
      OCTET_RETURN_IF_ERROR(check_place(where + ", output", place, 0));
      if (is_made[static_cast<std::size_t>(place)])
        return make_error(ErrorCode::kInvalidModel, "{} makes tensor {}, which is a graph input or made twice", where,
                          place);
      is_made[static_cast<std::size_t>(place)] = true;
    }
    return {};
  }

  tfl3::BuiltinOperator code_of(std::uint32_t i) const {
    const tfl3::OperatorCode& code = *model_.operator_codes()->Get(op(i).opcode_index());
    return std::max(code.builtin_code(), static_cast<tfl3::BuiltinOperator>(code.deprecated_builtin_code()));
  }
  std::string_view custom_name(std::uint32_t i) const {
    const auto* name = model_.operator_codes()->Get(op(i).opcode_index())->custom_code();
    return name == nullptr ? std::string_view() : name->string_view();
  }
  std::string type_name(std::uint32_t i) const {
    const auto code = code_of(i);
    if (code == tfl3::BuiltinOperator::CUSTOM) return fmt::format("CUSTOM {}", custom_name(i));
    const std::string_view known = tfl3::EnumNameBuiltinOperator(code);
    return known.empty() ? fmt::format("number {}", static_cast<int>(code)) : std::string(known);
  }
  // Operators have no names in the file: they are called by what they are and their place, as MindSpore Lite's
  // converter does.
  std::string node_name(std::uint32_t i) const {
    const bool is_custom = code_of(i) == tfl3::BuiltinOperator::CUSTOM;
    return fmt::format("{}-{}", is_custom ? std::string(custom_name(i)) : type_name(i), i);
  }

  // All operators that Octet does not have, with their nodes.
  Result<void> check_operators() const {
    MissingOperators missing;
    for (std::uint32_t i = 0; i < num_operators(); ++i)
      if (find_tflite_operator(code_of(i), custom_name(i)) == nullptr) missing.add(type_name(i), node_name(i));
    return missing.error();
  }

  // Names by place, unique: graph inputs and outputs come first and keep theirs.
  Result<std::vector<std::string>> tensor_names() {
    std::vector<std::string> names(subgraph_->tensors()->size());
    std::vector<bool> is_named(names.size(), false);
    std::unordered_set<std::string> taken;
    std::unordered_map<std::string, int> next;
    const auto give_name = [&](std::int32_t place) -> Result<void> {
      const auto t = static_cast<std::size_t>(place);
      if (t >= names.size() || is_named[t]) return {};
      is_named[t] = true;
      const flatbuffers::String* name = subgraph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(t))->name();
      if (name == nullptr || name->size() == 0) return {};
      if (name->size() > kMaxNameBytes)
        return make_error(ErrorCode::kInvalidModel, "a name has {} bytes, expected at most {}", name->size(),
                          kMaxNameBytes);
      OCTET_RETURN_IF_ERROR(budget_.charge(name->size()));
      names[t] = name->str();
      while (!taken.insert(names[t]).second) names[t] = fmt::format("{}_{}", name->string_view(), ++next[name->str()]);
      return {};
    };
    if (subgraph_->inputs() != nullptr)
      for (const std::int32_t place : *subgraph_->inputs()) OCTET_RETURN_IF_ERROR(give_name(place));
    for (const std::int32_t place : *subgraph_->outputs()) OCTET_RETURN_IF_ERROR(give_name(place));
    for (std::size_t t = 0; t < names.size(); ++t) OCTET_RETURN_IF_ERROR(give_name(static_cast<std::int32_t>(t)));
    return names;
  }

  Result<void> check_wanted_names(const ImportOptions& options, const std::vector<std::string>& names) const {
    std::vector<std::string> input_names;
    if (subgraph_->inputs() != nullptr)
      for (const std::int32_t place : *subgraph_->inputs())
        input_names.push_back(names[static_cast<std::size_t>(place)]);
    return check_input_shape_names(options, input_names);
  }

  std::string graph_name() const {
    const auto* name = subgraph_->name();
    return name != nullptr && name->size() > 0 && name->size() <= kMaxNameBytes ? name->str() : "main";
  }

  Result<void> add_node(std::uint32_t i, TfliteGraph& graph) const {
    const auto& outputs = *op(i).outputs();
    std::vector<OutputSpec> specs;
    for (const std::int32_t place : outputs) {
      const bool is_graph_output =
          std::find(subgraph_->outputs()->begin(), subgraph_->outputs()->end(), place) != subgraph_->outputs()->end();
      OCTET_ASSIGN_OR_RETURN(OutputSpec spec, graph.output_spec(static_cast<std::size_t>(place), is_graph_output));
      specs.push_back(std::move(spec));
    }
    TfliteNode node(graph, op(i), node_name(i), type_name(i), std::move(specs));
    OCTET_RETURN_IF_ERROR(find_tflite_operator(code_of(i), custom_name(i))(node));
    for (std::uint32_t k = 0; k < outputs.size(); ++k) {
      if (node.output(k) == kNoTensor)
        return node.error(ErrorCode::kInvalidModel, "has {} outputs, the operator makes fewer", outputs.size());
      OCTET_RETURN_IF_ERROR(graph.bind_output(node, static_cast<std::size_t>(outputs[k]), node.output(k)));
    }
    return {};
  }

  const tfl3::Model& model_;
  const tfl3::SubGraph* subgraph_ = nullptr;
  CopyBudget budget_;
};

}  // namespace

Result<Graph> import_tflite(std::span<const std::byte> bytes, std::string_view file_name,
                            const ImportOptions& options) {
  // FlatBuffers are read in place, as numbers of up to 8 bytes.
  std::vector<std::uint64_t> aligned;
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) != 0) {
    aligned.resize(bytes.size() / sizeof(std::uint64_t) + 1);
    std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(aligned)).begin());
    bytes = std::as_bytes(std::span(aligned)).first(bytes.size());
  }
  const auto root = verified_root(bytes);
  if (!root) return at(file_name, root.error());
  auto graph = Importer(**root, bytes.size()).run(options);
  if (!graph) return at(file_name, std::move(graph).error());
  return graph;
}

Result<Graph> import_tflite(const std::filesystem::path& path, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return import_tflite(file.bytes(), path.filename().string(), options);
}

}  // namespace octet
