// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/ascend.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace octet {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

bool is_border(const NodeProto& node) {
  return node.op_type() == "AscendQuant" || node.op_type() == "AscendDequant" || node.op_type() == "AscendAntiQuant";
}

template <typename... Args>
Error node_error(const NodeProto& node, ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return make_error(code, "node '{}' ({}): {}", node.name(), node.op_type(), fmt::format(format, std::forward<Args>(args)...));
}

float float_attribute(const NodeProto& node, std::string_view name, float fallback) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == name) return attribute.f();
  return fallback;
}

std::int64_t int_attribute(const NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == name) return attribute.i();
  return 0;
}

// scale and zero point of quantized values.
struct Params {
  float scale;
  std::int8_t zero_point;
};

Result<Params> params_of(const NodeProto& node) {
  if (node.input_size() != 1 || node.output_size() != 1)
    return node_error(node, ErrorCode::kInvalidModel, "has {} inputs and {} outputs, expected one each", node.input_size(), node.output_size());
  const bool is_quant = node.op_type() == "AscendQuant";
  for (const auto& attribute : node.attribute())
    if (attribute.name() == "dst_type" && attribute.s() != "INT8")
      return node_error(node, ErrorCode::kUnsupported, "dst_type is '{}', expected INT8", attribute.s());
  const float scale = float_attribute(node, "scale", 0.0f), offset = float_attribute(node, "offset", 0.0f) * (is_quant ? 1.0f : -1.0f);
  if (!std::isnormal(scale) || scale < 0.0f || !std::isnormal(1.0f / scale))
    return node_error(node, ErrorCode::kInvalidModel, "scale is {}, expected a positive number", scale);
  if (!(offset >= -128.0f && offset <= 127.0f) || std::nearbyint(offset) != offset)
    return node_error(node, ErrorCode::kInvalidModel, "offset is {}, expected an integer from -128 to 127", offset);
  return Params{is_quant ? 1.0f / scale : scale, static_cast<std::int8_t>(offset)};
}

class Lowering {
 public:
  explicit Lowering(onnx::GraphProto& graph) : graph_(graph) {
    for (const TensorProto& tensor : graph.initializer()) constants_[tensor.name()] = &tensor;
    for (NodeProto& node : *graph.mutable_node())
      for (const std::string& output : node.output()) producers_[output] = &node;
  }

  Result<void> run() {
    for (NodeProto& node : *graph_.mutable_node())
      if (node.op_type() == "AscendDequant") OCTET_RETURN_IF_ERROR(lower_layer(node));
    std::vector<NodeProto> nodes;
    for (NodeProto& node : *graph_.mutable_node()) {
      for (NodeProto& before : before_[&node]) nodes.push_back(std::move(before));
      if (node.op_type() == "AscendQuant" || node.op_type() == "AscendAntiQuant") {
        OCTET_ASSIGN_OR_RETURN(const Params params, border_params(node));
        nodes.push_back(linear(node.op_type() == "AscendQuant" ? "QuantizeLinear" : "DequantizeLinear", node.name(), node.input(0),
                               params, node.output(0)));
      } else {
        nodes.push_back(node);
      }
    }
    graph_.clear_node();
    for (NodeProto& node : nodes) *graph_.add_node() = std::move(node);
    return {};
  }

 private:
  NodeProto* producer(const std::string& name) const {
    const auto found = producers_.find(name);
    return found == producers_.end() ? nullptr : found->second;
  }
  const TensorProto* constant(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? nullptr : found->second;
  }

  // What an AscendAntiQuant reads has the scale of the AscendQuant that made it: 1 / (1 / scale) may be off by its last bit.
  Result<Params> border_params(const NodeProto& node) const {
    OCTET_ASSIGN_OR_RETURN(Params params, params_of(node));
    const NodeProto* quant = node.op_type() == "AscendAntiQuant" ? producer(node.input(0)) : nullptr;
    if (quant == nullptr || quant->op_type() != "AscendQuant") return params;
    OCTET_ASSIGN_OR_RETURN(const Params made, params_of(*quant));
    if (std::fabs(made.scale / params.scale - 1.0f) < 1e-6f) params.scale = made.scale;
    return params;
  }

