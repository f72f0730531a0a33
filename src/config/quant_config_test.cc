// SPDX-License-Identifier: Apache-2.0
#include "config/quant_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "config/quant_options.h"

namespace octet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

QuantConfig parse_config(const std::string& text) {
  const auto config = parse_quant_config(text, "q.cfg");
  EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().message);
  return config.ok() ? *config : QuantConfig{};
}

std::string config_error(const std::string& text) {
  const auto config = parse_quant_config(text, "q.cfg");
  EXPECT_FALSE(config.ok()) << text;
  if (config.ok()) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
  return config.error().message;
}

const std::string kWeight = "[common_quant_param]\nquant_type=WEIGHT_QUANT\n";
const std::string kDynamic = "[common_quant_param]\nquant_type=DYNAMIC_QUANT\n";
const std::string kFull =
    "[data_preprocess_param]\ncalibrate_path=x:folder\ncalibrate_size=8\ninput_type=IMAGE\n"
    "[common_quant_param]\nquant_type=FULL_QUANT\n";
const std::string kImage = kFull + "[data_preprocess_param]\n";

TEST(QuantConfig, ReadsTheDocumentedFullQuantization) {
  const QuantConfig config = parse_config(R"([common_quant_param]
quant_type=FULL_QUANT
bit_num=8
[data_preprocess_param]
# Calibration dataset path, the format is input_name_1:input_1_dir,input_name_2:input_2_dir
calibrate_path=input_name_1:/mnt/image/input_1_dir,in:0:input_2_dir
calibrate_size=100
input_type=IMAGE
image_to_format=RGB
normalize_mean=[127.5, 127.5, 127.5]
normalize_std=[127.5, 127.5, 127.5]
resize_width=256
resize_height=256
resize_method=LINEAR
center_crop_width=224
center_crop_height=224
[full_quant_param]
activation_quant_method=RemovalOutlier
bias_correction=FALSE
target_device=NVGPU
)");
  EXPECT_EQ(config.common.quant_type, QuantType::kFull);
  EXPECT_EQ(config.data.calibrate_path,
            (std::vector<CalibrationFolder>{{"input_name_1", "/mnt/image/input_1_dir"}, {"in:0", "input_2_dir"}}));
  EXPECT_EQ(config.data.calibrate_size, 100);
  EXPECT_EQ(config.data.image_to_format, ImageFormat::kRgb);
  EXPECT_THAT(config.data.normalize_mean, ElementsAre(127.5, 127.5, 127.5));
  EXPECT_EQ(config.data.resize_method, ResizeMethod::kLinear);
  EXPECT_EQ(config.data.center_crop_height, 224);
  EXPECT_EQ(config.full.activation_quant_method, ActivationQuantMethod::kRemovalOutlier);
  EXPECT_FALSE(config.full.bias_correction);
  EXPECT_TRUE(config.full.per_channel);
  EXPECT_EQ(config.full.target_device, TargetDevice::kNvgpu);
}

TEST(QuantConfig, ReadsTheDocumentedWeightQuantization) {
  const QuantConfig config = parse_config(kWeight + R"(bit_num=8
min_quant_weight_size=5000
min_quant_weight_channel=5
skip_quant_node=conv2d_1,add_8, concat_1
debug_info_save_path="reports # all"
enable_encode = false
[weight_quant_param]
dequant_strategy=ON_THE_FLY
per_channel=True
bias_correction=False
[ascend_context]
provider=ge
input_shape=input_1:[-1,32,32,4]
dynamic_dims=[1~4],[8],[16]
)");
  EXPECT_EQ(config.common.min_quant_weight_size, 5000);
  EXPECT_THAT(config.common.skip_quant_node, ElementsAre("conv2d_1", "add_8", "concat_1"));
  EXPECT_EQ(config.common.debug_info_save_path, "reports # all");
  EXPECT_FALSE(config.common.enable_encode);
  EXPECT_EQ(config.weight.dequant_strategy, DequantStrategy::kOnTheFly);
  EXPECT_FALSE(config.weight.bias_correction);
  EXPECT_TRUE(config.ascend.present);
  EXPECT_EQ(config.ascend.input_shape, (std::vector<AscendInputShape>{{"input_1", {-1, 32, 32, 4}}}));
  EXPECT_EQ(config.ascend.dynamic_dims, (std::vector<std::vector<DimRange>>{{{1, 4}}, {{8, 8}}, {{16, 16}}}));
}

