// SPDX-License-Identifier: Apache-2.0
#include "end_to_end/layer_stack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "importers/onnx/onnx.pb.h"

namespace octet {
namespace {

class Writer {
 public:
  Writer(const ScratchFolder& folder, const std::string& name, const LayerStack& stack)
      : stack_(stack), path_(folder.file(name)), data_name_(name + ".data") {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(13);
    graph().set_name("stack");
    if (stack.external_data) data_.open(folder.file(data_name_), std::ios::binary);
  }

  std::string write() {
    std::string last = add_input();
    for (std::int64_t i = 0; i < stack_.num_layers; ++i) last = add_layer(i, last);
    set_type(graph().add_output(), last, onnx::TensorProto::FLOAT, {kRows, stack_.width});
    EXPECT_TRUE(!stack_.external_data || data_.flush()) << "no space left for " << data_name_;
    write_file(path_, model_.SerializeAsString());
    return path_;
  }

 private:
  static constexpr std::int64_t kRows = 4;
  static constexpr std::size_t kChunk = std::size_t{1} << 20;  // numbers written at a time

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  std::string add_input() {
    if (!stack_.takes_ids) {
      set_type(graph().add_input(), "x", onnx::TensorProto::FLOAT, {kRows, stack_.width});
      return "x";
    }
    set_type(graph().add_input(), "ids", onnx::TensorProto::INT64, {kRows});
    add_weights("table", {stack_.width, stack_.width});
    return add_node("Gather", {"table", "ids"}, "embedded");
  }

  std::string add_layer(std::int64_t i, const std::string& src) {
    const std::string name = "layer" + std::to_string(i), weights = name + "/weights", bias = name + "/bias";
    add_weights(weights, {stack_.width, stack_.width});
    add_weights(bias, {stack_.width});
    std::string product;
    if (i % 3 == 0) {
      product = add_node("Add", {add_node("MatMul", {src, weights}, name + "/product"), bias}, name + "/sum");
    } else {
      product = add_node("Gemm", {src, weights, bias}, name + "/sum");
      if (i % 3 == 2) {
        onnx::AttributeProto& attribute = *graph().mutable_node(graph().node_size() - 1)->add_attribute();
        attribute.set_name("transB");
        attribute.set_type(onnx::AttributeProto::INT);
        attribute.set_i(1);
      }
    }
    return add_node("Relu", {product}, name);
  }

  std::string add_node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_name(output);
    node.set_op_type(type);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return output;
  }

  static void set_type(onnx::ValueInfoProto* value, const std::string& name, int type, const std::vector<std::int64_t>& shape) {
    value->set_name(name);
    auto* tensor = value->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    for (const std::int64_t d : shape) tensor->mutable_shape()->add_dim()->set_dim_value(d);
  }

  // Random numbers between -1 and 1 over the square root of the width.
  void add_weights(const std::string& name, const std::vector<std::int64_t>& shape) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::size_t count = 1;
    for (const std::int64_t d : shape) tensor.add_dims(d), count *= static_cast<std::size_t>(d);
    if (stack_.external_data) set_place(tensor, count * sizeof(float));
    std::vector<float> chunk;
    for (std::size_t done = 0; done < count; done += chunk.size()) {
      chunk.resize(std::min(kChunk, count - done));
      for (float& value : chunk) value = next_number();
      const std::string_view bytes(reinterpret_cast<const char*>(chunk.data()), chunk.size() * sizeof(float));
      if (stack_.external_data) data_ << bytes;
      else tensor.mutable_raw_data()->append(bytes);
    }
  }

  void set_place(onnx::TensorProto& tensor, std::size_t bytes) {
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [&](const std::string& key, const std::string& value) {
      auto* entry = tensor.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    };
    add("location", data_name_);
    add("offset", std::to_string(offset_));
    add("length", std::to_string(bytes));
    offset_ += bytes;
  }

  float next_number() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<std::int32_t>(state_ >> 32)) * 0x1p-31f * scale_;
  }

  const LayerStack& stack_;
  std::string path_, data_name_;
  onnx::ModelProto model_;
  std::ofstream data_;
  std::size_t offset_ = 0;
  std::uint64_t state_ = 1;
  float scale_ = 1.0f / std::sqrt(static_cast<float>(stack_.width));
};

}  // namespace

std::uint64_t LayerStack::weight_bytes() const {
  const auto w = static_cast<std::uint64_t>(width), layers = static_cast<std::uint64_t>(num_layers);
  return 4 * (layers * (w * w + w) + (takes_ids ? w * w : 0));
}

std::string write_layer_stack(const ScratchFolder& folder, const std::string& name, const LayerStack& stack) {
  return Writer(folder, name, stack).write();
}

std::string write_weight_config(const ScratchFolder& folder) {
  const std::string path = folder.file("weights.cfg");
  write_file(path, "[common_quant_param]\nquant_type=WEIGHT_QUANT\nbit_num=8\n");
  return path;
}

}  // namespace octet
