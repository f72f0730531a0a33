// SPDX-License-Identifier: Apache-2.0
// Wrong flags, configurations, models and samples: an exit status, a message that helps, and no file left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "end_to_end/example_model.h"

namespace octet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Matcher;

constexpr int kInvalidInput = 168;  // the low 8 bits of -600
constexpr int kFailed = 255;        // of -1

// converter_lite on the example with more flags; the result would lie in `folder`, which must stay as it was.
ProgramRun converter_lite(const ScratchFolder& folder, const std::vector<std::string>& more_flags, const std::string& model = kExampleModel) {
  std::vector<std::string> args{"--fmk=ONNX", "--modelFile=" + model, "--outputFile=" + folder.file("result")};
  args.insert(args.end(), more_flags.begin(), more_flags.end());
  const std::vector<std::string> before = folder.entries();
  ProgramRun run = run_program("converter_lite", args);
  EXPECT_EQ(folder.entries(), before) << "something was left behind";
  return run;
}

void expect_failure(const ProgramRun& run, int status, const Matcher<std::string>& message) {
  EXPECT_EQ(run.status, status) << run.err;
  EXPECT_THAT(run.err, message);
  const char* last = status == kInvalidInput ? "CONVERT RESULT FAILED:-600 Invalid input.\n" : "CONVERT RESULT FAILED:-1 Common error code.\n";
  EXPECT_TRUE(run.out.ends_with(last)) << run.out;
}

// One flag, the message it causes.
TEST(BadFlags, AreInvalidInputAndShowTheUsage) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--configfile=x.cfg", "--configfile is not a flag (did you mean 'configFile'?)"},
      {"--fmk=ONNX", "--fmk is given twice"},
      {"--configFile", "--configFile has no value"},
      {"--configFile=", "--configFile has no value"},
      {"configFile=x", "'configFile=x' is not a flag"},
      {"--inputDataFormat=NHCW", "--inputDataFormat=NHCW"},
      {"--inputShape=input:1,x", "dimension 'x' of input 'input'"},
      {"--weightFile=x.caffemodel", "weightFile is not a valid flag"},
      {"--bitNum=8", "--bitNum needs --quantType"},
      {"--trainModel=true", "Octet does not make models for training"},
      {"--quantType=PostTraining", "needs --configFile"},
  };
  for (const auto& [flag, message] : cases) {
    const ScratchFolder folder;
    const ProgramRun run = converter_lite(folder, {flag});
    expect_failure(run, kInvalidInput, HasSubstr(message));
    EXPECT_THAT(run.out, HasSubstr("--modelFile="));
  }
}

TEST(BadFlags, MissingOnesAreNamed) {
  expect_failure(run_program("converter_lite", {}), kInvalidInput, HasSubstr("INPUT MISSING: --fmk"));
  expect_failure(run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + kExampleModel}), kInvalidInput, HasSubstr("--outputFile"));
  expect_failure(run_program("converter_lite", {"--fmk=CAFFE", "--modelFile=a", "--outputFile=b"}), kInvalidInput, HasSubstr("--weightFile"));
  expect_failure(run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + kExampleModel, "--outputFile=folder/"}), kInvalidInput,
                 HasSubstr("ends in '/'"));
}

TEST(BadConfig, NamesFileLineSectionKeyValueAndWhatIsAllowed) {
  struct Case {
    const char* text;
    std::vector<std::string> message;
  };
  const std::vector<Case> cases = {
      {"[common_quant_param]\nquant_typ=FULL_QUANT\n", {"convert.cfg:2: [common_quant_param] quant_typ = FULL_QUANT", "unknown key", "quant_type"}},
      {"[comon_quant_param]\nquant_type=FULL_QUANT\n", {"convert.cfg:1: [comon_quant_param]", "unknown section", "common_quant_param"}},
      {"[common_quant_param]\nquant_type=FULL\n", {"convert.cfg:2:", "quant_type = FULL", "WEIGHT_QUANT", "FULL_QUANT", "DYNAMIC_QUANT"}},
      {"[common_quant_param]\nquant_type=FULL_QUANT\nbit_num=4\n", {"convert.cfg:3:", "bit_num = 4", "8"}},
      {"[common_quant_param]\nquant_type=WEIGHT_QUANT\nbit_num=17\n", {"convert.cfg:3:", "bit_num = 17", "16"}},
      {"[common_quant_param]\nquant_type=FULL_QUANT\n", {"calibrate_path", "FULL_QUANT needs it"}},
      {"[common_quant_param]\nquant_type=FULL_QUANT\n[full_quant_param]\nper_channel=yes\n", {"convert.cfg:4:", "per_channel = yes", "true"}},
      {"[common_quant_param]\nquant_type=DYNAMIC_QUANT\n[full_quant_param]\nper_channel=true\n", {"convert.cfg:4:", "DYNAMIC_QUANT cannot use this key"}},
      {"[common_quant_param]\nquant_type\n", {"convert.cfg:2"}},
  };
  for (const Case& c : cases) {
    const ScratchFolder folder;
    write_file(folder.file("convert.cfg"), c.text);
    const ProgramRun run = converter_lite(folder, {"--configFile=" + folder.file("convert.cfg")});
    for (const std::string& part : c.message) expect_failure(run, kInvalidInput, HasSubstr(part));
  }
}

