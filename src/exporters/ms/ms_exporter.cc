// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/ms_exporter.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "base/memory.h"
#include "exporters/ms/computed_shapes.h"
#include "exporters/ms/ms_weights.h"
#include "exporters/ms/ms_writer.h"
#include "ops/dynamic_quantize.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/stored_weights.h"

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

// Parameters that are equal are written once: a file with thousands of channels may have few different ones.
class QuantParamWriter {
 public:
  explicit QuantParamWriter(FlatBufferBuilder& buffer) : buffer_(buffer) {}

  std::vector<Offset<msl2::QuantParam>> write(const QuantParams& quant) {
    std::vector<Offset<msl2::QuantParam>> params;
    for (std::size_t i = 0; i < quant.scale.size(); ++i) {
      const float var = quant.corrected() ? quant.var_correction[i] : 1.0f;
      const float mean = quant.corrected() ? quant.mean_correction[i] : 0.0f;
      auto [entry, is_new] = written_.try_emplace({quant.scale[i], quant.zero_point[i], quant.bits, var, mean});
      if (is_new) entry->second = create(entry->first);
      params.push_back(entry->second);
    }
    return params;
  }

 private:
  using Key = std::tuple<float, std::int32_t, int, float, float>;  // scale, zero point, bits, corrections

  Offset<msl2::QuantParam> create(const Key& key) {
    const auto [scale, zero_point, bits, var, mean] = key;
    msl2::QuantParamBuilder builder(buffer_);
    builder.add_scale(scale);
    builder.add_zeroPoint(zero_point);
    builder.add_numBits(bits);
    builder.add_varCorr(var);
    builder.add_meanCorr(mean);
    return builder.Finish();
  }

  FlatBufferBuilder& buffer_;
  std::map<Key, Offset<msl2::QuantParam>> written_;
};

bool is_dynamic(const Node& node) {
  if (is_recurrent(*node.op)) return node.as<RecurrentAttrs>().dynamic;
  return node.is(kDynamicQuantize) || node.is(kDynamicFullyConnected) || node.is(kDynamicMatmul);
}

msl2::QuantType quant_type(const Node& node, bool is_int8, bool has_integer_weights) {
  // The original's runtime takes this older name for QUANT_WEIGHT: it computes in float with the layer's weights, which Octet
  // multiplies in int8.
  if (is_dynamic(node) && is_recurrent(*node.op)) return msl2::QuantType::WeightQuant;
  if (is_dynamic(node)) return msl2::QuantType::QUANT_DYNAMIC;
  if (is_int8) return msl2::QuantType::QUANT_ALL;
  return has_integer_weights ? msl2::QuantType::QUANT_WEIGHT : msl2::QuantType::QUANT_NONE;
}

// A little more than the file will have: a buffer that grows holds everything twice while it does.
std::size_t expected_bytes(const Graph& graph) {
  constexpr std::size_t kBytesOfName = 64, kBytesOfTable = 256;
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 31) - 1;
  std::uint64_t bytes = 1024;
  for (const Tensor& tensor : graph.tensors)
    bytes += tensor.data.size_bytes() + kBytesOfTable + (tensor.quant ? 4 * tensor.quant->scale.size() : 0);
  bytes += graph.nodes.size() * (kBytesOfTable + kBytesOfName);
  return static_cast<std::size_t>(std::min(bytes, kMost));
}

class Exporter {
 public:
  Exporter(Graph graph, SourceFormat source, const MsExportOptions& options)
      : graph_(std::move(graph)), source_(source), options_(options), buffer_(expected_bytes(graph_)) {
    expose_integer_weights(graph_, dequantizes_at_load);
    simplify_computed_shapes(graph_);
  }

  Result<SharedBytes> run() {
    OCTET_RETURN_IF_ERROR(check());
    find_weights();
    std::vector<Offset<msl2::CNode>> nodes;
    for (const Node& node : graph_.nodes) {
      OCTET_ASSIGN_OR_RETURN(nodes.emplace_back(), write_node(node));
    }
    std::vector<Offset<msl2::Tensor>> tensors;
    for (std::size_t id = 0; id < graph_.tensors.size(); ++id) {
      if (is_stored_[id]) tensors.push_back(write_tensor(graph_.tensors[id], is_weights_[id]));
      let_go(graph_.tensors[id]);
    }
    for (const Tensor& tensor : extra_tensors_) tensors.push_back(write_tensor(tensor, /*is_weights=*/false));
    finish(nodes, tensors);
    const auto file = std::make_shared<const flatbuffers::DetachedBuffer>(buffer_.Release());
    return SharedBytes(file, std::as_bytes(std::span(file->data(), file->size())));
  }

 private:
  // Large models would be in memory twice: as constants, and as what is written of them.
  void let_go(Tensor& tensor) {
    constexpr std::size_t kWorthReturning = std::size_t{1} << 25;
    let_go_bytes_ += tensor.data.size_bytes();
    tensor.data = {};
    if (let_go_bytes_ < kWorthReturning) return;
    return_free_memory();
    let_go_bytes_ = 0;
  }

  // Everything that cannot be written, reported at once.
  Result<void> check() {
    constexpr std::uint64_t kMaxBytes = (std::uint64_t{1} << 31) - (1 << 20);
    std::uint64_t bytes = 0;
    for (const Tensor& tensor : graph_.tensors) bytes += tensor.data.size_bytes();
    if (bytes > kMaxBytes)
      return make_error(ErrorCode::kInvalidArgument, "the model's tensors have {} bytes, a .ms file holds at most {}", bytes, kMaxBytes);
    is_stored_.assign(graph_.tensors.size(), false);
    for (const auto* ids : {&graph_.inputs, &graph_.outputs}) mark_stored(*ids);
    std::vector<std::string> problems;
    for (const Node& node : graph_.nodes) {
      if (find_ms_writer(*node.op) == nullptr) {
        problems.push_back(fmt::format("node '{}' ({}): {}", node.name, node.op->name, kNotInMsFiles));
        continue;
      }
      // A trial in a buffer of its own: all problems are reported, not the first alone.
      FlatBufferBuilder scratch;
      std::vector<Tensor> extra;
      MsWriter writer(graph_, node, scratch, extra);
      if (auto written = find_ms_writer(*node.op)(writer); !written) problems.push_back(written.error().message);
      mark_stored(writer.inputs);
      mark_stored(writer.outputs);
    }
    place_tensors();
    if (problems.empty()) return {};
    return make_error(ErrorCode::kUnsupported, "{}", fmt::join(problems, "\n"));
  }

  // Tensors that no node of the file names are left out: scales of dynamic quantization, say.
  void mark_stored(const std::vector<TensorId>& ids) {
    for (const TensorId id : ids)
      if (static_cast<std::size_t>(id) < is_stored_.size()) is_stored_[static_cast<std::size_t>(id)] = true;
  }
  void place_tensors() {
    for (const bool is_stored : is_stored_) {
      places_.push_back(num_stored_);
      num_stored_ += is_stored;
    }
  }
  // Where tensors stand in the file; extra tensors follow those of the graph.
  std::vector<std::uint32_t> places(const std::vector<TensorId>& ids) const {
    std::vector<std::uint32_t> result;
    for (const TensorId id : ids) {
      const auto index = static_cast<std::size_t>(id);
      result.push_back(index < places_.size() ? places_[index] : static_cast<std::uint32_t>(index - places_.size()) + num_stored_);
    }
    return result;
  }

