// SPDX-License-Identifier: Apache-2.0
#include "config/converter_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace octet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// The flags that every call needs, and `more`.
std::vector<std::string> with(std::vector<std::string> more) {
  more.insert(more.begin(), {"--fmk=ONNX", "--modelFile=m.onnx", "--outputFile=m_int8"});
  return more;
}

ConverterFlags parse(const std::vector<std::string>& args) {
  const auto flags = parse_converter_flags(args);
  EXPECT_TRUE(flags.ok()) << (flags.ok() ? "" : flags.error().message);
  return flags.ok() ? *flags : ConverterFlags{};
}

std::string error_of(const std::vector<std::string>& args, ErrorCode code = ErrorCode::kInvalidArgument) {
  const auto flags = parse_converter_flags(args);
  EXPECT_FALSE(flags.ok());
  if (flags.ok()) return "";
  EXPECT_EQ(flags.error().code, code);
  return flags.error().message;
}

TEST(ConverterFlags, HaveTheOriginalsDefaults) {
  const ConverterFlags flags = parse(with({}));
  EXPECT_EQ(flags.fmk, FmkType::kOnnx);
  EXPECT_EQ(flags.model_file, "m.onnx");
  EXPECT_EQ(flags.input_data_format, DataFormat::kNhwc);
  EXPECT_FALSE(flags.output_data_format);
  EXPECT_EQ(flags.optimize, OptimizeLevel::kGeneral);
  EXPECT_EQ(flags.save_type, SaveType::kMindirLite);
  EXPECT_EQ(flags.input_data_type, IoDataType::kDefault);
  EXPECT_FALSE(flags.fp16 || flags.infer || flags.help);
}

TEST(ConverterFlags, ReadEveryFlag) {
  const ConverterFlags flags =
      parse(with({"--configFile=a=b.cfg", "--inputDataFormat=NCHW", "--outputDataFormat=NCHW",
                  "--optimize=ascend_oriented:Ascend310P", "--fp16=on", "--inputDataType=INT64",
                  "--outputDataType=UINT8", "--saveType=TFLITE", "--infer=TRUE"}));
  EXPECT_EQ(flags.config_file, "a=b.cfg");
  EXPECT_EQ(flags.input_data_format, DataFormat::kNchw);
  EXPECT_EQ(flags.output_data_format, DataFormat::kNchw);
  EXPECT_EQ(flags.optimize, OptimizeLevel::kAscendOriented);
  EXPECT_EQ(flags.ascend_chip, "Ascend310P");
  EXPECT_TRUE(flags.fp16 && flags.infer);
  EXPECT_EQ(flags.input_data_type, IoDataType::kInt64);
  EXPECT_EQ(flags.output_data_type, IoDataType::kUint8);
  EXPECT_EQ(flags.save_type, SaveType::kTflite);
}

TEST(ConverterFlags, ReadShapesOfInputsWhoseNamesHoldColons) {
  EXPECT_THAT(parse(with({"--inputShape=in:0:1,32,32,4; b:1,64"})).input_shape,
              ElementsAre(Pair("in:0", ElementsAre(1, 32, 32, 4)), Pair("b", ElementsAre(1, 64))));
  EXPECT_EQ(parse(with({"--inputShape=a:2;"})).input_shape.size(), 1U);
}

TEST(ConverterFlags, RefuseWrongShapes) {
  EXPECT_THAT(error_of(with({"--inputShape=1,2"})), HasSubstr("'1,2' is not name:dimensions"));
  EXPECT_THAT(error_of(with({"--inputShape=a:1;a:2"})), HasSubstr("two shapes"));
  for (const char* bad : {"-1", "0", "", "x", "1,,2", "99999999999"})
    EXPECT_THAT(error_of(with({std::string("--inputShape=a:") + bad})), HasSubstr("not a positive integer")) << bad;
}

TEST(ConverterFlags, RefuseUnknownFlagsAndSuggestTheNearest) {
  EXPECT_EQ(error_of(with({"--inputshape=a:1"})),
            "INPUT ILLEGAL: --inputshape is not a flag (did you mean 'inputShape'?)");
  EXPECT_THAT(error_of({"model.onnx"}), HasSubstr("'model.onnx' is not a flag; flags have the form --name=value"));
  EXPECT_THAT(error_of({"-fmk=ONNX"}), HasSubstr("form --name=value"));
  EXPECT_THAT(error_of({"--=ONNX"}), HasSubstr("is not a flag"));
}

TEST(ConverterFlags, RefuseFlagsGivenTwiceOrWithoutValue) {
  EXPECT_EQ(error_of(with({"--fmk=ONNX"})), "INPUT ILLEGAL: --fmk is given twice");
  EXPECT_THAT(error_of(with({"--infer"})), HasSubstr("--infer has no value"));
  EXPECT_THAT(error_of(with({"--configFile="})), HasSubstr("--configFile has no value"));
}

TEST(ConverterFlags, RefuseWrongValuesAndSayWhatIsAllowed) {
  EXPECT_THAT(error_of({"--fmk=onnx"}), AllOf(HasSubstr("INPUT ILLEGAL: --fmk=onnx"), HasSubstr("allowed: MINDIR")));
  for (const char* bad :
       {"--inputDataFormat=nhwc", "--fp16=true", "--infer=1", "--saveType=MS", "--optimize=fast",
        "--optimize=general:chip", "--optimize=ascend_oriented:", "--outputDataType=INT64", "--inputDataType=FLOAT32"})
    EXPECT_THAT(error_of(with({bad})), HasSubstr("; allowed: ")) << bad;
}

TEST(ConverterFlags, NameTheRequiredFlagThatIsMissing) {
  EXPECT_THAT(error_of({}), HasSubstr("INPUT MISSING: --fmk"));
  EXPECT_THAT(error_of({"--fmk=ONNX", "--outputFile=o"}), HasSubstr("INPUT MISSING: --modelFile"));
  EXPECT_THAT(error_of({"--fmk=ONNX", "--modelFile=m"}), HasSubstr("INPUT MISSING: --outputFile"));
}

TEST(ConverterFlags, WantAWeightFileWithCaffeOnly) {
  EXPECT_THAT(error_of({"--fmk=CAFFE", "--modelFile=m", "--outputFile=o"}), HasSubstr("needs --weightFile"));
  EXPECT_EQ(parse({"--fmk=CAFFE", "--modelFile=m", "--weightFile=w", "--outputFile=o"}).weight_file, "w");
  EXPECT_THAT(error_of(with({"--weightFile=w"})), HasSubstr("weightFile is not a valid flag"));
}

TEST(ConverterFlags, RefuseAFolderAsOutput) {
  EXPECT_THAT(error_of({"--fmk=MS", "--modelFile=m", "--outputFile=out/"}),
              HasSubstr("outputFile must be a valid file path"));
}

TEST(ConverterFlags, AppendTheSuffixOfTheSaveTypeOnce) {
  ConverterFlags flags;
  flags.output_file = "a.tflite";
  EXPECT_EQ(output_path(flags), "a.tflite.ms");
  flags.output_file = "a.ms";
  EXPECT_EQ(output_path(flags), "a.ms");
  flags.save_type = SaveType::kOnnx;
  EXPECT_EQ(output_path(flags), "a.ms.onnx");
}

TEST(ConverterFlags, AcceptTheOriginalsOtherFlagsWithHarmlessValuesOnly) {
  parse(with({"--trainModel=False", "--encryption=false", "--decryptMode=AES-CBC", "--optimizeTransformer=false",
              "--inferenceType=FLOAT", "--inputInferenceType=FLOAT", "--stdDev=128", "--mean=-0.5"}));
  for (const char* bad :
       {"--trainModel=true", "--encryption=true", "--encryptKey=00", "--decryptKey=00", "--device=Ascend310",
        "--optimizeTransformer=true", "--inferenceType=INT8", "--quantType=AwareTraining"})
    EXPECT_THAT(error_of(with({bad}), ErrorCode::kUnsupported), HasSubstr("Octet does not")) << bad;
  EXPECT_THAT(error_of({"--fmk=PYTORCH"}, ErrorCode::kUnsupported), HasSubstr("Octet does not read PYTORCH models"));
}

TEST(ConverterFlags, HelpNeedsNothingElse) { EXPECT_TRUE(parse({"--help"}).help); }

TEST(ConverterFlags, DoubleDashEndsTheFlags) { parse(with({"--", "--nonsense"})); }

TEST(ConverterFlags, UsageNamesEveryFlagWithDefaults) {
  const std::string usage = converter_usage();
  for (const char* name : {"fmk", "modelFile", "outputFile", "weightFile", "configFile", "inputShape",
                           "inputDataFormat", "outputDataFormat", "optimize", "fp16", "inputDataType", "outputDataType",
                           "saveType", "infer", "quantType", "bitNum", "quantWeightSize", "quantWeightChannel"})
    EXPECT_THAT(usage, HasSubstr("--" + std::string(name) + "=")) << name;
  EXPECT_THAT(usage, HasSubstr("(default NHWC)"));
}

TEST(OldCommandLine, WeightQuantBecomesAConfiguration) {
  const auto config =
      load_quant_config(parse(with({"--quantType=WeightQuant", "--bitNum=4", "--quantWeightSize=100000"})));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->common.quant_type, QuantType::kWeight);
  EXPECT_EQ(config->common.bit_num, 4);
  EXPECT_EQ(config->common.min_quant_weight_size, 100000);
  EXPECT_EQ(config->common.min_quant_weight_channel, 16);
}

TEST(OldCommandLine, PostTrainingReadsTheFlatFile) {
  const std::string path = testing::TempDir() + "old_config.cfg";
  ASSERT_TRUE(write_file_atomically(path,
                                    "image_path=/dir/a,/dir/b\nbatch_count=10\nmethod_x=MAX_MIN\nthread_num=2\n"
                                    "bias_correction=true\n"));
  const auto config =
      load_quant_config(parse(with({"--quantType=PostTraining", "--bitNum=7", "--configFile=" + path})));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->common.quant_type, QuantType::kFull);
  EXPECT_EQ(config->common.bit_num, 7);
  EXPECT_EQ(config->data.calibrate_path.size(), 2U);
}

TEST(OldCommandLine, RefusesRangesAndCombinations) {
  EXPECT_THAT(error_of(with({"--quantType=WeightQuant", "--bitNum=0"})), HasSubstr("out of range"));
  EXPECT_THAT(error_of(with({"--quantType=WeightQuant", "--bitNum=17"})), HasSubstr("out of range"));
  EXPECT_THAT(error_of(with({"--quantType=PostTraining", "--bitNum=9", "--configFile=c"})), HasSubstr("1 to 8"));
  EXPECT_THAT(error_of(with({"--quantType=PostTraining"})), HasSubstr("needs --configFile"));
  EXPECT_THAT(error_of(with({"--quantType=WeightQuant", "--quantWeightSize=-1"})), HasSubstr("out of range"));
  EXPECT_THAT(error_of(with({"--quantType=WeightQuant", "--configFile=c"})), HasSubstr("contradict"));
  EXPECT_THAT(error_of(with({"--bitNum=8"})), HasSubstr("needs --quantType"));
  EXPECT_THAT(error_of(with({"--quantWeightSize=8"})), HasSubstr("need --quantType=WeightQuant"));
}

TEST(OldCommandLine, WithoutQuantizationFlagsThereIsNone) {
  EXPECT_EQ(load_quant_config(parse(with({})))->common.quant_type, QuantType::kNone);
  EXPECT_EQ(load_quant_config(parse(with({"--configFile=missing.cfg"}))).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace octet
