// SPDX-License-Identifier: Apache-2.0
// What the programs print and write: for people, for scripts, and for those who used MindSpore Lite's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "end_to_end/example_model.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string zero_input(const ScratchFolder& folder) {
  const std::string path = folder.file("input.bin");
  write_file(path, std::string(kExampleInputElements * sizeof(float), '\0'));
  return path;
}

TEST(Help, EveryProgramAndCommandExplainsItself) {
  EXPECT_THAT(run_program("octet", {"--help"}).out, HasSubstr("convert"));
  for (const char* command : {"convert", "run", "evaluate", "benchmark", "inspect"}) {
    const ProgramRun run = run_program("octet", {command, "--help"});
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_THAT(run.out, HasSubstr("MODEL")) << command;
    EXPECT_EQ(run.err, "") << command;
  }
  const ProgramRun converter = run_program("converter_lite", {"--help"});
  EXPECT_EQ(converter.status, 0);
  EXPECT_THAT(converter.out, HasSubstr("--configFile="));
  const ProgramRun benchmark = run_program("benchmark", {"--help"});
  EXPECT_EQ(benchmark.status, 0);
  EXPECT_THAT(benchmark.out, HasSubstr("--modelFile="));
}

TEST(Help, AMistypedOptionOrCommandIsAnsweredWithTheNearest) {
  const ProgramRun option = run_program("octet", {"convert", kExampleModel, "-o", "x.ms", "--confg=a.cfg"});
  EXPECT_EQ(option.status, 2);
  EXPECT_NE(option.err.find("did you mean '--config'?"), std::string::npos) << option.err;
  const ProgramRun command = run_program("octet", {"evalate"});
  EXPECT_EQ(command.status, 2);
  EXPECT_NE(command.err.find("did you mean 'evaluate'?"), std::string::npos) << command.err;
}

TEST(Help, NoCommandOrAWrongOptionIsAUsageError) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {}, {"quantise"}, {"convert"}, {"convert", kExampleModel}, {"benchmark", kExampleModel, "--loops", "many"}, {"inspect", kExampleModel, "--bogus"}}) {
    const ProgramRun run = run_program("octet", args);
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_NE(run.err, "");
  }
}