  std::string add_initializer(const std::string& wanted, TensorProto::DataType type, std::vector<std::int64_t> dims, const void* data,
                              std::size_t bytes) {
    std::string name = wanted;
    for (int i = 1; constants_.contains(name) || producers_.contains(name); ++i) name = fmt::format("{}_{}", wanted, i);
    TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t d : dims) tensor.add_dims(d);
    tensor.set_raw_data(data, bytes);
    constants_[name] = &tensor;
    return name;
  }

  NodeProto linear(std::string_view type, const std::string& name, const std::string& src, const Params& params, const std::string& dst) {
    NodeProto node;
    node.set_name(name);
    node.set_op_type(std::string(type));
    node.add_input(src);
    node.add_input(add_initializer(dst + "/scale", TensorProto::FLOAT, {}, &params.scale, sizeof(float)));
    node.add_input(add_initializer(dst + "/zero_point", TensorProto::INT8, {}, &params.zero_point, 1));
    node.add_output(dst);
    return node;
  }

  // Input i of `layer` behind a DequantizeLinear with a scale for each index of `axis`.
  void dequantize_input(NodeProto& layer, int i, std::int64_t axis, const std::vector<float>& scale) {
    const std::string stored = layer.input(i), real = fmt::format("{}/real_{}", layer.output(0), i);
    NodeProto& node = before_[&layer].emplace_back();
    node.set_name(fmt::format("{}/dequantize_{}", layer.name(), i));
    node.set_op_type("DequantizeLinear");
    node.add_input(stored);
    const bool is_one = scale.size() == 1;
    node.add_input(add_initializer(real + "/scale", TensorProto::FLOAT,
                                   is_one ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{static_cast<std::int64_t>(scale.size())},
                                   scale.data(), scale.size() * sizeof(float)));
    node.add_output(real);
    auto& attribute = *node.add_attribute();
    attribute.set_name("axis");
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(axis);
    layer.set_input(i, real);
  }

  // float32 numbers in the low halves; the high ones are offsets of weights.
  Result<std::vector<float>> factors(const NodeProto& dequant) const {
    const TensorProto* params = dequant.input_size() == 2 ? constant(dequant.input(1)) : nullptr;
    const bool is_uint64 = params != nullptr && params->data_type() == TensorProto::UINT64 && params->raw_data().size() % 8 == 0;
    std::vector<std::uint64_t> words;
    if (is_uint64) {
      words.assign(params->uint64_data().begin(), params->uint64_data().end());
      const std::size_t listed = words.size();
      words.resize(listed + params->raw_data().size() / 8);
      if (!params->raw_data().empty()) std::memcpy(words.data() + listed, params->raw_data().data(), params->raw_data().size());
    }
    if (words.empty()) return node_error(dequant, ErrorCode::kInvalidModel, "its second input is no constant of 64-bit integers");
    std::vector<float> values;
    for (const std::uint64_t bits : words) {
      const float factor = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
      if ((bits >> 32 & 0xff) != 0) return node_error(dequant, ErrorCode::kUnsupported, "weights with offsets are not supported");
      if (!std::isnormal(factor) || factor < 0.0f)
        return node_error(dequant, ErrorCode::kInvalidModel, "a factor is {}, expected a positive number", factor);
      values.push_back(factor);
    }
    return values;
  }

  Result<void> lower_layer(NodeProto& dequant) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<float> factor, factors(dequant));
    NodeProto* last = producer(dequant.input(0));
    NodeProto* add = last != nullptr && last->op_type() == "Add" ? last : nullptr;
    NodeProto* layer = add != nullptr && add->input_size() == 2 ? producer(add->input(0)) : last;
    const bool is_layer = layer != nullptr && layer->input_size() >= 2 && layer->output_size() == 1 &&
                          (layer->op_type() == "Conv" || layer->op_type() == "MatMul" ||
                           (layer->op_type() == "Gemm" && int_attribute(*layer, "transB") == 1));
    const NodeProto* quant = is_layer ? producer(layer->input(0)) : nullptr;
    if (quant == nullptr || quant->op_type() != "AscendQuant" || constant(layer->input(1)) == nullptr)
      return node_error(dequant, ErrorCode::kUnsupported, "follows no Conv, Gemm (transB 1) or MatMul of an AscendQuant and constant weights");
    if (!before_[layer].empty()) return node_error(dequant, ErrorCode::kInvalidModel, "follows a layer that another AscendDequant follows, too");
    OCTET_ASSIGN_OR_RETURN(const Params src, params_of(*quant));
    std::vector<float> weights_scale = factor;
    for (float& scale : weights_scale) scale /= src.scale;
    const std::string real = layer->output(0) + "/real_0";
    before_[layer].push_back(linear("DequantizeLinear", layer->name() + "/dequantize_0", layer->input(0), src, real));
    layer->set_input(0, real);
    dequantize_input(*layer, 1, layer->op_type() == "MatMul" ? 1 : 0, weights_scale);
    if (layer->input_size() > 2 && constant(layer->input(2)) != nullptr) dequantize_input(*layer, 2, 0, factor);
    if (add != nullptr && constant(add->input(1)) != nullptr) dequantize_input(*add, 1, 0, factor);
    const std::string acc = dequant.input(0);
    dequant.clear_attribute();
    dequant.clear_input();
    dequant.add_input(acc);
    dequant.set_op_type("Identity");
    dequant.clear_domain();
    return {};
  }

  onnx::GraphProto& graph_;
  std::unordered_map<std::string, const TensorProto*> constants_;
  std::unordered_map<std::string, NodeProto*> producers_;
  std::unordered_map<const NodeProto*, std::vector<NodeProto>> before_;
};

}  // namespace

Result<void> lower_ascend_nodes(onnx::GraphProto& graph) {
  if (std::none_of(graph.node().begin(), graph.node().end(), is_border)) return {};
  return Lowering(graph).run();
}

}  // namespace octet
