// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_importer.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/file.h"
#include "importers/missing_operators.h"
#include "importers/ms/handlers.h"
#include "importers/ms/ms_graph.h"

namespace octet {
namespace {

using Places = flatbuffers::Vector<std::uint32_t>;

constexpr std::size_t kMinFileBytes = 8;  // root offset and identifier
constexpr std::size_t kMaxNameBytes = 1 << 12;

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

Result<const msl2::MetaGraph*> verified_root(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (bytes.size() < kMinFileBytes)
    return make_error(ErrorCode::kInvalidModel, "has {} bytes, which is no .ms file", bytes.size());
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return make_error(ErrorCode::kUnsupported, "is larger than 2 GB, the limit of .ms files");
  if (!msl2::MetaGraphBufferHasIdentifier(data)) {
    const std::string_view found(reinterpret_cast<const char*>(data) + 4, 4);
    return make_error(ErrorCode::kInvalidModel,
                      "has the identifier '{}', expected 'MSL2' (a .ms file of MindSpore Lite 1.1 or newer)",
                      printable(found));
  }
  flatbuffers::Verifier::Options options;
  options.max_tables =
      std::max<flatbuffers::uoffset_t>(options.max_tables, static_cast<flatbuffers::uoffset_t>(bytes.size() / 8));
  flatbuffers::Verifier verifier(data, bytes.size(), options);
  if (!msl2::VerifyMetaGraphBuffer(verifier))
    return make_error(ErrorCode::kInvalidModel, "is damaged or cut short: its FlatBuffer does not verify");
  return msl2::GetMetaGraph(data);
}

std::vector<std::uint32_t> list_of(const Places* places) {
  return places == nullptr ? std::vector<std::uint32_t>() : std::vector<std::uint32_t>(places->begin(), places->end());
}

class Importer {
 public:
  Importer(const msl2::MetaGraph& meta, std::size_t file_bytes) : meta_(meta), budget_(file_bytes) {}

  Result<Graph> run(const ImportOptions& options) {
    OCTET_RETURN_IF_ERROR(check_model());
    OCTET_RETURN_IF_ERROR(check_places());
    OCTET_RETURN_IF_ERROR(check_operators());
    OCTET_ASSIGN_OR_RETURN(std::vector<std::string> names, tensor_names());
    OCTET_RETURN_IF_ERROR(check_wanted_names(options, names));
    MsGraph graph(graph_name(), *meta_.allTensors(), std::move(names), budget_);
    for (const std::uint32_t place : inputs_) OCTET_RETURN_IF_ERROR(graph.add_input(place, options));
    for (const std::uint32_t i : order_) OCTET_RETURN_IF_ERROR(add_node(*meta_.nodes()->Get(i), i, graph));
    for (const std::uint32_t place : outputs_) OCTET_RETURN_IF_ERROR(graph.add_output(place));
    return graph.builder().finish();
  }

 private:
  Result<void> check_model() {
    if (meta_.nodes() == nullptr || meta_.allTensors() == nullptr)
      return make_error(ErrorCode::kInvalidModel, "holds no nodes or no tensors");
    if (meta_.obfuscate()) return make_error(ErrorCode::kUnsupported, "is obfuscated, which is not supported");
    const std::size_t num_subgraphs = meta_.subGraph() == nullptr ? 0 : meta_.subGraph()->size();
    if (num_subgraphs > 1) {
      return make_error(ErrorCode::kUnsupported,
                        "has {} sub-graphs (control flow); only models of one graph are supported", num_subgraphs);
    }
    const msl2::SubGraph* subgraph = num_subgraphs == 1 ? meta_.subGraph()->Get(0) : nullptr;
    inputs_ =
        list_of(meta_.inputIndex() != nullptr || subgraph == nullptr ? meta_.inputIndex() : subgraph->inputIndices());
    outputs_ = list_of(meta_.outputIndex() != nullptr || subgraph == nullptr ? meta_.outputIndex()
                                                                             : subgraph->outputIndices());
    if (outputs_.empty()) return make_error(ErrorCode::kInvalidModel, "has no graph output");
    if (subgraph != nullptr && subgraph->nodeIndices() != nullptr) {
      order_ = list_of(subgraph->nodeIndices());
    } else {
      for (std::uint32_t i = 0; i < meta_.nodes()->size(); ++i) order_.push_back(i);
    }
    return {};
  }

  // Everything that refers to a tensor or a node refers to one that exists; a tensor is made once.
  Result<void> check_places() {
    std::vector<bool> is_made(meta_.allTensors()->size(), false), is_listed(meta_.nodes()->size(), false);
    for (const std::uint32_t place : inputs_) {
      OCTET_RETURN_IF_ERROR(check_place("graph input", place));
      is_made[place] = true;
    }
    for (const std::uint32_t place : outputs_) OCTET_RETURN_IF_ERROR(check_place("graph output", place));
    for (const std::uint32_t i : order_) {
      if (i >= is_listed.size() || is_listed[i])
        return make_error(ErrorCode::kInvalidModel,
                          "its sub-graph lists node {}, which does not exist or is listed twice", i);
      is_listed[i] = true;
      OCTET_RETURN_IF_ERROR(check_node(*meta_.nodes()->Get(i), i, is_made));
    }
    return {};
  }

  Result<void> check_place(std::string_view what, std::uint32_t place) const {
    if (place < meta_.allTensors()->size()) return {};
    return make_error(ErrorCode::kInvalidModel, "{}: tensor {} does not exist, the file has {}", what, place,
                      meta_.allTensors()->size());
  }

