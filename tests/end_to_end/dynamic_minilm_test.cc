// SPDX-License-Identifier: Apache-2.0
// A real transformer with its axes left open: one file for all batches and lengths. The stored model has fixed axes, so the test
// opens them: reshapes copy their sizes, and the table of positions, repeated, is sliced by the shape of the input.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "end_to_end/program.h"
#include "end_to_end/shared_data.h"
#include "importers/onnx/onnx.pb.h"
#include "octet/octet.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStored = 128, kMost = 512, kWords = 6516;
constexpr const char* kInputs[] = {"input_ids", "attention_mask", "token_type_ids"};

fs::path stored_model() { return data_folder() / "models/minilm_sts_seq128.onnx"; }

void add_ints(onnx::GraphProto& graph, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
}

onnx::NodeProto node_of(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto node;
  node.set_op_type(type);
  node.set_name(output);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void open_type(onnx::ValueInfoProto& value) {
  auto& shape = *value.mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.mutable_dim(0)->set_dim_param("batch");
  for (auto& dim : *shape.mutable_dim())
    if (dim.dim_value() == kStored) dim.set_dim_param("seq");
}

// Targets [1, 128, ...] of reshapes become [0, 0, ...].
void open_reshapes(onnx::GraphProto& graph) {
  for (auto& node : *graph.mutable_node()) {
    if (node.op_type() != "Constant" || node.attribute(0).t().data_type() != onnx::TensorProto::INT64) continue;
    std::string& raw = *node.mutable_attribute(0)->mutable_t()->mutable_raw_data();
    std::vector<std::int64_t> values(raw.size() / sizeof(std::int64_t));
    std::memcpy(values.data(), raw.data(), raw.size());
    if (values.size() < 3 || values[0] != 1 || values[1] != kStored) continue;
    values[0] = values[1] = 0;
    std::memcpy(raw.data(), values.data(), raw.size());
  }
}

// The only initializer [1, 128, H] holds the positions.
void open_positions(onnx::GraphProto& graph) {
  std::string table;
  for (auto& tensor : *graph.mutable_initializer()) {
    if (tensor.dims_size() != 3 || tensor.dims(1) != kStored) continue;
    table = tensor.name();
    const std::string once = tensor.raw_data();
    for (std::int64_t done = kStored; done < kMost; done += kStored) tensor.mutable_raw_data()->append(once);
    tensor.set_dims(1, kMost);
  }
  ASSERT_FALSE(table.empty());
  add_ints(graph, "zero", {0});
  add_ints(graph, "one", {1});
  for (auto& node : *graph.mutable_node())
    for (auto& input : *node.mutable_input())
      if (input == table) input = "open/positions";
  std::vector<onnx::NodeProto> nodes = {node_of("Shape", {"input_ids"}, "open/shape"), node_of("Gather", {"open/shape", "one"}, "open/length"),
                                        node_of("Slice", {table, "zero", "open/length", "one", "one"}, "open/positions")};
  nodes.insert(nodes.end(), graph.node().begin(), graph.node().end());
  graph.clear_node();
  for (auto& node : nodes) *graph.add_node() = std::move(node);
}

class DynamicMinilm : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(stored_model())) GTEST_SKIP() << "needs " << stored_model() << ": set OCTET_SHARED to the folder above data/models";
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(read_file(stored_model())));
    onnx::GraphProto& graph = *model.mutable_graph();
    for (auto& input : *graph.mutable_input()) open_type(input);
    for (auto& output : *graph.mutable_output()) open_type(output);
    graph.clear_value_info();
    open_reshapes(graph);
    open_positions(graph);
    write_file(folder_.file("open.onnx"), model.SerializeAsString());
  }

  std::string convert(const std::string& name, const std::string& quantization) {
    std::vector<std::string> args = {"convert", folder_.file("open.onnx"), "-o", folder_.file(name)};
    if (!quantization.empty()) {
      write_file(folder_.file("c.cfg"), "[common_quant_param]\nquant_type=" + quantization + "\n");
      args.insert(args.end(), {"--config", folder_.file("c.cfg")});
    }
    const ProgramRun run = run_program("octet", args);
    EXPECT_EQ(run.status, 0) << run.err;
    return folder_.file(name);
  }

  static InputShapes shapes(std::int64_t batch, std::int64_t seq) {
    InputShapes shapes;
    for (const char* name : kInputs) shapes.push_back({name, {batch, seq}});
    return shapes;
  }

  // The sentence embeddings of made-up words, the last quarter of each sequence masked.
  static std::vector<float> run(Session& session, std::int64_t seq) {
    const auto ids = session.input<std::int64_t>(0), mask = session.input<std::int64_t>(1), types = session.input<std::int64_t>(2);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ids[i] = 100 + static_cast<std::int64_t>(i * 7919) % (kWords - 100);
      mask[i] = static_cast<std::int64_t>(i) % seq * 4 < seq * 3;
      types[i] = 0;
    }
    const auto done = session.run();
    EXPECT_TRUE(done.ok()) << done.error().message;
    const auto embeddings = session.output<float>(1);
    return {embeddings.begin(), embeddings.end()};
  }

  // With all sizes fixed before anything else.
  std::vector<float> expected(std::int64_t batch, std::int64_t seq) const {
    LoadOptions load;
    load.input_shapes = shapes(batch, seq);
    const auto model = Model::load(folder_.file("open.onnx"), load);
    EXPECT_TRUE(model.ok()) << model.error().message;
    auto session = Session::create(*model, {.num_threads = 2});
    EXPECT_TRUE(session.ok()) << session.error().message;
    return run(*session, seq);
  }

  ScratchFolder folder_;
};

TEST_F(DynamicMinilm, OneFileServesAllBatchesAndLengths) {
  struct Form {
    const char* quantization;
    double most_off;     // of the largest value of the float model
    double least_cosine;  // with it
  };
  std::vector<std::pair<Form, Session>> sessions;
  for (const Form& form : {Form{"", 1e-4, 0.999999}, Form{"WEIGHT_QUANT", 1, 0.995}, Form{"DYNAMIC_QUANT", 1, 0.99}}) {
    const auto model = Model::load(convert("m.ms", form.quantization));
    ASSERT_TRUE(model.ok()) << model.error().message;
    auto session = Session::create(*model, {.num_threads = 2, .input_shapes = shapes(1, 16)});
    ASSERT_TRUE(session.ok()) << session.error().message;
    sessions.emplace_back(form, std::move(*session));
  }
  for (const std::int64_t batch : {1, 2, 8}) {
    for (const std::int64_t seq : {8, 32, 128, 512}) {
      const std::vector<float> wanted = expected(batch, seq);
      for (auto& [form, session] : sessions) {
        const auto resized = session.resize(shapes(batch, seq));
        ASSERT_TRUE(resized.ok()) << resized.error().message;
        const std::vector<float> found = run(session, seq);
        ASSERT_EQ(found.size(), wanted.size());
        double off = 0, largest = 0, product = 0, a = 0, b = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
          off = std::max(off, std::fabs(double{found[i]} - wanted[i]));
          largest = std::max(largest, std::fabs(double{wanted[i]}));
          product += double{found[i]} * wanted[i], a += double{found[i]} * found[i], b += double{wanted[i]} * wanted[i];
        }
        EXPECT_LE(off, form.most_off * largest) << form.quantization << ' ' << batch << ' ' << seq;
        EXPECT_GE(product / std::sqrt(a * b), form.least_cosine) << form.quantization << ' ' << batch << ' ' << seq;
      }
    }
  }
}

}  // namespace
}  // namespace octet
