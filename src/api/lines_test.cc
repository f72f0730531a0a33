// SPDX-License-Identifier: Apache-2.0
// Networks over one dimension (speech): their convolutions and resizes are those of images of height 1, in files and
// int8, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "api/convert_with_config.h"
#include "api/model_impl.h"
#include "base/file.h"
#include "importers/onnx/test_model.h"
#include "octet/octet.h"

namespace octet {
namespace {

constexpr std::int64_t kChannels = 12, kLength = 50;

std::vector<float> ripple(std::int64_t count, float scale, float seed) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = scale * std::sin(static_cast<float>(i * 7) * 0.37f + seed);
  return values;
}

// x [1, 12, 50] -> Conv, BatchNorm, Relu -> Conv, Relu -> Resize to twice the length
void write_network(const std::string& path) {
  test::TestModel model;
  model.input("x", {1, kChannels, kLength});
  model.graph().add_output()->set_name("y");
  model.floats("w1", {16, kChannels, 5}, ripple(16 * kChannels * 5, 0.3f, 1));
  model.floats("b1", {16}, ripple(16, 0.2f, 2));
  model.floats("w2", {8, 16, 3}, ripple(8 * 16 * 3, 0.3f, 3));
  model.floats("b2", {8}, ripple(8, 0.2f, 4));
  for (const char* name : {"gamma", "beta", "mean"}) model.floats(name, {16}, ripple(16, 0.5f, 5));
  model.floats("variance", {16}, std::vector<float>(16, 0.7f));
  model.floats("scales", {3}, {1, 1, 2});
  model.node("Conv", {"x", "w1", "b1"}, {"c1"}).named("c1").ints("pads", {2, 2});
  model.node("BatchNormalization", {"c1", "gamma", "beta", "mean", "variance"}, {"n"}).named("n");
  model.node("Relu", {"n"}, {"r1"}).named("r1");
  model.node("Conv", {"r1", "w2", "b2"}, {"c2"}).named("c2").ints("pads", {1, 1}).ints("strides", {2});
  model.node("Relu", {"c2"}, {"r2"}).named("r2");
  model.node("Resize", {"r2", "", "scales"}, {"y"}).named("up").set_string("mode", "linear");
  std::ofstream(path, std::ios::binary) << model.proto.SerializeAsString();
}

class Lines : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("octet_lines_{}", ::getpid());
    std::filesystem::create_directories(folder_ / "samples");
    write_network(file("m.onnx"));
    for (int i = 0; i < 4; ++i) {
      const std::vector<float> sample = ripple(kChannels * kLength, 1.0f, static_cast<float>(i));
      const auto written =
          write_file_atomically(file(fmt::format("samples/{}.bin", i)), std::as_bytes(std::span(sample)));
      ASSERT_TRUE(written.ok()) << written.error().message;
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  static std::vector<float> run(const std::string& path) {
    const auto model = Model::load(path);
    EXPECT_TRUE(model.ok()) << model.error().message;
    auto session = Session::create(*model);
    EXPECT_TRUE(session.ok()) << session.error().message;
    const std::vector<float> x = ripple(kChannels * kLength, 1.0f, 9);
    std::copy(x.begin(), x.end(), session->input<float>(0).begin());
    EXPECT_TRUE(session->run().ok());
    const auto y = session->output<float>(0);
    return {y.begin(), y.end()};
  }

  std::filesystem::path folder_;
};

TEST_F(Lines, AreStoredAsImagesAndRunInInt8) {
  const std::vector<float> expected = run(file("m.onnx"));
  for (const QuantType type : {QuantType::kNone, QuantType::kFull}) {
    ConvertOptions options;
    options.model_file = file("m.onnx");
    options.output_file = file("m.ms");
    QuantConfig config;
    config.common.quant_type = type;
    config.data.input_type = CalibrationInputType::kBin;
    config.data.calibrate_path = {{"x", file("samples")}};
    const auto report = convert(options, config);
    ASSERT_TRUE(report.ok()) << report.error().message;
    const std::vector<float> found = run(options.output_file);
    ASSERT_EQ(found.size(), expected.size());
    float most = 0, error = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      most = std::max(most, std::fabs(expected[i]));
      error = std::max(error, std::fabs(found[i] - expected[i]));
    }
    EXPECT_LT(error,
              (type == QuantType::kNone ? 1e-5f : 0.05f) * most);  // int8: a few of 255 steps, through three layers
    // Between the convolutions nothing is left: neither transposes nor what changes shapes alone.
    const auto model = import_model(options.output_file, {});
    ASSERT_TRUE(model.ok()) << model.error().message;
    std::string operators;
    for (const Node& node : model->graph.nodes) operators += fmt::format("{} ", node.op->name);
    EXPECT_THAT(operators, testing::HasSubstr("conv2d conv2d "));
    EXPECT_EQ(report->num_quantized_nodes > 0, type == QuantType::kFull);
  }
}

}  // namespace
}  // namespace octet
