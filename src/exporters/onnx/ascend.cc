// SPDX-License-Identifier: Apache-2.0
#include "exporters/onnx/ascend.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "exporters/onnx/onnx_file.h"

namespace octet {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

class AscendRewriter {
 public:
  explicit AscendRewriter(onnx::GraphProto& graph) : graph_(graph) {
    for (const TensorProto& tensor : graph.initializer()) constants_[tensor.name()] = &tensor;
    for (NodeProto& node : *graph.mutable_node())
      for (const std::string& output : node.output()) producers_[output] = &node;
    for (NodeProto& node : *graph.mutable_node())
      for (const std::string& input : node.input()) readers_[input].push_back(&node);
  }

  Result<void> run() {
    for (NodeProto& node : *graph_.mutable_node()) OCTET_RETURN_IF_ERROR(rewrite_layer(node));
    write_nodes();
    drop_unread_constants();
    return {};
  }

 private:
  const NodeProto* producer(const std::string& name, std::string_view type) const {
    const auto found = producers_.find(name);
    return found != producers_.end() && found->second->op_type() == type ? found->second : nullptr;
  }
  const TensorProto* constant(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? nullptr : found->second;
  }

  // The DequantizeLinear of a constant of this type; null if `name` is made otherwise.
  const NodeProto* constant_dequantizer(const std::string& name, TensorProto::DataType type) const {
    const NodeProto* node = producer(name, "DequantizeLinear");
    const TensorProto* stored = node == nullptr ? nullptr : constant(node->input(0));
    return stored != nullptr && stored->data_type() == type ? node : nullptr;
  }

  std::vector<float> scales(const NodeProto& node) const {
    const std::string& bytes = constant(node.input(1))->raw_data();
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
  }
  // int8; absent: 0.
  std::int8_t zero_point(const NodeProto& node) const {
    return node.input_size() < 3 ? std::int8_t{0} : static_cast<std::int8_t>(constant(node.input(2))->raw_data()[0]);
  }
  bool has_zero_points(const NodeProto& node) const {
    if (node.input_size() < 3) return false;
    const std::string& bytes = constant(node.input(2))->raw_data();
    return std::any_of(bytes.begin(), bytes.end(), [](char c) { return c != 0; });
  }

  // The Add behind a product that adds a quantized bias to it, and nobody else reads it.
  NodeProto* bias_addition(const NodeProto& product) const {
    const auto readers = readers_.find(product.output(0));
    if (readers == readers_.end() || readers->second.size() != 1 || readers->second[0]->op_type() != "Add") return nullptr;
    NodeProto* add = readers->second[0];
    return add->input(0) == product.output(0) && constant_dequantizer(add->input(1), TensorProto::INT32) != nullptr ? add : nullptr;
  }

  Result<void> rewrite_layer(NodeProto& node) {
    const std::string& type = node.op_type();
    if (type != "Conv" && type != "Gemm" && type != "MatMul") return {};
    const NodeProto* src = producer(node.input(0), "DequantizeLinear");
    const NodeProto* weights = constant_dequantizer(node.input(1), TensorProto::INT8);
    if (src == nullptr || constant(src->input(0)) != nullptr || weights == nullptr || has_zero_points(*weights)) return {};
    const bool has_bias = node.input_size() > 2;
    const NodeProto* bias = has_bias ? constant_dequantizer(node.input(2), TensorProto::INT32) : nullptr;
    if (has_bias && bias == nullptr) return {};
    if (zero_point(*src) != 0)
      return make_error(ErrorCode::kUnsupported, "node '{}' ({}): its input has the zero point {}, Ascend's layers take 0",
                        node.name(), type, zero_point(*src));
    NodeProto* last = &node;
    node.set_input(0, src->input(0));
    node.set_input(1, weights->input(0));
    if (bias != nullptr) node.set_input(2, bias->input(0));
    if (NodeProto* add = type == "MatMul" ? bias_addition(node) : nullptr; add != nullptr) {
      add->set_input(1, constant_dequantizer(add->input(1), TensorProto::INT32)->input(0));
      last = add;
    }
    quantizer_names_.try_emplace(src->input(0), node.name() + ".quant");
    add_dequantizer(node.name(), scales(*src)[0], scales(*weights), *last);
    return {};
  }