TEST(QuantConfig, ReadsMixedBitsAndDynamicQuantization) {
  const QuantConfig mixed =
      parse_config(kWeight + "bit_num=0\n[mixed_bit_weight_quant_param]\ninit_scale=0.05\nauto_tune=true\n");
  EXPECT_EQ(mixed.common.bit_num, 0);
  EXPECT_EQ(mixed.mixed.init_scale, 0.05);
  EXPECT_TRUE(mixed.mixed.auto_tune);
  EXPECT_EQ(parse_config(kDynamic + "[dynamic_quant_param]\nquant_strategy=ACWL\n").dynamic.quant_strategy,
            DynamicQuantStrategy::kAcwl);
}

TEST(QuantConfig, DefaultsOfTheTableAreTheDefaultsOfTheStructs) {
  for (const QuantOption& option : quant_options()) {
    if (option.set == nullptr || option.default_value.empty()) continue;
    QuantConfig config;
    EXPECT_EQ(option.set(config, option.default_value), "") << option.key;
    EXPECT_EQ(config, QuantConfig{}) << option.key;
  }
}

TEST(QuantConfig, ActivationMethodIsAbsentUnlessGiven) {
  EXPECT_FALSE(parse_config(kFull).full.activation_quant_method);
  for (const char* method : {"MAX_MIN", "KL", "REMOVAL_OUTLIER", "MEAN_MIN_MAX", "PERCENTILE", "MSE"})
    EXPECT_TRUE(parse_config(kFull + "[full_quant_param]\nactivation_quant_method=" + method).full.activation_quant_method);
}

TEST(QuantConfig, ErrorsNamePlaceValueProblemAndWhatIsAllowed) {
  EXPECT_EQ(config_error("[common_quant_param]\nquant_type=weight_quant\n"),
            "q.cfg:2: [common_quant_param] quant_type = weight_quant: unknown value; "
            "allowed: WEIGHT_QUANT, FULL_QUANT, DYNAMIC_QUANT");
  EXPECT_THAT(config_error(kWeight + "bit_num=17\n"), AllOf(HasSubstr("q.cfg:3:"), HasSubstr("out of range; allowed: ")));
}

TEST(QuantConfig, UnknownKeysAndSectionsSuggestTheNearest) {
  EXPECT_THAT(config_error(kWeight + "bitnum=8\n"),
              HasSubstr("bitnum = 8: unknown key (did you mean 'bit_num'?); allowed: quant_type"));
  EXPECT_THAT(config_error(kWeight + "[weight_quant_params]\nper_channel=true\n"),
              HasSubstr("q.cfg:3: [weight_quant_params]: unknown section (did you mean 'weight_quant_param'?)"));
}

TEST(QuantConfig, ForeignSectionsAreAcceptedWithAWarning) {
  testing::internal::CaptureStderr();
  parse_config(kWeight +
        "[registry]\nplugin_path=a.so\n[acl_option_cfg_param]\nx=1\n[aoe_global_options]\ny=1\n[ascend_context]"
        "\ndevice_id=0\n");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("[registry] does not concern"), HasSubstr("[acl_option_cfg_param]"),
                         HasSubstr("[aoe_global_options]"), HasSubstr("device_id = 0: has no effect")));
}

TEST(QuantConfig, AFileWithoutQuantTypeQuantizesNothingAndSaysSo) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse_config("[registry]\ndisable_fusion=on\n").common.quant_type, QuantType::kNone);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nothing will be quantized"));
  EXPECT_EQ(parse_config("[transform_quant_param]\nexport_precision_mode=FLOAT32\n").transform.export_precision_mode,
            ExportPrecisionMode::kFloat32);
}