TEST(Run, WritesOneFilePerOutputAndTheirList) {
  const ScratchFolder folder;
  const std::string out_dir = folder.file("a/b");
  const ProgramRun run = run_program("octet", {"run", kExampleModel, "--input", zero_input(folder), "--output-dir", out_dir, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const nlohmann::json document = nlohmann::json::parse(read_file(out_dir + "/outputs.json"));
  EXPECT_EQ(run.json(), document);
  ASSERT_EQ(document["outputs"].size(), 1u);
  const nlohmann::json& output = document["outputs"][0];
  EXPECT_EQ(output["type"], "float32");
  EXPECT_EQ(output["shape"], nlohmann::json({1, 10}));
  EXPECT_TRUE(output.contains("name"));
  EXPECT_EQ(std::filesystem::file_size(out_dir + "/" + output["file"].get<std::string>()), 10 * sizeof(float));
}

TEST(Run, GivesTheSameBytesOnAnyNumberOfThreads) {
  const ScratchFolder folder;
  const std::string int8 = convert_example(folder, "int8.ms", write_config(folder, {}));
  const std::string input = zero_input(folder);
  std::vector<std::string> outputs;
  for (const char* threads : {"1", "2", "3"}) {
    const std::string out_dir = folder.file(std::string("out") + threads);
    const ProgramRun run = run_program("octet", {"run", int8, "--input", input, "--output-dir", out_dir, "--threads", threads, "--json"});
    ASSERT_EQ(run.status, 0) << run.err;
    outputs.push_back(read_file(out_dir + "/" + run.json()["outputs"][0]["file"].get<std::string>()));
  }
  EXPECT_THAT(outputs, ElementsAre(outputs[0], outputs[0], outputs[0]));
}

TEST(Inspect, ShowsGraphSizesOperatorsAndQuantization) {
  const ScratchFolder folder;
  const std::string int8 = convert_example(folder, "int8.ms", write_config(folder, {}));
  const ProgramRun text = run_program("octet", {"inspect", int8});
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("conv2d"));
  EXPECT_THAT(text.out, HasSubstr("scale="));
  EXPECT_THAT(text.out, HasSubstr("multiply-accumulates"));
  const nlohmann::json document = run_program("octet", {"inspect", int8, "--json"}).json();
  ASSERT_TRUE(document.is_object());
  for (const char* key : {"nodes", "tensors", "constant_bytes", "macs", "inputs", "outputs", "operators", "text"})
    EXPECT_TRUE(document.contains(key)) << key;
  EXPECT_GT(document["operators"]["conv2d"], 3);
}

TEST(Inspect, ShowsTheKernelOfEachNodeAndWhy) {
  const ScratchFolder folder;
  const std::string int8 = convert_example(folder, "int8.ms", write_config(folder, {}));
  const nlohmann::json document = run_program("octet", {"inspect", "--kernels", int8, "--json"}).json();
  ASSERT_TRUE(document.is_object());
  std::size_t num_gemms = 0;
  for (const auto& choice : document["kernels"]) {
    for (const char* key : {"node", "operator", "input", "output", "kernel", "why"}) EXPECT_NE(choice.value(key, ""), "") << key;
    EXPECT_TRUE(choice["operator"] != "conv2d" || choice["input"].get<std::string>().starts_with("i8 [")) << choice["input"];
    num_gemms += choice["kernel"].get<std::string>().starts_with("gemm_qs8_qc8w");
  }
  EXPECT_GT(num_gemms, 3u);
  const ProgramRun text = run_program("octet", {"inspect", "--kernels", int8});
  EXPECT_THAT(text.out, HasSubstr("gemm_qs8_qc8w"));
  EXPECT_THAT(text.out, HasSubstr("tier"));
}

TEST(OctetBenchmark, ComparesTwoModelsNodeByNode) {
  const ScratchFolder folder;
  const std::string int8 = convert_example(folder, "int8.ms", write_config(folder, {}));
  const nlohmann::json document = run_program("octet", {"benchmark", int8, "--compare", kExampleModel, "--loops", "3", "--json"}).json();
  ASSERT_TRUE(document.is_object());
  EXPECT_GT(document["peak"]["qs8_gmacs"], 0.0);
  EXPECT_GT(document["other"]["median_ms"], 0.0);
  std::size_t num_compared = 0;
  for (const auto& layer : document["layers"]) {
    if (layer["operator"] != "conv2d") continue;
    EXPECT_GT(layer["ms"], 0.0) << layer["node"];
    EXPECT_GT(layer["other_ms"], 0.0) << layer["node"];
    EXPECT_GT(layer["fraction_of_peak"], 0.0) << layer["node"];
    ++num_compared;
  }
  EXPECT_GT(num_compared, 3u);
  const ProgramRun text = run_program("octet", {"benchmark", int8, "--layers", "--loops", "3"});
  EXPECT_THAT(text.out, HasSubstr("of peak"));
  EXPECT_THAT(text.out, testing::Not(HasSubstr("other ms")));
}

TEST(OctetBenchmark, PrintsItsFiguresAsOneDocument) {
  const nlohmann::json document = run_program("octet", {"benchmark", kExampleModel, "--loops", "5", "--warmup", "1", "--json"}).json();
  ASSERT_TRUE(document.is_object());
  for (const char* key : {"load_ms", "first_ms", "min_ms", "median_ms", "p90_ms", "peak_rss_mb"})
    EXPECT_GT(document.value(key, 0.0), 0.0) << key;
  EXPECT_LE(document["min_ms"], document["median_ms"]);
  EXPECT_LE(document["median_ms"], document["p90_ms"]);
}

TEST(Evaluate, WithoutLabelsGivesAgreementAndCosine) {
  const ProgramRun run = run_program("octet", {"evaluate", kExampleModel, kExampleModel, "--images", kExampleTestImages, "--preprocess",
                                               kExample + "/convert.cfg", "--limit", "10", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const nlohmann::json document = run.json();
  ASSERT_EQ(document["models"].size(), 2u);
  for (const auto& model : document["models"]) {
    EXPECT_EQ(model["images"], 10);
    EXPECT_EQ(model["top1"], 0);
    EXPECT_EQ(model["agreement"], 1.0);
    EXPECT_NEAR(model["cosine"].get<double>(), 1.0, 1e-9);
  }
}

TEST(Evaluate, LabelOffsetShiftsTheClasses) {
  const auto top1 = [](const std::string& offset) {
    const ProgramRun run = run_program("octet", {"evaluate", kExampleModel, "--images", kExampleTestImages, "--labels", kExampleLabels, "--preprocess",
                                                 kExample + "/convert.cfg", "--limit", "50", "--json", "--label-offset", offset});
    EXPECT_EQ(run.status, 0) << run.err;
    return run.json()["models"][0]["top1"].get<int>();
  };
  EXPECT_GT(top1("0"), 40);
  EXPECT_LT(top1("1"), 10);
}

TEST(ConverterLite, SaysSuccessAndAppendsTheSuffix) {
  const ScratchFolder folder;
  for (const char* name : {"plain", "with_suffix.ms", "of_another_format.onnx"}) {
    const ProgramRun run = run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + kExampleModel, "--outputFile=" + folder.file(name)});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_TRUE(run.out.ends_with("CONVERT RESULT SUCCESS:0\n")) << run.out;
  }
  EXPECT_THAT(folder.entries(), ElementsAre("of_another_format.onnx.ms", "plain.ms", "with_suffix.ms"));
  const auto mode = std::filesystem::status(folder.file("plain.ms")).permissions();
  EXPECT_NE(mode & std::filesystem::perms::owner_write, std::filesystem::perms::none);
}

TEST(ConverterLite, GivesTheBytesOfOctetConvert) {
  const ScratchFolder folder;
  const std::string config = write_config(folder, {});
  const ProgramRun run = run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + kExampleModel, "--outputFile=" + folder.file("a"),
                                                        "--configFile=" + config, "--infer=true"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(read_file(folder.file("a.ms")), read_file(convert_example(folder, "b.ms", config)));
}

TEST(ConverterLite, ReadsTheOldCommandLine) {
  const ScratchFolder folder, bins;
  write_file(bins.file("0.bin"), std::string(kExampleInputElements * sizeof(float), '\0'));
  write_file(folder.file("config.cfg"), "image_path=" + bins.path().string() + "\nbatch_count=1\nmethod_x=MAX_MIN\nthread_num=1\n");
  const ProgramRun run = run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + kExampleModel, "--outputFile=" + folder.file("m"),
                                                        "--quantType=PostTraining", "--configFile=" + folder.file("config.cfg")});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("CONVERT RESULT SUCCESS:0\n"));
}

TEST(BenchmarkLite, PrintsTheLinesThatScriptsRead) {
  const ScratchFolder folder;
  const std::string model = convert_example(folder, "float.ms", "");
  const ProgramRun run = run_program("benchmark", {"--modelFile=" + model, "--loopCount=3", "--warmUpLoopCount=1", "--numThreads=1"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("ModelPath = " + model + "\n"));
  EXPECT_THAT(run.out, HasSubstr("LoopCount = 3\n"));
  EXPECT_THAT(run.out, HasSubstr("Running warm up loops...\nRunning benchmark loops...\n"));
  EXPECT_THAT(run.out, MatchesRegex("(.|\n)*Model = float.ms, NumThreads = 1, MinRunTime = [0-9.]+ ms, MaxRuntime = [0-9.]+ ms, "
                                    "AvgRunTime = [0-9.]+ ms\n(.|\n)*"));
  EXPECT_TRUE(run.out.ends_with("Run Benchmark float.ms Success.\n")) << run.out;
}

TEST(BenchmarkLite, ProfilesByNodeAndByType) {
  const ScratchFolder folder;
  const ProgramRun run = run_program("benchmark", {"--modelFile=" + convert_example(folder, "m.ms", ""), "--loopCount=2", "--timeProfiling=true"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("opName"));
  EXPECT_THAT(run.out, HasSubstr("opType"));
}

TEST(BenchmarkLite, ComparesOutputsWithExpectedOnes) {
  const ScratchFolder folder;
  const std::string model = convert_example(folder, "float.ms", "");
  const std::string input = zero_input(folder);
  const ProgramRun once = run_program("octet", {"run", model, "--input", input, "--output-dir", folder.path().string(), "--json"});
  ASSERT_EQ(once.status, 0) << once.err;
  const nlohmann::json output = once.json()["outputs"][0];
  const std::string bytes = read_file(folder.file(output["file"].get<std::string>()));
  const auto expected = [&](float shift) {
    std::string text = output["name"].get<std::string>() + " 2 1 10\n";
    for (std::size_t i = 0; i < 10; ++i) {
      float value = 0;
      std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
      text += std::to_string(value * shift) + " ";
    }
    const std::string path = folder.file("expected.txt");
    write_file(path, text + "\n");
    return path;
  };
  const std::vector<std::string> args{"--modelFile=" + model, "--inDataFile=" + input, "--accuracyThreshold=4",
                                      "--benchmarkDataFile=" + expected(1)};
  const ProgramRun same = run_program("benchmark", args);
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("Mean bias of all nodes/tensors: "));
  expected(2);
  const ProgramRun different = run_program("benchmark", args);
  EXPECT_NE(different.status, 0);
  EXPECT_THAT(different.err, HasSubstr("Mean bias of all nodes/tensors is too big"));
}

}  // namespace
}  // namespace octet
