// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/onnx_importer.h"

#include <climits>
#include <unordered_set>

#include "base/file.h"
#include "importers/onnx/ascend.h"
#include "importers/onnx/graph_inputs.h"
#include "importers/onnx/handlers.h"
#include "importers/onnx/node_order.h"
#include "importers/onnx/subgraph.h"
#include "ops/define.h"
#include "ops/reshape.h"

namespace octet {
namespace {

constexpr std::int64_t kMinOpset = 7, kMaxOpset = 23;

Result<onnx::ModelProto> parse(std::span<const std::byte> bytes) {
  if (bytes.size() > INT_MAX)
    return make_error(ErrorCode::kUnsupported, "is larger than 2 GiB, protobuf's limit; store its weights as external data");
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return make_error(ErrorCode::kInvalidModel, "is no ONNX model, or is cut short: its protobuf does not parse");
  if (!model.has_graph()) return make_error(ErrorCode::kInvalidModel, "is no ONNX model: it holds no graph");
  if (model.graph().sparse_initializer_size() > 0)
    return make_error(ErrorCode::kUnsupported, "has sparse initializers, which Octet does not read");
  return model;
}

Result<std::int64_t> read_opset(const onnx::ModelProto& model) {
  std::int64_t opset = 0;
  for (const auto& entry : model.opset_import())
    if (entry.domain().empty() || entry.domain() == "ai.onnx") opset = std::max(opset, entry.version());
  if (opset >= kMinOpset && opset <= kMaxOpset) return opset;
  return make_error(ErrorCode::kUnsupported,
                    "has opset {}, expected {} to {}; export it for one of these, or convert it with onnx.version_converter", opset,
                    kMinOpset, kMaxOpset);
}

// Reads a graph, or one inside a node, into `graph`.
class Importer {
 public:
  // Takes the initializers out of `proto` as it goes.
  Importer(onnx::GraphProto& proto, std::int64_t opset, OnnxGraph& graph) : proto_(proto), opset_(opset), graph_(graph) {}

  Result<void> add_content() {
    // Nodes of an inlined branch read what is in the graph already.
    const auto is_known = [this](const std::string& name) { return graph_.is_outer(name) || graph_.builder().find(name) != kNoTensor; };
    OCTET_ASSIGN_OR_RETURN(const std::vector<int> order, node_order(proto_, is_known));
    OCTET_RETURN_IF_ERROR(add_initializers());
    find_read_names();
    for (const int i : order) OCTET_RETURN_IF_ERROR(add_node(proto_.node(i)));
    return {};
  }

  Result<void> add_outputs() {
    if (proto_.output_size() == 0) return make_error(ErrorCode::kInvalidModel, "has no graph output");
    for (const auto& output : proto_.output()) {
      OCTET_ASSIGN_OR_RETURN(TensorId id, find_output(output.name()));
      const Graph& graph = graph_.builder().graph();
      std::unordered_set<TensorId> given(graph.inputs.begin(), graph.inputs.end());
      given.insert(graph.outputs.begin(), graph.outputs.end());
      // A graph input, or the same output again, gets a tensor of its own.
      if (given.count(id)) {
        OCTET_ASSIGN_OR_RETURN(id, graph_.builder().add(kIdentity, NoAttrs{}, {id}, fmt::format("{}/output", output.name())));
      }
      Tensor& tensor = graph_.builder().graph().tensor(id);
      if (tensor.shape.size() == 4) tensor.layout = Layout::kNchw;
      graph_.builder().add_output(id);
    }
    return {};
  }

  Result<TensorId> find_output(const std::string& name) {
    const TensorId id = name.empty() ? kNoTensor : graph_.find(name);
    if (id == kNoTensor) return make_error(ErrorCode::kInvalidModel, "graph output '{}' is made by no node", name);
    return id;
  }

 private:
  Result<void> add_initializers() {
    for (auto& initializer : *proto_.mutable_initializer()) {
      const std::string name = initializer.name();
      if (name.empty()) return make_error(ErrorCode::kInvalidModel, "an initializer has no name");
      if (graph_.builder().find(name) != kNoTensor)
        return make_error(ErrorCode::kInvalidModel, "initializer '{}' is there twice", name);
      OCTET_ASSIGN_OR_RETURN(Tensor tensor, import_tensor(initializer, name, graph_.external()));
      graph_.builder().add_constant(std::move(tensor), name);
      initializer.Clear();  // else the weights of large models are in memory twice
    }
    return {};
  }

  // Names of tensors that a node, a graph inside one, or the caller reads.
  void find_read_names() {
    for (const auto& node : proto_.node()) for_each_read_name(node, [this](const std::string& name) { read_names_.insert(name); });
    for (const auto& output : proto_.output()) read_names_.insert(output.name());
  }

  Result<void> add_node(const onnx::NodeProto& proto) {
    std::vector<TensorId> inputs;
    for (const std::string& name : proto.input()) inputs.push_back(name.empty() ? kNoTensor : graph_.find(name));
    const OnnxNode node(proto, opset_, std::move(inputs));
    if (node.num_outputs() == 0) return node.error(ErrorCode::kInvalidModel, "has no output");
    OCTET_RETURN_IF_ERROR(find_onnx_operator(node.qualified_type())->import(node, graph_));
    OCTET_RETURN_IF_ERROR(node.check_all_attributes_known());
    for (std::size_t i = 0; i < node.num_outputs(); ++i) {
      const std::string& name = node.output_name(i);
      if (name.empty() || !read_names_.count(name) || graph_.builder().find(name) != kNoTensor) continue;
      return node.error(ErrorCode::kUnsupported, "its output {} ('{}') is used, and Octet does not compute it", i, name);
    }
    return {};
  }

  onnx::GraphProto& proto_;
  std::int64_t opset_;
  OnnxGraph& graph_;
  std::unordered_set<std::string> read_names_;
};

Result<Graph> import_graph(onnx::GraphProto& proto, std::int64_t opset, const std::filesystem::path& folder, const ImportOptions& options) {
  OCTET_RETURN_IF_ERROR(check_operators(proto, opset));
  OnnxGraph graph(proto.name(), ExternalData(folder, options.on_external_file));
  OCTET_RETURN_IF_ERROR(add_graph_inputs(proto, options, graph.builder()));
  Importer importer(proto, opset, graph);
  OCTET_RETURN_IF_ERROR(importer.add_content());
  OCTET_RETURN_IF_ERROR(importer.add_outputs());
  return graph.builder().finish();
}

Result<Graph> import_parsed(std::span<const std::byte> bytes, const std::filesystem::path& folder, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(onnx::ModelProto model, parse(bytes));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t opset, read_opset(model));
  OCTET_RETURN_IF_ERROR(lower_ascend_nodes(*model.mutable_graph()));
  return import_graph(*model.mutable_graph(), opset, folder, options);
}

}  // namespace

Result<ImportedSubgraph> import_subgraph(const OnnxNode& node, const onnx::GraphProto& proto, const std::vector<TensorType>& inputs,
                                         OnnxGraph& outer) {
  if (proto.input_size() != static_cast<int>(inputs.size())) {
    return node.error(ErrorCode::kInvalidModel, "its graph '{}' has {} inputs, expected {}", proto.name(), proto.input_size(),
                      inputs.size());
  }
  constexpr int kMaxDepth = 6;  // the time that shape inference takes grows exponentially
  OnnxGraph graph(proto.name(), outer);
  if (graph.depth() > kMaxDepth) return node.error(ErrorCode::kUnsupported, "graphs are nested deeper than {}", kMaxDepth);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& name = proto.input(static_cast<int>(i)).name();
    if (name.empty() || graph.builder().find(name) != kNoTensor)
      return node.error(ErrorCode::kInvalidModel, "input {} of its graph '{}' has no name of its own", i, proto.name());
    graph.builder().add_input(name, inputs[i].type, without_symbols(inputs[i].shape), Layout::kNone);
  }
  onnx::GraphProto copy = proto;
  Importer importer(copy, node.opset(), graph);
  auto done = importer.add_content();
  if (done) done = importer.add_outputs();
  if (!done) return node.located(std::move(done).error());
  auto finished = graph.builder().finish();
  if (!finished) return node.located(std::move(finished).error());
  return ImportedSubgraph{std::make_shared<const Graph>(std::move(*finished)), graph.captured()};
}

Result<void> inline_subgraph(const OnnxNode& node, const onnx::GraphProto& proto, OnnxGraph& graph) {
  if (proto.output_size() < static_cast<int>(node.num_outputs()))
    return node.error(ErrorCode::kInvalidModel, "its graph '{}' has {} outputs, expected {}", proto.name(), proto.output_size(), node.num_outputs());
  onnx::GraphProto copy = proto;
  Importer importer(copy, node.opset(), graph);
  OCTET_RETURN_IF_ERROR(importer.add_content());
  for (std::size_t i = 0; i < node.num_outputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id, importer.find_output(proto.output(static_cast<int>(i)).name()));
    if (!node.output_name(i).empty()) graph.builder().bind(node.output_name(i), id);
  }
  return {};
}

Result<Graph> import_onnx(std::span<const std::byte> bytes, std::string_view name,
                          const std::filesystem::path& folder_of_external_data, const ImportOptions& options) {
  auto graph = import_parsed(bytes, folder_of_external_data, options);
  if (!graph) return at(name, std::move(graph).error());
  return graph;
}

Result<Graph> import_onnx(const std::filesystem::path& path, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  return import_onnx(file.bytes(), path.filename().string(), folder, options);
}

}  // namespace octet