TEST(QuantConfig, KeysOfAQuantizationNeedItsType) {
  EXPECT_THAT(config_error("[common_quant_param]\nbit_num=8\n"), HasSubstr("quant_type, which is missing"));
  EXPECT_THAT(
      config_error(kWeight + "[full_quant_param]\nper_channel=true\n"),
      HasSubstr("q.cfg:4: [full_quant_param] per_channel = true: quant_type = WEIGHT_QUANT cannot use this key; "
                "allowed with: FULL_QUANT"));
  EXPECT_THAT(config_error(kFull + "min_quant_weight_size=1\n"), HasSubstr("cannot use this key"));
  EXPECT_THAT(config_error(kFull + "[weight_quant_param]\nper_channel=true\n"), HasSubstr("cannot use this key"));
  EXPECT_THAT(config_error(kDynamic + "[full_quant_param]\nper_channel=true\n"), HasSubstr("cannot use this key"));
  EXPECT_THAT(config_error(kWeight + "[dynamic_quant_param]\nquant_strategy=ALWC\n"), HasSubstr("cannot use this key"));
}

TEST(QuantConfig, BitsDependOnTheType) {
  for (const char* bits : {"0", "1", "16"}) parse_config(kWeight + "bit_num=" + bits);
  for (const char* bits : {"-1", "17", "8.5", "eight", ""}) config_error(kWeight + "bit_num=" + bits);
  EXPECT_THAT(config_error(kFull + "bit_num=4"),
              HasSubstr("q.cfg:7: [common_quant_param] bit_num = 4: FULL_QUANT takes 8 bits"));
  EXPECT_THAT(config_error(kDynamic + "bit_num=16"), HasSubstr("DYNAMIC_QUANT takes 8 bits"));
}

TEST(QuantConfig, EncodingMayBeOffForWholeBytesOnly) {
  parse_config(kWeight + "enable_encode=false\n");
  parse_config(kWeight + "enable_encode=false\nbit_num=16\n");
  for (const char* bits : {"0", "7", "9", "15"})
    EXPECT_THAT(config_error(kWeight + "enable_encode=false\nbit_num=" + bits), HasSubstr("enable_encode = false")) << bits;
}

TEST(QuantConfig, FullQuantizationNeedsCalibrationData) {
  const std::string head = "[common_quant_param]\nquant_type=FULL_QUANT\n[data_preprocess_param]\n";
  EXPECT_THAT(config_error(head), HasSubstr("q.cfg: [data_preprocess_param] calibrate_path: missing; FULL_QUANT needs it; "
                                        "allowed: input_name:folder"));
  EXPECT_THAT(config_error(head + "calibrate_path=x:y\n"), HasSubstr("calibrate_size: missing"));
  EXPECT_THAT(config_error(head + "calibrate_path=x:y\ncalibrate_size=1\n"), HasSubstr("input_type: missing"));
  EXPECT_THAT(config_error(kWeight + "[weight_quant_param]\nquant_strategy=GPTQ\n"), HasSubstr("GPTQ needs it"));
}

TEST(QuantConfig, RangesOfAllNumbers) {
  for (const char* bad : {"min_quant_weight_size=65536", "min_quant_weight_channel=-1", "skip_quant_node=a,,b"})
    EXPECT_THAT(config_error(kWeight + bad), HasSubstr("allowed: ")) << bad;
  for (const char* bad : {"init_scale=0", "init_scale=1", "init_scale=nan", "max_iterations=39", "auto_tune=1"})
    EXPECT_THAT(config_error(kWeight + "bit_num=0\n[mixed_bit_weight_quant_param]\n" + bad), HasSubstr("allowed: ")) << bad;
  for (const char* bad : {"activation_quant_method=kl", "smooth_alpha=1.5", "target_device=GPU", "per_channel=yes"})
    EXPECT_THAT(config_error(kFull + "[full_quant_param]\n" + bad), HasSubstr("allowed: ")) << bad;
  for (const char* bad : {"calibrate_size=0", "calibrate_size=65536", "input_type=TXT", "image_to_format=HSV",
                          "normalize_mean=1,2,3", "normalize_std=[1,0,1]", "resize_width=0", "resize_method=AREA",
                          "center_crop_width=65536", "calibrate_path=folder", "calibrate_path=:folder",
                          "calibrate_path=x:", "calibrate_path=x:a,x:b", "calibrate_path="})
    EXPECT_THAT(config_error(kImage + bad), HasSubstr("allowed: ")) << bad;
  for (const char* bad : {"provider=acl", "input_shape=a", "input_shape=a:[0]", "input_shape=a:[1", "dynamic_dims=1",
                          "dynamic_dims=[4~1]", "dynamic_dims=[1][2]", "dynamic_dims=[]"})
    EXPECT_THAT(config_error(kWeight + "[ascend_context]\n" + bad), HasSubstr("allowed: ")) << bad;
  EXPECT_THAT(config_error(kDynamic + "[dynamic_quant_param]\nquant_strategy=PER_TENSOR"), HasSubstr("ALWC, ACWL"));
}

