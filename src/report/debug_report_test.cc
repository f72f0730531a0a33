// SPDX-License-Identifier: Apache-2.0
#include "report/debug_report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ir/text.h"
#include "ops/table.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

class OneSample : public SampleSource {
 public:
  std::size_t size() const override { return 2; }
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    const float values[] = {1, static_cast<float>(index), 0.5f, 2};
    std::memcpy(inputs[0].data(), values, sizeof(values));
    return {};
  }
};

Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message;
  return graph ? std::move(*graph) : Graph{};
}

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class DebugReport : public testing::Test {
 protected:
  // Tests run in parallel, each in a process of its own.
  void SetUp() override { folder_ = fs::path(testing::TempDir()) / fmt::format("octet_debug_report_{}", getpid()) / "made"; }
  void TearDown() override { fs::remove_all(folder_.parent_path()); }

  void write(int original_loads) {
    const Graph float_graph = parsed(R"(
        %x = input f32[1,4]
        %w = const f32[2,4] = [1, 2, 3, 4, -1, -2, -3, -4]
        %y = fully_connected(%x, %w) @"fc"
        output %y)");
    const Graph int8_graph = parsed(R"(
        %x = input f32[1,4]
        %w = const i8[2,4] q(scale=[1, 1], zp=[0, 0], axis=0) = [1, 2, 3, 4, -1, -2, -3, -4]
        %q = quantize(%x) : i8[1,4] q(scale=0.25, zp=0) @"fc_cast"
        %r = fully_connected(%q, %w) : i8[1,2] q(scale=0.5, zp=0) @"fc"
        %y = dequantize(%r) @"return_cast"
        output %y)");
    DebugReportOptions options;
    options.folder = folder_.string();
    options.num_rounds = 2;
    options.original_loads = original_loads;
    options.node_form = [](const Graph&, const Node& node) { return ReportNodeForm{node.name == "fc" ? "MatMulFusion" : "QuantDTypeCast", {}}; };
    options.summary.reasons = {{"return_cast", "why not"}};
    const auto done = write_debug_report(float_graph, int8_graph, OneSample(), options);
    ASSERT_TRUE(done) << done.error().message;
  }

  fs::path folder_;
};

TEST_F(DebugReport, WritesTheColumnsOfTheOriginal) {
  write(/*original_loads=*/0);
  const std::string params = read(folder_ / "quant_param.csv");
  EXPECT_TRUE(params.starts_with("NodeName,NodeType,TensorName,ElementsNum,Dims,Scale,ZeroPoint,Bits,CorrectionVar,CorrectionMean,\n"
                                 "fc_cast,QuantDTypeCast,q,4,1 4 ,0.25,0,8,1,0,\n"
                                 "fc,MatMulFusion,q,4,1 4 ,0.25,0,8,1,0,\n"
                                 "fc,MatMulFusion,w,8,2 4 ,1,0,8,1,0,\n"))
      << params;
  const std::string round = read(folder_ / "round_1.csv");
  EXPECT_TRUE(round.starts_with(",NodeName,NodeType,TensorName,InOutFlag,DataTypeFlag,TensorTypeFlag,Min,Q1,Median,Q3,Max,Mean,Var,Sparsity,Clip,"
                                "CosineSimilarity,\n0,fc_cast,QuantDTypeCast,x,Input,Dequant,Activation,0.5,0.875,1,1.25,2,1.125,0.544862,0,0,1,\n"))
      << round;
  EXPECT_EQ(read(folder_ / "output_summary.csv"), "Round,TensorName,CosineSimilarity,\n0,y,1,\n1,y,1,\n");
}

TEST_F(DebugReport, NamesInputsAndOutputsAsTheOriginalsRuntime) {
  write(/*original_loads=*/3);
  const std::string round = read(folder_ / "round_0.csv");
  EXPECT_NE(round.find("fc_cast,QuantDTypeCast,CpuFP32SubGraph3_3_duplicate_x,Input,Dequant"), std::string::npos) << round;
  EXPECT_NE(round.find("fc,MatMulFusion,CpuFP32SubGraph0_0_duplicate_x,Input,Origin"), std::string::npos);
  EXPECT_NE(round.find("y_duplicate,Output"), std::string::npos);
}

TEST_F(DebugReport, SummaryHoldsBitsErrorsAndReasons) {
  write(/*original_loads=*/0);
  const auto summary = nlohmann::json::parse(read(folder_ / "summary.json"));
  EXPECT_EQ(summary["rounds"], 2);
  EXPECT_EQ(summary["float_weight_bytes"], 32);
  EXPECT_EQ(summary["quantized_weight_bytes"], 8);
  ASSERT_EQ(summary["nodes"].size(), 3u);
  EXPECT_EQ(summary["nodes"][1]["weight_bits"], 8);
  EXPECT_DOUBLE_EQ(summary["nodes"][1]["cosine"], 1.0);
  EXPECT_EQ(summary["nodes"][2]["float_reason"], "why not");
}

}  // namespace
}  // namespace octet