  Result<void> check_node(const msl2::CNode& node, std::uint32_t i, std::vector<bool>& is_made) {
    OCTET_RETURN_IF_ERROR(check_name(node.name()));
    const std::string name = node_name(node, i);
    const std::size_t num_places = list_size(node.inputIndex()) + list_size(node.outputIndex());
    OCTET_RETURN_IF_ERROR(budget_.charge(num_places * sizeof(std::uint32_t) + name.size()));
    if (list_size(node.outputIndex()) == 0)
      return make_error(ErrorCode::kInvalidModel, "node '{}' has no output", name);
    for (const std::uint32_t place : list_of(node.inputIndex()))
      OCTET_RETURN_IF_ERROR(check_place(fmt::format("node '{}', input", name), place));
    for (const std::uint32_t place : list_of(node.outputIndex())) {
      OCTET_RETURN_IF_ERROR(check_place(fmt::format("node '{}', output", name), place));
      if (is_made[place] || is_ms_constant(*meta_.allTensors()->Get(place)))
        return make_error(ErrorCode::kInvalidModel,
                          "node '{}' makes tensor {}, which is a graph input, a constant or made twice", name, place);
      is_made[place] = true;
    }
    return {};
  }

  static std::size_t list_size(const Places* places) { return places == nullptr ? 0 : places->size(); }

  Result<void> check_name(const flatbuffers::String* name) {
    if (name == nullptr || name->size() <= kMaxNameBytes) return {};
    return make_error(ErrorCode::kInvalidModel, "a name has {} bytes, expected at most {}", name->size(),
                      kMaxNameBytes);
  }

  static std::string node_name(const msl2::CNode& node, std::uint32_t i) {
    return node.name() == nullptr || node.name()->size() == 0 ? fmt::format("node_{}", i) : node.name()->str();
  }

  // All operators that Octet does not have, with their nodes.
  Result<void> check_operators() const {
    MissingOperators missing;
    for (const std::uint32_t i : order_) {
      const msl2::CNode& node = *meta_.nodes()->Get(i);
      const msl2::Primitive* primitive = node.primitive();
      if (primitive == nullptr || primitive->value() == nullptr)
        return make_error(ErrorCode::kInvalidModel, "node '{}' has no operator", node_name(node, i));
      if (find_ms_operator(primitive->value_type()) != nullptr) continue;
      const std::string_view known = msl2::EnumNamePrimitiveType(primitive->value_type());
      const std::string type =
          known.empty() ? fmt::format("number {}", static_cast<int>(primitive->value_type())) : std::string(known);
      missing.add(type, node_name(node, i));
    }
    return missing.error();
  }

  // Names by place, unique: graph inputs and outputs come first and keep theirs.
  Result<std::vector<std::string>> tensor_names() {
    std::vector<std::string> names(meta_.allTensors()->size());
    std::vector<bool> is_named(names.size(), false);
    std::unordered_set<std::string> taken;
    std::unordered_map<std::string, int> next;
    const auto give_name = [&](std::uint32_t place) -> Result<void> {
      if (is_named[place]) return {};
      is_named[place] = true;
      const flatbuffers::String* name = meta_.allTensors()->Get(place)->name();
      OCTET_RETURN_IF_ERROR(check_name(name));
      if (name == nullptr || name->size() == 0) return {};
      OCTET_RETURN_IF_ERROR(budget_.charge(name->size()));
      names[place] = name->str();
      while (!taken.insert(names[place]).second)
        names[place] = fmt::format("{}_{}", name->string_view(), ++next[name->str()]);
      return {};
    };
    for (const std::uint32_t place : inputs_) OCTET_RETURN_IF_ERROR(give_name(place));
    for (const std::uint32_t place : outputs_) OCTET_RETURN_IF_ERROR(give_name(place));
    for (std::uint32_t place = 0; place < names.size(); ++place) OCTET_RETURN_IF_ERROR(give_name(place));
    return names;
  }

  Result<void> check_wanted_names(const ImportOptions& options, const std::vector<std::string>& names) const {
    std::vector<std::string> input_names;
    for (const std::uint32_t place : inputs_) input_names.push_back(names[place]);
    for (const auto& [name, shape] : options.input_shapes) {
      if (std::find(input_names.begin(), input_names.end(), name) != input_names.end()) continue;
      return make_error(ErrorCode::kInvalidArgument,
                        "there is no graph input '{}' to give a shape to; the inputs are '{}'", name,
                        fmt::join(input_names, "', '"));
    }
    return {};
  }

  // Octet writes the name; MindSpore Lite names only the sub-graph.
  std::string graph_name() const {
    if (meta_.name() != nullptr && meta_.name()->size() > 0 && meta_.name()->size() <= kMaxNameBytes)
      return meta_.name()->str();
    return "main_graph";
  }

  static Result<void> add_node(const msl2::CNode& cnode, std::uint32_t i, MsGraph& graph) {
    const MsNode node(cnode, node_name(cnode, i));
    return find_ms_operator(cnode.primitive()->value_type())->import(node, graph);
  }

  const msl2::MetaGraph& meta_;
  CopyBudget budget_;
  std::vector<std::uint32_t> inputs_, outputs_;
  std::vector<std::uint32_t> order_;  // of nodes
};

}  // namespace

Result<Graph> import_ms(std::span<const std::byte> bytes, std::string_view file_name, const ImportOptions& options) {
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

Result<Graph> import_ms(const std::filesystem::path& path, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return import_ms(file.bytes(), path.filename().string(), options);
}

}  // namespace octet