TEST(BadConfig, AMissingFileIsAFailureThatNamesIt) {
  const ScratchFolder folder;
  expect_failure(converter_lite(folder, {"--configFile=" + folder.file("none.cfg")}), kFailed, HasSubstr("none.cfg"));
}

TEST(BadConfig, AnUnknownNodeSuggestsTheNearestOne) {
  const ScratchFolder folder;
  const ProgramRun run = converter_lite(folder, {"--configFile=" + write_config(folder, {.extra_common = "skip_quant_node=no_such_node_at_all"})});
  EXPECT_TRUE(run.status == kInvalidInput || run.status == kFailed) << run.status;
  EXPECT_THAT(run.err, AllOf(HasSubstr("skip_quant_node"), HasSubstr("no_such_node_at_all"), HasSubstr("nearest: ")));
}

TEST(BadSamples, UnknownInputNameListsTheInputs) {
  const ScratchFolder folder;
  const ProgramRun run = converter_lite(folder, {"--configFile=" + write_config(folder, {.calibrate_path = "inputs:" + kExampleCalibImages})});
  expect_failure(run, kInvalidInput, AllOf(HasSubstr("no input 'inputs'"), HasSubstr("its inputs: input")));
}

TEST(BadSamples, AnEmptyOrMissingFolderIsNamed) {
  const ScratchFolder folder, empty;
  expect_failure(converter_lite(folder, {"--configFile=" + write_config(folder, {.calibrate_path = "input:" + empty.path().string()})}), kFailed,
                 HasSubstr(empty.path().string() + ": holds no "));
  expect_failure(converter_lite(folder, {"--configFile=" + write_config(folder, {.calibrate_path = "input:" + folder.file("none")})}), kFailed,
                 HasSubstr(folder.file("none") + ": cannot be read as a folder"));
}

TEST(BadSamples, MoreThanTheFolderHoldsGivesBothNumbers) {
  const ScratchFolder folder;
  expect_failure(converter_lite(folder, {"--configFile=" + write_config(folder, {.calibrate_size = 129})}), kInvalidInput,
                 AllOf(HasSubstr("129"), HasSubstr("128")));
}

TEST(BadSamples, AnImageThatDoesNotDecodeIsNamed) {
  const std::string png = read_file(kExampleCalibImages + "/0000.png");
  for (const std::string& content : {std::string("not an image"), std::string(), png.substr(0, png.size() / 2)}) {
    const ScratchFolder folder, images;
    write_file(images.file("a.png"), png);
    write_file(images.file("b.png"), content);
    const ProgramRun run = converter_lite(
        folder, {"--configFile=" + write_config(folder, {.calibrate_path = "input:" + images.path().string(), .calibrate_size = 2})});
    expect_failure(run, kFailed, HasSubstr(images.file("b.png")));
  }
}

TEST(BadSamples, ABinFileOfTheWrongSizeGivesBothSizes) {
  const ScratchFolder folder, bins;
  write_file(bins.file("a.bin"), std::string(100, '\0'));
  const ProgramRun run = converter_lite(
      folder,
      {"--configFile=" + write_config(folder, {.calibrate_path = "input:" + bins.path().string(), .calibrate_size = 1, .input_type = "BIN"})});
  expect_failure(run, kFailed, AllOf(HasSubstr(bins.file("a.bin")), HasSubstr("has 100 bytes"), HasSubstr("takes 3136")));
}

TEST(BadSamples, ImagesOfAnotherSizeThanTheInputAreRefused) {
  const ScratchFolder folder;
  const ProgramRun run =
      converter_lite(folder, {"--configFile=" + write_config(folder, {.extra_data = "resize_method=LINEAR\nresize_width=20\nresize_height=20"})});
  expect_failure(run, kFailed, AllOf(HasSubstr("20 x 20"), HasSubstr("28 x 28")));
}

TEST(BadModel, AMissingFileIsNamed) {
  const ScratchFolder folder;
  expect_failure(converter_lite(folder, {}, folder.file("none.onnx")), kFailed, HasSubstr("none.onnx"));
}

TEST(BadModel, TruncatedEmptyAndForeignFilesAreErrors) {
  const std::string model = read_file(kExampleModel);
  for (const std::string& content : {std::string(), std::string("PK\3\4 this is no model"), model.substr(0, 100), model.substr(0, model.size() / 2),
                                     model.substr(0, model.size() - 1)}) {
    const ScratchFolder folder;
    write_file(folder.file("broken.onnx"), content);
    expect_failure(converter_lite(folder, {}, folder.file("broken.onnx")), kFailed, HasSubstr("broken.onnx"));
  }
}

