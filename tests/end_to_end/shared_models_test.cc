// SPDX-License-Identifier: Apache-2.0
// Real ImageNet networks on 500 real images. They are not in the repository: OCTET_SHARED names the folder that holds
// data/models and data/images; without it, `shared` beside the source tree is tried.
#include <gtest/gtest.h>

#include <cstdlib>

#include "end_to_end/program.h"
#include "end_to_end/shared_data.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

struct ImageNetModel {
  const char* name;
  const char* model;
  const char* weights;  // of Caffe; empty else
  const char* input;
  const char* mean;
  const char* std;
  int top1;              // right answers of the float model among the 500 images, by the source's own runtime; +-1
  double least_cosine;   // of the int8 model's first output, with MAX_MIN, bias correction and 100 samples
  int most_lost = 5;     // answers that int8 may lose
};

void PrintTo(const ImageNetModel& model, std::ostream* out) { *out << model.name; }

const ImageNetModel kImageNetModels[] = {
    {"mobilenetv2", "mobilenetv2.onnx", "", "input", kImageNetMean, kImageNetStd, 419, 0.980},
    {"mobilenetv2_caffe", "mobilenetv2_caffe.prototxt", "mobilenetv2_caffe.caffemodel", "data", kImageNetMean, kImageNetStd, 419, 0.0},
    {"squeezenet", "squeezenet_v1.1.prototxt", "squeezenet_v1.1.caffemodel", "data", kImageNetMean, kImageNetStd, 329, 0.0},
    {"efficientnet_lite0", "efficientnet_lite0.onnx", "", "input", "[127, 127, 127]", "[128, 128, 128]", 444, 0.990},
};

class SharedModels : public testing::TestWithParam<ImageNetModel> {
 protected:
  void SetUp() override {
    if (!fs::exists(model_path())) GTEST_SKIP() << "needs " << model_path() << ": set OCTET_SHARED to the folder above data/models";
  }

  std::string model_path() const { return (data_folder() / "models" / GetParam().model).string(); }

  std::string config(const ScratchFolder& folder, const std::string& method) const {
    const ImageNetModel& m = GetParam();
    const std::string path = folder.file("convert.cfg");
    write_file(path, "[common_quant_param]\nquant_type=FULL_QUANT\n[full_quant_param]\nbias_correction=true\nper_channel=true\n" + method +
                         "[data_preprocess_param]\ncalibrate_path=" + m.input + ":" + (data_folder() / "images/calib").string() +
                         "\ncalibrate_size=100\ninput_type=IMAGE\nimage_to_format=RGB\nnormalize_mean=" + m.mean + "\nnormalize_std=" + m.std +
                         "\ncenter_crop_width=224\ncenter_crop_height=224\n");
    return path;
  }

  std::vector<std::string> with_weights(std::vector<std::string> args) const {
    if (GetParam().weights[0] != '\0') {
      args.push_back("--weight");
      args.push_back((data_folder() / "models" / GetParam().weights).string());
    }
    return args;
  }

  nlohmann::json evaluate(const std::vector<std::string>& models, const std::string& preprocess) const {
    std::vector<std::string> args{"evaluate"};
    args.insert(args.end(), models.begin(), models.end());
    args.insert(args.end(), {"--images", (data_folder() / "images/eval").string(), "--labels", (data_folder() / "images/labels.csv").string(),
                             "--preprocess", preprocess, "--threads", "2", "--json"});
    const ProgramRun run = run_program("octet", with_weights(args));
    EXPECT_EQ(run.status, 0) << run.err;
    return run.status == 0 ? run.json()["models"] : nlohmann::json();
  }

  std::string convert(const ScratchFolder& folder, const std::string& name, const std::string& config_file) const {
    std::vector<std::string> args{"convert", model_path(), "-o", folder.file(name), "--threads", "2"};
    if (!config_file.empty()) args.insert(args.end(), {"--config", config_file});
    const ProgramRun run = run_program("octet", with_weights(args));
    EXPECT_EQ(run.status, 0) << run.err;
    return folder.file(name);
  }
};

TEST_P(SharedModels, FloatAccuracyIsThatOfTheSource) {
  const ScratchFolder folder;
  const std::string preprocess = config(folder, "");
  const auto scores = evaluate({model_path(), convert(folder, "float.ms", "")}, preprocess);
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_EQ(scores[0]["images"], 500);
  EXPECT_NEAR(scores[0]["top1"].get<int>(), GetParam().top1, 1);
  EXPECT_EQ(scores[1]["top1"], scores[0]["top1"]);
  EXPECT_GT(scores[1]["cosine"], 0.999999);
}

TEST_P(SharedModels, FullQuantizationWithMaxMinHoldsAccuracy) {
  const ScratchFolder folder;
  const std::string preprocess = config(folder, "activation_quant_method=MAX_MIN\n");
  const auto scores = evaluate({model_path(), convert(folder, "int8.ms", preprocess)}, preprocess);
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_GE(scores[1]["top1"].get<int>(), scores[0]["top1"].get<int>() - GetParam().most_lost);
  EXPECT_GE(scores[1]["cosine"], GetParam().least_cosine);
}

TEST_P(SharedModels, BiasCorrectionNeverLowersTheCosine) {
  const ScratchFolder folder;
  const std::string preprocess = config(folder, "");
  const std::string corrected = convert(folder, "corrected.ms", preprocess);
  std::string text = read_file(preprocess);
  text.replace(text.find("bias_correction=true"), 20, "bias_correction=false");
  write_file(preprocess, text);
  const auto scores = evaluate({model_path(), corrected, convert(folder, "plain.ms", preprocess)}, preprocess);
  ASSERT_EQ(scores.size(), 3u);
  EXPECT_GE(scores[1]["cosine"], scores[2]["cosine"]);
}

INSTANTIATE_TEST_SUITE_P(ImageNet, SharedModels, testing::ValuesIn(kImageNetModels), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet
