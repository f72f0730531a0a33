// SPDX-License-Identifier: Apache-2.0
// From the float ONNX model and images to .ms files whose answers hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "end_to_end/example_model.h"

namespace octet {
namespace {

using testing::HasSubstr;

std::vector<nlohmann::json> evaluate(const std::vector<std::string>& models, int limit = 0) {
  std::vector<std::string> args{"evaluate"};
  args.insert(args.end(), models.begin(), models.end());
  args.insert(args.end(), {"--images", kExampleTestImages, "--labels", kExampleLabels, "--preprocess", kExample + "/convert.cfg",
                           "--limit", std::to_string(limit), "--json"});
  const ProgramRun run = run_program("octet", args);
  EXPECT_EQ(run.status, 0) << run.err;
  const nlohmann::json document = run.json();
  if (!document.contains("models")) {
    ADD_FAILURE() << "no JSON document with models: " << run.out;
    return {};
  }
  return document["models"].get<std::vector<nlohmann::json>>();
}

TEST(Convert, FloatModelGivesTheAnswersOfItsSource) {
  const ScratchFolder folder;
  const auto scores = evaluate({kExampleModel, convert_example(folder, "float.ms", "")});
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_EQ(scores[0]["images"], 500);
  EXPECT_GE(scores[0]["top1"], 450);  // 90 % of 500; the model has about 93 %
  EXPECT_EQ(scores[1]["top1"], scores[0]["top1"]);
  EXPECT_EQ(scores[1]["agreement"], 1.0);
  EXPECT_GE(scores[1]["cosine"], 0.999999);
}

TEST(Convert, Int8ModelLosesAtMostFiveOfFiveHundredAnswers) {
  const ScratchFolder folder;
  const auto scores = evaluate({kExampleModel, convert_example(folder, "int8.ms", write_config(folder, {.calibrate_size = 128}))});
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_GE(scores[1]["top1"].get<int>(), scores[0]["top1"].get<int>() - 5);
  EXPECT_GE(scores[1]["agreement"], 0.97);
  EXPECT_GE(scores[1]["cosine"], 0.99);
}

TEST(Convert, OtherFormatsHoldTheSameModels) {
  const ScratchFolder folder;
  const std::string config = write_config(folder, {.calibrate_size = 64});
  for (const std::string& config_file : {std::string(), config}) {
    std::vector<std::string> models;
    for (const char* name : {"model.ms", "model.onnx", "model.tflite"}) models.push_back(convert_example(folder, name, config_file));
    const auto scores = evaluate(models, 200);
    ASSERT_EQ(scores.size(), 3u);
    for (const auto& score : scores) {
      EXPECT_EQ(score["top1"], scores[0]["top1"]) << score;
      EXPECT_EQ(score["agreement"], 1.0) << score;
      EXPECT_GE(score["cosine"], 0.999999) << score;
    }
  }
}

TEST(Convert, WritesOnnxInTheOpsetAskedFor) {
  const ScratchFolder folder;
  const std::string file = convert_example(folder, "model.onnx", "", {"--opset", "21"});
  EXPECT_EQ(evaluate({kExampleModel, file}, 20)[1]["agreement"], 1.0);
  EXPECT_EQ(run_program("octet", {"convert", kExampleModel, "-o", folder.file("x.onnx"), "--opset", "12"}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "x.onnx"));
}

TEST(Convert, EveryRangeMethodAndGranularityHoldsAccuracy) {
  for (const char* full : {"activation_quant_method=MAX_MIN", "activation_quant_method=MEAN_MIN_MAX", "activation_quant_method=KL",
                           "activation_quant_method=REMOVAL_OUTLIER", "activation_quant_method=MSE", "activation_quant_method=PERCENTILE", "per_channel=false",
                           "bias_correction=false", "activation_quant_method=MAX_MIN\nbias_correction=false\nper_channel=false"}) {
    const ScratchFolder folder;
    const auto scores = evaluate({kExampleModel, convert_example(folder, "int8.ms", write_config(folder, {.extra_full = full}))}, 200);
    ASSERT_EQ(scores.size(), 2u) << full;
    EXPECT_GE(scores[1]["top1"].get<int>(), scores[0]["top1"].get<int>() - 6) << full;
    EXPECT_GE(scores[1]["cosine"], 0.98) << full;
  }
}

TEST(Convert, DryRunForeseesWithoutWriting) {
  const ScratchFolder folder;
  const std::string config = write_config(folder, {.calibrate_size = 100});
  const ProgramRun run = run_program("octet", {"convert", kExampleModel, "--config", config, "--dry-run", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_GT(run.json()["quantized_nodes"], 0);
  EXPECT_GT(run.json()["calibration_bytes"], 0);
  EXPECT_EQ(folder.entries(), (std::vector<std::string>{"convert.cfg"}));
  // Memory does not depend on the number of samples.
  const ProgramRun fewer = run_program("octet", {"convert", kExampleModel, "--config", write_config(folder, {.calibrate_size = 10}), "--dry-run", "--json"});
  EXPECT_EQ(fewer.json()["calibration_bytes"], run.json()["calibration_bytes"]);
  EXPECT_EQ(run_program("octet", {"convert", kExampleModel, "--config", config}).status, 2);  // neither --output nor --dry-run
}

TEST(Convert, ReportsTellOfEveryRound) {
  const ScratchFolder folder;
  convert_example(folder, "int8.ms", write_config(folder, {.calibrate_size = 3, .extra_common = "debug_info_save_path=" + folder.file("report")}));
  for (const char* name : {"quant_param.csv", "round_0.csv", "round_2.csv", "output_summary.csv", "summary.json"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "report" / name)) << name;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "report/round_3.csv"));
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "report/summary.json"));
  EXPECT_EQ(summary["rounds"], 3);
  EXPECT_GT(summary["outputs"][0]["cosine"], 0.95);
}

TEST(Convert, DynamicQuantizationReportsOnOneSample) {
  const ScratchFolder folder;
  write_file(folder.file("dynamic.cfg"), "[common_quant_param]\nquant_type=DYNAMIC_QUANT\ndebug_info_save_path=" + folder.file("report") + "\n");
  convert_example(folder, "dynamic.ms", folder.file("dynamic.cfg"));
  for (const char* name : {"quant_param.csv", "round_0.csv", "output_summary.csv", "summary.json"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "report" / name)) << name;
  const std::string rows = read_file(folder.path() / "report/round_0.csv");
  EXPECT_THAT(rows, HasSubstr("_int8,Input,Dequant,Activation"));
  EXPECT_THAT(rows, testing::Not(HasSubstr("_zero_point")));  // parameters of activations have no rows
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "report/summary.json"));
  EXPECT_EQ(summary["quantization"], "DYNAMIC_QUANT");
  EXPECT_GT(summary["outputs"][0]["cosine"], 0.99);
}

TEST(Convert, EveryTargetAndTheOriginalsWayConvert) {
  for (const char* keys : {"target_device=CPU", "target_device=NVGPU", "target_device=DSP", "target_device=ASCEND", "target_device=KIRIN"}) {
    for (const char* compatibility : {"compatibility=MINDSPORE", "compatibility=OCTET"}) {
      const ScratchFolder folder;
      const std::string file =
          convert_example(folder, "int8.ms", write_config(folder, {.calibrate_size = 4, .extra_common = compatibility, .extra_full = keys}));
      EXPECT_GT(std::filesystem::file_size(file), 0u) << keys << compatibility;
    }
  }
}

TEST(Convert, Int8FileIsMuchSmaller) {
  const ScratchFolder folder;
  const auto plain = std::filesystem::file_size(convert_example(folder, "float.ms", ""));
  const auto int8 = std::filesystem::file_size(convert_example(folder, "int8.ms", write_config(folder, {})));
  EXPECT_LT(static_cast<double>(int8), 0.45 * static_cast<double>(plain));
}

TEST(Convert, SameBytesWithOneAndTwoThreadsAndAgain) {
  const ScratchFolder folder;
  const std::string config = write_config(folder, {});
  const std::string one = read_file(convert_example(folder, "one.ms", config, {"--threads", "1"}));
  EXPECT_FALSE(one.empty());
  EXPECT_EQ(one, read_file(convert_example(folder, "two.ms", config, {"--threads", "2"})));
  EXPECT_EQ(one, read_file(convert_example(folder, "again.ms", config, {"--threads", "1"})));
}

TEST(Convert, TakesRawTensorsAsSamples) {
  const ScratchFolder folder, bins;
  constexpr int kSamples = 3;
  for (int i = 0; i < kSamples; ++i) {
    std::string bytes;
    for (std::size_t p = 0; p < kExampleInputElements; ++p) {
      const float value = static_cast<float>((p * 7 + static_cast<std::size_t>(i) * 31) % 256) / 64.0f - 1.0f;
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    write_file(bins.file(std::to_string(i) + ".bin"), bytes);
  }
  ExampleConfig config{.calibrate_path = "input:" + bins.path().string(), .calibrate_size = kSamples, .input_type = "BIN"};
  const std::string first = read_file(convert_example(folder, "a.ms", write_config(folder, config)));
  EXPECT_EQ(first, read_file(convert_example(folder, "b.ms", write_config(folder, config))));
  EXPECT_FALSE(first.empty());
}

TEST(Convert, SkippedNodesStayFloatAndAreNamed) {
  const ScratchFolder folder;
  const std::string config = write_config(folder, {.extra_common = "skip_quant_type=conv2d"});
  const ProgramRun run = run_program("octet", {"convert", kExampleModel, "-o", folder.file("m.ms"), "--config", config, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const nlohmann::json document = run.json();
  ASSERT_TRUE(document.contains("float_nodes")) << run.out;
  std::size_t convolutions = 0;
  for (const auto& node : document["float_nodes"]) convolutions += node["op"] == "conv2d" ? 1 : 0;
  EXPECT_GT(convolutions, 3u);

  // The first of them by its name.
  const std::string name = document["float_nodes"][0]["node"];
  const std::string by_name = write_config(folder, {.extra_common = "skip_quant_node=" + name});
  const ProgramRun second = run_program("octet", {"convert", kExampleModel, "-o", folder.file("n.ms"), "--config", by_name, "--json"});
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("\"" + name + "\""));
}

TEST(Convert, ReportsWhatItDid) {
  const ScratchFolder folder;
  const ProgramRun run =
      run_program("octet", {"convert", kExampleModel, "-o", folder.file("m"), "--config", write_config(folder, {}), "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const nlohmann::json document = run.json();
  ASSERT_TRUE(document.is_object()) << run.out;
  EXPECT_EQ(document["output"], folder.file("m.ms"));
  EXPECT_EQ(document["quantized"], true);
  EXPECT_GT(document["quantized_nodes"], 10);
  EXPECT_TRUE(document["float_nodes"].empty()) << document["float_nodes"];
  EXPECT_GT(document["cosine"], 0.99);
  EXPECT_EQ(document["output_bytes"], std::filesystem::file_size(folder.file("m.ms")));
}

TEST(Convert, AMsFileConvertsAgain) {
  const ScratchFolder folder;
  const std::string plain = convert_example(folder, "float.ms", "");
  const ProgramRun run = run_program("octet", {"convert", plain, "-o", folder.file("int8.ms"), "--config", write_config(folder, {})});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto scores = evaluate({kExampleModel, folder.file("int8.ms")}, 200);
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_GE(scores[1]["cosine"], 0.99);
}

TEST(Convert, NchwInputsStayWhenAskedFor) {
  const ScratchFolder folder;
  const std::string nchw = convert_example(folder, "nchw.ms", "", {"--input-layout", "NCHW"});
  const nlohmann::json document = run_program("octet", {"inspect", nchw, "--json"}).json();
  ASSERT_TRUE(document.contains("inputs"));
  EXPECT_EQ(document["inputs"][0]["shape"], nlohmann::json({1, 1, 28, 28}));
  const nlohmann::json by_default = run_program("octet", {"inspect", convert_example(folder, "nhwc.ms", ""), "--json"}).json();
  ASSERT_TRUE(by_default.contains("inputs"));
  EXPECT_EQ(by_default["inputs"][0]["shape"], nlohmann::json({1, 28, 28, 1}));
}

}  // namespace
}  // namespace octet