TEST(QuantConfig, QuotedFoldersMayHoldColonsAndCommas) {
  EXPECT_EQ(parse_config(kImage + "calibrate_path=a:'C:/x,y',b:z\n").data.calibrate_path,
            (std::vector<CalibrationFolder>{{"a", "C:/x,y"}, {"b", "z"}}));
}

TEST(QuantConfig, NormalizationHasOneNumberPerChannel) {
  parse_config(kImage + "image_to_format=GRAY\nnormalize_mean=[127.5]\nnormalize_std=[127.5]\n");
  EXPECT_THAT(config_error(kImage + "normalize_mean=[1,2,3]\n"),
              HasSubstr("normalize_mean has 3 numbers, normalize_std 0"));
  EXPECT_THAT(config_error(kImage + "normalize_mean=[1]\nnormalize_std=[1]\n"), HasSubstr("1 numbers for 3 channels"));
  EXPECT_THAT(config_error(kImage + "image_to_format=GRAY\nnormalize_mean=[1,2,3]\nnormalize_std=[1,2,3]\n"),
              HasSubstr("3 numbers for 1 channels"));
}

TEST(QuantConfig, ResizingAndCroppingNeedAllTheirKeys) {
  EXPECT_THAT(config_error(kImage + "resize_width=2\nresize_height=2\n"),
              HasSubstr("resize_method: missing; resize_width"));
  EXPECT_THAT(config_error(kImage + "resize_method=LINEAR\nresize_height=2\n"), HasSubstr("resize_width: missing"));
  EXPECT_THAT(config_error(kImage + "resize_method=LINEAR\nresize_width=2\n"), HasSubstr("resize_height: missing"));
  EXPECT_THAT(config_error(kImage + "center_crop_width=2\n"), HasSubstr("center_crop_height: missing"));
  EXPECT_THAT(config_error(kImage + "center_crop_height=2\n"), HasSubstr("center_crop_width: missing"));
  EXPECT_THAT(
      config_error(kImage +
               "resize_method=CUBIC\nresize_width=4\nresize_height=4\ncenter_crop_width=5\ncenter_crop_height=4\n"),
      HasSubstr("center_crop_width = 5: larger than resize_width = 4"));
  EXPECT_THAT(config_error(kImage + "resize_method=CUBIC\nresize_width=65535\nresize_height=65535\n"), HasSubstr("pixels"));
}

TEST(QuantConfig, WarnsOfKeysWithoutEffect) {
  testing::internal::CaptureStderr();
  parse_config(kWeight + "compatibility=MINDSPORE\n[mixed_bit_weight_quant_param]\ninit_scale=0.02\n[data_preprocess_param]\ncalibrate_path=x:y\n");
  parse_config(kDynamic + "[data_preprocess_param]\ncalibrate_path=x:y\n");
  parse_config(
      "[common_quant_param]\nquant_type=FULL_QUANT\n[data_preprocess_param]\ncalibrate_path=x:y\ncalibrate_size=1\n"
      "input_type=BIN\nimage_to_format=RGB\n");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("mixed bits need bit_num = 0"), HasSubstr("reads samples only with"), HasSubstr("reads samples only for its reports"),
                         HasSubstr("image_to_format = RGB: has no effect with input_type = BIN")));
}