  void add_dequantizer(const std::string& layer, float src_scale, const std::vector<float>& weights_scale, NodeProto& last) {
    const std::string dst = last.output(0), acc = dst + ".acc", param = layer + ".dequant.param";
    last.set_output(0, acc);
    TensorProto& params = *graph_.add_initializer();
    params.set_name(param);
    params.set_data_type(TensorProto::UINT64);
    params.add_dims(static_cast<std::int64_t>(weights_scale.size()));
    for (const float scale : weights_scale) {
      const std::uint64_t bits = std::bit_cast<std::uint32_t>(src_scale * scale);
      params.mutable_raw_data()->append(reinterpret_cast<const char*>(&bits), sizeof(bits));
    }
    NodeProto& node = dequantizers_[&last];
    node.set_name(layer + ".dequant");
    node.set_op_type("AscendDequant");
    node.add_input(acc);
    node.add_input(param);
    node.add_output(dst);
    *node.add_attribute() = OnnxAttribute("dtype", std::int64_t{0}).proto;  // ge::DT_FLOAT
  }

  std::unordered_set<std::string> read_names() const {
    std::unordered_set<std::string> read;
    for (const NodeProto& node : graph_.node()) read.insert(node.input().begin(), node.input().end());
    for (const auto& output : graph_.output()) read.insert(output.name());
    return read;
  }

  NodeProto border(const NodeProto& node, std::string_view type, const std::string& name, float scale, float offset) const {
    NodeProto made;
    made.set_name(name);
    made.set_op_type(std::string(type));
    made.add_input(node.input(0));
    made.add_output(node.output(0));
    *made.add_attribute() = OnnxAttribute("scale", scale).proto;
    *made.add_attribute() = OnnxAttribute("offset", offset).proto;
    return made;
  }

  void write_nodes() {
    const std::unordered_set<std::string> read = read_names();
    std::vector<NodeProto> nodes;
    for (const NodeProto& node : graph_.node()) {
      if (node.op_type() == "QuantizeLinear") {
        const auto name = quantizer_names_.find(node.output(0));
        nodes.push_back(border(node, "AscendQuant", name == quantizer_names_.end() ? node.name() : name->second,
                               1.0f / scales(node)[0], zero_point(node)));
        *nodes.back().add_attribute() = OnnxAttribute("dst_type", std::string("INT8")).proto;
      } else if (node.op_type() == "DequantizeLinear") {
        if (!read.contains(node.output(0))) continue;
        nodes.push_back(constant(node.input(0)) != nullptr ? node
                                                           : border(node, "AscendAntiQuant", node.name(), scales(node)[0],
                                                                    -static_cast<float>(zero_point(node))));
      } else {
        nodes.push_back(node);
      }
      if (const auto found = dequantizers_.find(&node); found != dequantizers_.end()) nodes.push_back(found->second);
    }
    graph_.clear_node();
    for (NodeProto& node : nodes) *graph_.add_node() = std::move(node);
  }

  void drop_unread_constants() {
    const std::unordered_set<std::string> read = read_names();
    auto& constants = *graph_.mutable_initializer();
    const auto kept = std::remove_if(constants.begin(), constants.end(), [&](const TensorProto& t) { return !read.contains(t.name()); });
    constants.erase(kept, constants.end());
  }

  onnx::GraphProto& graph_;
  std::unordered_map<std::string, const TensorProto*> constants_;
  std::unordered_map<std::string, NodeProto*> producers_;
  std::unordered_map<std::string, std::vector<NodeProto*>> readers_;
  std::unordered_map<const NodeProto*, NodeProto> dequantizers_;  // what follows a node
  std::unordered_map<std::string, std::string> quantizer_names_;  // by output: of the layer that reads it
};

}  // namespace

Result<void> make_ascend_nodes(onnx::GraphProto& graph) { return AscendRewriter(graph).run(); }

}  // namespace octet