TEST(BadModel, TruncatedMsFilesAreErrors) {
  const ScratchFolder folder;
  const std::string model = read_file(convert_example(folder, "whole.ms", ""));
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{8}, model.size() / 2, model.size() - 1}) {
    write_file(folder.file("broken.ms"), std::string_view(model).substr(0, size));
    const ProgramRun run = run_program("octet", {"inspect", folder.file("broken.ms")});
    EXPECT_EQ(run.status, 1) << size;
    EXPECT_THAT(run.err, HasSubstr("broken.ms")) << size;
  }
}

TEST(BadModel, AFileOfAnotherFormatThanTheFlagSaysIsAnError) {
  const ScratchFolder folder;
  for (const char* format : {"TFLITE", "TF", "MINDIR"}) {
    const ProgramRun run = run_program("converter_lite", {std::string("--fmk=") + format, "--modelFile=" + kExampleModel, "--outputFile=" + folder.file("m")});
    EXPECT_EQ(run.status, kFailed) << format;
    EXPECT_THAT(run.err, HasSubstr(std::filesystem::path(kExampleModel).filename().string())) << format;
    EXPECT_TRUE(folder.entries().empty()) << format;
  }
}

TEST(BadModel, ASuffixThatNoFormatHasIsAnErrorThatListsThem) {
  const ProgramRun run = run_program("octet", {"inspect", "model.unknown"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("'.unknown'"), HasSubstr(".tflite"), HasSubstr(".mindir"), HasSubstr("SavedModel")));
}

TEST(BadOutput, AFolderThatDoesNotExistIsNamed) {
  const ProgramRun run = run_program("octet", {"convert", kExampleModel, "-o", "/no/such/folder/m.ms"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("/no/such/folder"));
}

TEST(BadRun, WrongInputsSayWhatIsExpected) {
  const ScratchFolder folder;
  write_file(folder.file("short.bin"), "abc");
  const ProgramRun run = run_program("octet", {"run", kExampleModel, "--input", folder.file("short.bin"), "--output-dir", folder.file("out")});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("short.bin: has 3 bytes"), HasSubstr("takes 3136")));
  const ProgramRun two = run_program(
      "octet", {"run", kExampleModel, "--input", folder.file("short.bin") + "," + folder.file("short.bin"), "--output-dir", folder.file("out")});
  EXPECT_EQ(two.status, 1);
  EXPECT_THAT(two.err, HasSubstr("--input has 2 files, the model has 1"));
  EXPECT_THAT(folder.entries(), ElementsAre("short.bin"));
}

TEST(BadRun, ThreadsOutOfRangeAreRefused) {
  for (const char* threads : {"0", "-1", "100000"}) {
    const ProgramRun run = run_program("octet", {"benchmark", kExampleModel, "--threads", threads});
    EXPECT_NE(run.status, 0) << threads;
    EXPECT_THAT(run.err, HasSubstr(threads));
  }
}

TEST(BadEvaluate, LabelsThatFitNoImageAreAnError) {
  const ScratchFolder folder;
  write_file(folder.file("labels.csv"), "file,class_index\nother/x.png,3\n");
  const auto evaluate = [&] {
    return run_program("octet", {"evaluate", kExampleModel, "--images", kExampleTestImages, "--labels", folder.file("labels.csv"), "--preprocess",
                                 kExample + "/convert.cfg", "--limit", "3"});
  };
  const ProgramRun none = evaluate();
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("labels.csv: no row names an image"));
  write_file(folder.file("labels.csv"), "file,label\nx.png,3\n");
  EXPECT_THAT(evaluate().err, HasSubstr("no column 'class_index'"));
  write_file(folder.file("labels.csv"), "file,class_index\n0000.png,three\n");
  EXPECT_THAT(evaluate().err, HasSubstr("class_index 'three'"));
}

TEST(BadBenchmark, WrongFlagsShowTheUsage) {
  for (const std::string flag : {"--loopCount=0", "--loopCont=3", "--device=GPU", "--numThreads=x", "--enableParallel=true"}) {
    const ProgramRun run = run_program("benchmark", {"--modelFile=m.ms", flag});
    EXPECT_EQ(run.status, kFailed) << flag;
    EXPECT_THAT(run.err, HasSubstr("usage: benchmark")) << flag;
  }
  const ProgramRun missing = run_program("benchmark", {"--modelFile=none.ms"});
  EXPECT_EQ(missing.status, kFailed);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("none.ms"), HasSubstr("Run Benchmark none.ms Failed : -1")));
}

}  // namespace
}  // namespace octet