TEST(QuantConfig, ValidateServesStructsMadeByHand) {
  QuantConfig config;
  EXPECT_TRUE(validate(config));
  config.common.quant_type = QuantType::kFull;
  EXPECT_THAT(validate(config).error().message, HasSubstr("[data_preprocess_param] calibrate_path: missing"));
  config = {};
  config.data.normalize_mean = config.data.normalize_std = {0, 0, 0};
  EXPECT_FALSE(validate(config.data));
}

TEST(QuantConfig, LoadNamesTheFile) {
  const std::string path = testing::TempDir() + "quant_config_test.cfg";
  ASSERT_TRUE(write_file_atomically(path, "[common_quant_param]\nquant_type=NONE\n"));
  EXPECT_THAT(load_quant_config(path).error().message, HasSubstr("quant_config_test.cfg:2:"));
  EXPECT_EQ(load_quant_config(std::filesystem::path(path + "x")).error().code, ErrorCode::kNotFound);
}

TEST(QuantConfig, HelpListsEveryKey) {
  const std::string help = quant_config_help();
  for (const QuantOption& option : quant_options()) {
    if (option.set == nullptr) continue;
    EXPECT_THAT(help, HasSubstr(fmt::format("  {} = ", option.key)));
  }
}

TEST(OldQuantConfig, HasTheOldDefaults) {
  const auto config = parse_old_quant_config("image_path=/dir/images\n", "config.cfg", 8);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->data.calibrate_path, (std::vector<CalibrationFolder>{{"", "/dir/images"}}));
  EXPECT_EQ(config->data.calibrate_size, 100);
  EXPECT_EQ(config->data.input_type, CalibrationInputType::kBin);
  EXPECT_EQ(config->full.activation_quant_method, ActivationQuantMethod::kKl);
  EXPECT_EQ(config->common.num_threads, 1);
  EXPECT_FALSE(config->full.bias_correction);
}

TEST(OldQuantConfig, NamesWhatIsWrong) {
  const auto message = [](std::string_view text, int bits = 8) {
    return parse_old_quant_config(text, "config.cfg", bits).error().message;
  };
  EXPECT_THAT(message("batch_count=1\n"), HasSubstr("config.cfg: image_path is missing"));
  EXPECT_THAT(message("image_path=a\nmethod=KL\n"),
              HasSubstr("config.cfg:2: method = KL: unknown key (did you mean 'method_x'?)"));
  EXPECT_THAT(message("image_path=a\nmethod_x=MSE\n"), HasSubstr("allowed: MAX_MIN, KL, RemovalOutlier"));
  EXPECT_THAT(message("image_path=a,,b\n"), HasSubstr("empty name"));
  EXPECT_THAT(message("image_path=\n"), HasSubstr("missing"));
  EXPECT_THAT(message("[s]\n"), HasSubstr("section header"));
  EXPECT_THAT(message("image_path=a\n", 9), HasSubstr("out of range"));
}

TEST(DataPreprocessParam, NeedsNeitherCalibrationDataNorAQuantType) {
  const auto data = parse_data_preprocess_param(
      "[common_quant_param]\nnonsense=1\n[data_preprocess_param]\nimage_to_format=RGB\nresize_width=4\nresize_height="
      "3\n"
      "resize_method=NEAREST\n",
      "p.cfg");
  ASSERT_TRUE(data);
  EXPECT_EQ(data->resize_height, 3);
  EXPECT_FALSE(data->input_type);
}

TEST(DataPreprocessParam, StillChecksItsOwnKeys) {
  const auto message = [](std::string_view text) { return parse_data_preprocess_param(text, "p.cfg").error().message; };
  EXPECT_THAT(message("[registry]\n"), HasSubstr("has no section [data_preprocess_param]"));
  EXPECT_THAT(message("[data_preproces_param]\n"), HasSubstr("did you mean 'data_preprocess_param'"));
  EXPECT_THAT(message("[data_preprocess_param]\nresize_width=4\n"), HasSubstr("resize_method: missing"));
  EXPECT_THAT(message("[data_preprocess_param]\nsize=4\n"), HasSubstr("unknown key"));
}

}  // namespace
}  // namespace octet
