// SPDX-License-Identifier: Apache-2.0
// Weight quantization of real ImageNet networks: size and right answers on 500 real images. They are not in the repository:
// OCTET_SHARED names the folder that holds data/models and data/images; without it, `shared` beside the source tree is tried.
#include <gtest/gtest.h>

#include <cstdlib>

#include "end_to_end/program.h"
#include "end_to_end/shared_data.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

struct WeightModel {
  const char* name;
  const char* model;
  const char* weights;  // of Caffe; empty else
  const char* mean;
  const char* std;
  int top1;                  // right answers of the float model
  double compatible, octet;  // times smaller at 8 bits, at least: in encodings of the original, and with our own
  int least_4_bits;          // right answers with 4 bits and no data
};

void PrintTo(const WeightModel& model, std::ostream* out) { *out << model.name; }

// MindSpore Lite makes them 3.43, 3.47 and 3.59 times smaller, and leaves 369 and 354 right answers with 4 bits.
const WeightModel kWeightModels[] = {
    {"mobilenetv2", "mobilenetv2.onnx", "", kImageNetMean, kImageNetStd, 419, 3.95, 3.95, 385},
    {"efficientnet_lite0", "efficientnet_lite0.onnx", "", "[127, 127, 127]", "[128, 128, 128]", 444, 4.05, 4.05, 400},
    {"squeezenet", "squeezenet_v1.1.prototxt", "squeezenet_v1.1.caffemodel", kImageNetMean, kImageNetStd, 329, 4.0, 4.1, 290},
};

struct Converted {
  std::string file;
  double times_smaller;
};

class WeightModels : public testing::TestWithParam<WeightModel> {
 protected:
  void SetUp() override {
    if (!fs::exists(model_path())) GTEST_SKIP() << "needs " << model_path() << ": set OCTET_SHARED to the folder above data/models";
  }

  std::string model_path() const { return (data_folder() / "models" / GetParam().model).string(); }

  std::vector<std::string> with_weights(std::vector<std::string> args) const {
    if (GetParam().weights[0] != '\0') args.insert(args.end(), {"--weight", (data_folder() / "models" / GetParam().weights).string()});
    return args;
  }

  Converted convert(const std::string& name, const std::string& keys) const {
    write_file(folder_.file("weights.cfg"), "[common_quant_param]\nquant_type=WEIGHT_QUANT\n" + keys);
    const ProgramRun run = run_program(
        "octet", with_weights({"convert", model_path(), "-o", folder_.file(name), "--config", folder_.file("weights.cfg"), "--threads", "2", "--json"}));
    EXPECT_EQ(run.status, 0) << run.err;
    if (run.status != 0) return {};
    return {folder_.file(name), run.json()["source_bytes"].get<double>() / run.json()["output_bytes"].get<double>()};
  }

  int top1(const std::string& model) const {
    write_file(folder_.file("preprocess.cfg"), std::string("[data_preprocess_param]\ninput_type=IMAGE\nimage_to_format=RGB\nnormalize_mean=") +
                                                   GetParam().mean + "\nnormalize_std=" + GetParam().std +
                                                   "\ncenter_crop_width=224\ncenter_crop_height=224\n");
    const ProgramRun run = run_program("octet", {"evaluate", model, "--images", (data_folder() / "images/eval").string(), "--labels",
                                                 (data_folder() / "images/labels.csv").string(), "--preprocess",
                                                 folder_.file("preprocess.cfg"), "--threads", "2", "--json"});
    EXPECT_EQ(run.status, 0) << run.err;
    return run.status == 0 ? run.json()["models"][0]["top1"].get<int>() : 0;
  }

  ScratchFolder folder_;
};

TEST_P(WeightModels, EightBitsLoseOneAnswerAtMost) {
  const Converted compatible = convert("w8.ms", "");
  EXPECT_GE(compatible.times_smaller, GetParam().compatible);
  EXPECT_GE(top1(compatible.file), GetParam().top1 - 1);
  const Converted octet = convert("w8_octet.ms", "weight_encoding=OCTET\n");
  EXPECT_GE(octet.times_smaller, GetParam().octet);
  EXPECT_GT(octet.times_smaller, compatible.times_smaller);
}

TEST_P(WeightModels, FourBitsNeedNoData) { EXPECT_GE(top1(convert("w4.ms", "bit_num=4\n").file), GetParam().least_4_bits); }

TEST_P(WeightModels, MixedBitsLoseThreeAnswersAtMost) {
  const Converted mixed = convert("mixed.ms", "bit_num=0\n");
  EXPECT_GE(mixed.times_smaller, 32.0 / 7.0 - 0.1);
  EXPECT_GE(top1(mixed.file), GetParam().top1 - 3);
}

INSTANTIATE_TEST_SUITE_P(ImageNet, WeightModels, testing::ValuesIn(kWeightModels), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet
