// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/ms_exporter.h"

#include <numeric>

#include "exporters/ms/ms_writer.h"
#include "ops/quantize.h"

namespace octet {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// The version that the runtime checks the file's against; see docs/formats/ms.md.
constexpr const char* kVersion = "MindSpore Lite 2.0.0";

msl2::FmkType fmk_type(SourceFormat source) {
  static constexpr msl2::FmkType kTypes[] = {msl2::FmkType::TF, msl2::FmkType::CAFFE, msl2::FmkType::ONNX,
                                             msl2::FmkType::MS, msl2::FmkType::TFLITE, msl2::FmkType::MSLITE};
  return kTypes[static_cast<int>(source)];
}

std::vector<Offset<msl2::QuantParam>> write_quant_params(FlatBufferBuilder& buffer, const QuantParams& quant) {
  std::vector<Offset<msl2::QuantParam>> params;
  for (std::size_t i = 0; i < quant.scale.size(); ++i) {
    msl2::QuantParamBuilder builder(buffer);
    builder.add_scale(quant.scale[i]);
    builder.add_zeroPoint(quant.zero_point[i]);
    builder.add_numBits(quant.bits);
    params.push_back(builder.Finish());
  }
  return params;
}

Offset<msl2::Tensor> write_tensor(FlatBufferBuilder& buffer, const Tensor& tensor) {
  const auto name = buffer.CreateString(tensor.name);
  const std::vector<std::int32_t> dims(tensor.shape.begin(), tensor.shape.end());
  const auto dims_vector = buffer.CreateVector(dims);
  Offset<flatbuffers::Vector<std::uint8_t>> data;
  if (tensor.is_constant) {
    const auto bytes = tensor.data.bytes();
    buffer.ForceVectorAlignment(bytes.size(), 1, 16);  // kernels may read the mapped file in place
    data = buffer.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  Offset<flatbuffers::Vector<Offset<msl2::QuantParam>>> quant;
  if (tensor.quant) quant = buffer.CreateVector(write_quant_params(buffer, *tensor.quant));
  msl2::TensorBuilder builder(buffer);
  builder.add_nodeType(tensor.is_constant ? msl2::NodeType::ValueNode : msl2::NodeType::CNode);
  builder.add_dataType(ms_data_type(tensor.type));
  builder.add_dims(dims_vector);
  const bool is_image = tensor.shape.size() == 4 && tensor.layout != Layout::kNchw;
  builder.add_format(is_image ? msl2::Format::NHWC : msl2::Format::NCHW);
  if (tensor.is_constant) builder.add_data(data);
  if (tensor.quant) builder.add_quantParams(quant);
  builder.add_name(name);
  return builder.Finish();
}

class Exporter {
 public:
  Exporter(const Graph& graph, SourceFormat source) : graph_(graph), source_(source) {}

  Result<std::vector<std::byte>> run() {
    OCTET_RETURN_IF_ERROR(check());
    std::vector<Offset<msl2::CNode>> nodes;
    for (const Node& node : graph_.nodes) {
      OCTET_ASSIGN_OR_RETURN(nodes.emplace_back(), write_node(node));
    }
    std::vector<Offset<msl2::Tensor>> tensors;
    for (const Tensor& tensor : graph_.tensors) tensors.push_back(write_tensor(buffer_, tensor));
    for (const Tensor& tensor : extra_tensors_) tensors.push_back(write_tensor(buffer_, tensor));
    finish(nodes, tensors);
    const auto bytes = std::as_bytes(std::span(buffer_.GetBufferPointer(), buffer_.GetSize()));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }

 private:
  // Everything that cannot be written, reported at once.
  Result<void> check() {
    constexpr std::uint64_t kMaxBytes = (std::uint64_t{1} << 31) - (1 << 20);
    std::uint64_t bytes = 0;
    for (const Tensor& tensor : graph_.tensors) {
      bytes += tensor.data.size_bytes();
      if (!is_fixed(tensor.shape))
        return make_error(ErrorCode::kInvalidArgument,
                          "tensor '{}' has a dynamic shape: fix the inputs with --inputShape=NAME:1,... before writing a .ms file",
                          tensor.name);
    }
    if (bytes > kMaxBytes)
      return make_error(ErrorCode::kInvalidArgument, "the model's tensors have {} bytes, a .ms file holds at most {}", bytes, kMaxBytes);
    std::vector<std::string> problems;
    for (const Node& node : graph_.nodes) {
      if (find_ms_writer(*node.op) == nullptr) {
        problems.push_back(fmt::format("node '{}' ({}): cannot be stored in a .ms file", node.name, node.op->name));
        continue;
      }
      // A trial in a buffer of its own: all problems are reported, not the first alone.
      FlatBufferBuilder scratch;
      std::vector<Tensor> extra;
      MsWriter writer(graph_, node, scratch, extra);
      if (auto written = find_ms_writer(*node.op)(writer); !written) problems.push_back(written.error().message);
    }
    if (problems.empty()) return {};
    return make_error(ErrorCode::kUnsupported, "{}", fmt::join(problems, "\n"));
  }

  Result<Offset<msl2::CNode>> write_node(const Node& node) {
    MsWriter writer(graph_, node, buffer_, extra_tensors_);
    OCTET_ASSIGN_OR_RETURN(const MsPrimitive primitive, find_ms_writer(*node.op)(writer));
    const auto table = msl2::CreatePrimitive(buffer_, primitive.type, primitive.table);
    const auto name = buffer_.CreateString(node.name);
    const auto inputs = buffer_.CreateVector(std::vector<std::uint32_t>(writer.inputs.begin(), writer.inputs.end()));
    const auto outputs = buffer_.CreateVector(std::vector<std::uint32_t>(node.outputs.begin(), node.outputs.end()));
    const bool is_border = node.is(kQuantize) || node.is(kDequantize);
    const bool is_int8 = !is_border && graph_.tensor(node.outputs[0]).quant.has_value() &&
                         graph_.tensor(node.outputs[0]).type == DataType::kInt8;
    msl2::CNodeBuilder builder(buffer_);
    builder.add_name(name);
    builder.add_primitive(table);
    builder.add_inputIndex(inputs);
    builder.add_outputIndex(outputs);
    builder.add_quantType(is_int8 ? msl2::QuantType::QUANT_ALL : msl2::QuantType::QUANT_NONE);
    return builder.Finish();
  }

  void finish(const std::vector<Offset<msl2::CNode>>& nodes, const std::vector<Offset<msl2::Tensor>>& tensors) {
    const std::vector<std::uint32_t> inputs(graph_.inputs.begin(), graph_.inputs.end());
    const std::vector<std::uint32_t> outputs(graph_.outputs.begin(), graph_.outputs.end());
    std::vector<std::uint32_t> node_indices(nodes.size()), tensor_indices(tensors.size());
    std::iota(node_indices.begin(), node_indices.end(), 0u);
    std::iota(tensor_indices.begin(), tensor_indices.end(), 0u);
    const auto subgraph = msl2::CreateSubGraphDirect(buffer_, "subgraph_0_main_graph", &inputs, &outputs, &node_indices, &tensor_indices);
    const std::vector<Offset<msl2::SubGraph>> subgraphs = {subgraph};
    const auto name = buffer_.CreateString(graph_.name);
    const auto version = buffer_.CreateString(kVersion);
    const auto input_vector = buffer_.CreateVector(inputs);
    const auto output_vector = buffer_.CreateVector(outputs);
    const auto node_vector = buffer_.CreateVector(nodes);
    const auto tensor_vector = buffer_.CreateVector(tensors);
    const auto subgraph_vector = buffer_.CreateVector(subgraphs);
    msl2::MetaGraphBuilder builder(buffer_);
    builder.add_name(name);
    builder.add_version(version);
    builder.add_fmkType(fmk_type(source_));
    builder.add_inputIndex(input_vector);
    builder.add_outputIndex(output_vector);
    builder.add_nodes(node_vector);
    builder.add_allTensors(tensor_vector);
    builder.add_subGraph(subgraph_vector);
    buffer_.Finish(builder.Finish(), msl2::MetaGraphIdentifier());
  }

  const Graph& graph_;
  SourceFormat source_;
  FlatBufferBuilder buffer_;
  std::vector<Tensor> extra_tensors_;
};

}  // namespace

Result<std::vector<std::byte>> export_ms(const Graph& graph, SourceFormat source) { return Exporter(graph, source).run(); }

MsNodeForm ms_node_form(const Graph& graph, const Node& node) {
  MsNodeForm form{std::string(node.op->name), {}};
  const WritePrimitive write = find_ms_writer(*node.op);
  if (write == nullptr) return form;
  FlatBufferBuilder scratch;
  MsWriter writer(graph, node, scratch, form.added_inputs);
  if (const auto primitive = write(writer); primitive) form.type = msl2::EnumNamePrimitiveType(primitive->type);
  return form;
}

}  // namespace octet