  // The node computes in float with integer weights that are dequantized at load.
  bool has_integer_weights(const Node& node) const {
    if (node.is(kDequantize) || is_dynamic(node) || graph_.tensor(node.outputs[0]).type != DataType::kFloat32) return false;
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
      return id != kNoTensor && graph_.tensor(id).is_constant && graph_.tensor(id).quant;
    });
  }

  // Which tensors are weights of weight-only quantization: they may be packed.
  void find_weights() {
    is_weights_.assign(graph_.tensors.size(), false);
    for (const Node& node : graph_.nodes) {
      if (!has_integer_weights(node) && !dequantizes_weights(graph_, node)) continue;
      if (dequantizes_weights(graph_, node)) dequantized_while_running_.insert(graph_.tensor(node.inputs[0]).name);
      for (const TensorId id : node.inputs)
        if (id != kNoTensor && graph_.tensor(id).is_constant && graph_.tensor(id).quant) is_weights_[static_cast<std::size_t>(id)] = true;
    }
  }

  Offset<msl2::Tensor> write_tensor(const Tensor& tensor, bool is_weights) {
    PackedWeights stored;
    if (is_weights) {
      stored = pack_ms_weights(tensor, options_, dequantized_while_running_.contains(tensor.name));
    } else {
      stored.data_type = ms_data_type(tensor.type);
      stored.has_params = tensor.quant.has_value();
    }
    const auto name = buffer_.CreateString(tensor.name);
    std::vector<std::int32_t> dims;
    for (const std::int64_t d : tensor.shape) dims.push_back(is_symbolic(d) ? -1 : static_cast<std::int32_t>(d));
    const auto dims_vector = buffer_.CreateVector(dims);
    Offset<flatbuffers::Vector<std::uint8_t>> data;
    if (tensor.is_constant) {
      const SharedBytes elements = is_weights ? std::move(stored.data) : tensor.data.borrow();
      const auto bytes = elements.bytes();
      buffer_.ForceVectorAlignment(bytes.size(), 1, 16);  // kernels may read the mapped file in place
      data = buffer_.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    Offset<flatbuffers::Vector<Offset<msl2::QuantParam>>> quant;
    if (stored.has_params) quant = buffer_.CreateVector(quant_params_.write(*tensor.quant));
    msl2::TensorBuilder builder(buffer_);
    builder.add_nodeType(tensor.is_constant ? msl2::NodeType::ValueNode : msl2::NodeType::CNode);
    builder.add_dataType(stored.data_type);
    builder.add_dims(dims_vector);
    const bool is_image = tensor.shape.size() == 4 && tensor.layout != Layout::kNchw;
    builder.add_format(is_image ? msl2::Format::NHWC : msl2::Format::NCHW);
    if (tensor.is_constant) builder.add_data(data);
    if (stored.has_params) builder.add_quantParams(quant);
    builder.add_name(name);
    builder.add_weightQuantCompressType(stored.type);
    return builder.Finish();
  }

  Result<Offset<msl2::CNode>> write_node(const Node& node) {
    MsWriter writer(graph_, node, buffer_, extra_tensors_);
    OCTET_ASSIGN_OR_RETURN(const MsPrimitive primitive, find_ms_writer(*node.op)(writer));
    const auto table = msl2::CreatePrimitive(buffer_, primitive.type, primitive.table);
    const auto name = buffer_.CreateString(node.name);
    const auto inputs = buffer_.CreateVector(places(writer.inputs));
    const auto outputs = buffer_.CreateVector(places(writer.outputs));
    const bool is_border = node.is(kQuantize) || node.is(kDequantize);
    const bool is_int8 = !is_border && graph_.tensor(node.outputs[0]).quant.has_value() &&
                         graph_.tensor(node.outputs[0]).type == DataType::kInt8;
    msl2::CNodeBuilder builder(buffer_);
    builder.add_name(name);
    builder.add_primitive(table);
    builder.add_inputIndex(inputs);
    builder.add_outputIndex(outputs);
    builder.add_quantType(quant_type(node, is_int8, has_integer_weights(node)));
    return builder.Finish();
  }

  void finish(const std::vector<Offset<msl2::CNode>>& nodes, const std::vector<Offset<msl2::Tensor>>& tensors) {
    const std::vector<std::uint32_t> inputs = places(graph_.inputs), outputs = places(graph_.outputs);
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

  Graph graph_;  // integer weights exposed
  SourceFormat source_;
  MsExportOptions options_;
  FlatBufferBuilder buffer_;
  QuantParamWriter quant_params_{buffer_};
  std::vector<bool> is_weights_;  // by TensorId
  std::set<std::string> dequantized_while_running_;  // names of weights
  std::vector<Tensor> extra_tensors_;
  std::vector<bool> is_stored_;         // by TensorId
  std::vector<std::uint32_t> places_;   // by TensorId
  std::uint32_t num_stored_ = 0;
  std::size_t let_go_bytes_ = 0;  // since memory was returned last
};

}  // namespace

Result<SharedBytes> export_ms(Graph graph, SourceFormat source, const MsExportOptions& options) {
  return Exporter(std::move(graph), source, options).run();
}

MsNodeForm ms_node_form(const Graph& graph, const Node& node) {
  MsNodeForm form{std::string(node.op->name), {}};
  const WritePrimitive write = find_ms_writer(*node.op);
  if (write == nullptr) return form;
  FlatBufferBuilder scratch;
  MsWriter writer(graph, node, scratch, form.added_inputs);
  if (const auto primitive = write(writer); primitive) form.type = msl2::EnumNamePrimitiveType(primitive->type);
  std::erase_if(form.added_inputs, [](const Tensor& tensor) { return !tensor.is_constant; });  // results that nobody reads
  return form;
}

}  // namespace octet
