// SPDX-License-Identifier: Apache-2.0
// Real TFLite, TensorFlow and MindIR models. They are not in the repository: OCTET_SHARED names the folder that holds
// data/models and data/images; without it, `shared` beside the source tree is tried.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "end_to_end/program.h"
#include "end_to_end/shared_data.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

fs::path model_path(const std::string& name) { return data_folder() / "models" / name; }

template <typename T>
std::vector<T> values_of(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

// The bytes of the model's only output.
std::string output_of(const ScratchFolder& folder, const std::string& model, const std::string& input_files) {
  const ProgramRun run =
      run_program("octet", {"run", model, "--input", input_files, "--output-dir", folder.file("out"), "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  if (run.status != 0) return {};
  return read_file(
      (fs::path(folder.file("out")) / fs::path(run.json()["outputs"][0]["file"].get<std::string>()).filename())
          .string());
}

// max|ours - reference| / max|reference|
double relative_error(const std::vector<float>& ours, const std::vector<float>& reference) {
  if (ours.size() != reference.size() || ours.empty()) return INFINITY;
  double error = 0, largest = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    error = std::max(error, std::abs(double{ours[i]} - reference[i]));
    largest = std::max(largest, std::abs(double{reference[i]}));
  }
  return error / largest;
}

std::string random_image(const ScratchFolder& folder, std::size_t elements) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::vector<float> values(elements);
  for (float& value : values) value = uniform(random);
  write_file(folder.file("image.bin"),
             std::string_view(reinterpret_cast<const char*>(values.data()), elements * sizeof(float)));
  return folder.file("image.bin");
}

#define SKIP_WITHOUT(path) \
  if (!fs::exists(path)) GTEST_SKIP() << "needs " << path << ": set OCTET_SHARED to the folder above data/models"

struct GoldenMindir {
  const char* name;
  std::vector<const char*> inputs;
};
void PrintTo(const GoldenMindir& model, std::ostream* out) { *out << model.name; }

class GoldenMindirs : public testing::TestWithParam<GoldenMindir> {};

// Expected outputs are MindSpore 2.10's. Sums of up to 512 products in another order: relative error 1e-5.
TEST_P(GoldenMindirs, GiveTheOutputsOfMindSpore) {
  const std::string base = GetParam().name;
  SKIP_WITHOUT(model_path(base + ".mindir"));
  const ScratchFolder folder;
  std::string inputs;
  for (const char* input : GetParam().inputs) inputs += (inputs.empty() ? "" : ",") + model_path(base + input).string();
  const auto expected = values_of<float>(read_file(model_path(base + "_output.bin").string()));
  EXPECT_LT(
      relative_error(values_of<float>(output_of(folder, model_path(base + ".mindir").string(), inputs)), expected),
      1e-5);
  // The same from what converter_lite makes of it.
  const ProgramRun run =
      run_program("converter_lite", {"--fmk=MINDIR", "--modelFile=" + model_path(base + ".mindir").string(),
                                     "--outputFile=" + folder.file("m"), "--inputDataFormat=NCHW"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_LT(relative_error(values_of<float>(output_of(folder, folder.file("m.ms"), inputs)), expected), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Tiny, GoldenMindirs,
                         testing::Values(GoldenMindir{"tiny_conv_fc", {"_input.bin"}},
                                         GoldenMindir{"tiny_bert_random", {"_ids.bin", "_mask.bin"}}),
                         [](const auto& test) { return std::string(test.param.name); });

// The .tflite was made from the .pb; batch normalization was folded by TFLite's converter in one and is by ours in the
// other.
TEST(SharedFormats, FrozenGraphAndTfliteOfOneNetworkAgree) {
  SKIP_WITHOUT(model_path("mobilenet_v1_0.75_224.pb"));
  const ScratchFolder folder;
  const std::string image = random_image(folder, 224 * 224 * 3);
  const auto tflite =
      values_of<float>(output_of(folder, model_path("mobilenet_v1_0.75_224_float.tflite").string(), image));
  const auto frozen = values_of<float>(output_of(folder, model_path("mobilenet_v1_0.75_224.pb").string(), image));
  EXPECT_LT(relative_error(frozen, tflite), 1e-4);
}

TEST(SharedFormats, MindirAndOnnxOfOneNetworkAgree) {
  SKIP_WITHOUT(model_path("mobilenetv2.mindir"));
  const ScratchFolder folder;
  const std::string image = random_image(folder, 224 * 224 * 3);
  const auto mindir = values_of<float>(output_of(folder, model_path("mobilenetv2.mindir").string(), image));
  const auto onnx = values_of<float>(output_of(folder, model_path("mobilenetv2.onnx").string(), image));
  EXPECT_LT(relative_error(mindir, onnx), 1e-4);
}

TEST(SharedFormats, AModelWithHalfPrecisionWeightsAndACustomOperatorRuns) {
  SKIP_WITHOUT(model_path("selfie_segmentation.tflite"));
  const ScratchFolder folder;
  const auto mask = values_of<float>(
      output_of(folder, model_path("selfie_segmentation.tflite").string(), random_image(folder, 256 * 256 * 3)));
  ASSERT_EQ(mask.size(), 256u * 256u);
  EXPECT_TRUE(std::all_of(mask.begin(), mask.end(), [](float p) { return p >= 0.0f && p <= 1.0f; }));
}

struct ClassifierModel {
  const char* name;
  const char* model;
  const char* mean;
  const char* std;
  const char* label_offset;
  int top1;  // right answers among the 500 images by LiteRT 2.3; +-1 (its sets of kernels differ as much)
};
void PrintTo(const ClassifierModel& model, std::ostream* out) { *out << model.name; }

class SharedClassifiers : public testing::TestWithParam<ClassifierModel> {};

TEST_P(SharedClassifiers, HaveTheAccuracyOfTheirSource) {
  const std::string model = model_path(GetParam().model).string();
  SKIP_WITHOUT(model);
  const ScratchFolder folder;
  write_file(folder.file("p.cfg"),
             std::string("[data_preprocess_param]\ncalibrate_path=input:") + (data_folder() / "images/calib").string() +
                 "\ncalibrate_size=1\ninput_type=IMAGE\nimage_to_format=RGB\nnormalize_mean=" + GetParam().mean +
                 "\nnormalize_std=" + GetParam().std + "\ncenter_crop_width=224\ncenter_crop_height=224\n");
  const ProgramRun run =
      run_program("octet", {"evaluate", model, "--images", (data_folder() / "images/eval").string(), "--labels",
                            (data_folder() / "images/labels.csv").string(), "--preprocess", folder.file("p.cfg"),
                            "--label-offset", GetParam().label_offset, "--threads", "2", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NEAR(run.json()["models"][0]["top1"].get<int>(), GetParam().top1, 1);
}

// Quantized inputs take real values: with these means the steps are the pixels themselves.
INSTANTIATE_TEST_SUITE_P(All, SharedClassifiers,
                         testing::Values(ClassifierModel{"tflite_float", "mobilenet_v1_0.75_224_float.tflite",
                                                         "[127.5, 127.5, 127.5]", "[127.5, 127.5, 127.5]", "0", 432},
                                         ClassifierModel{"tflite_uint8", "mobilenet_v2_1.0_224_quant.tflite",
                                                         "[128, 128, 128]", "[128, 128, 128]", "1", 448},
                                         ClassifierModel{"tflite_int8", "tf2_mobilenet_v2_1.0_224_ptq.tflite",
                                                         "[127, 127, 127]", "[127.5, 127.5, 127.5]", "1", 445},
                                         ClassifierModel{"frozen_graph", "mobilenet_v1_0.75_224.pb",
                                                         "[127.5, 127.5, 127.5]", "[127.5, 127.5, 127.5]", "0", 432},
                                         ClassifierModel{"mindir", "mobilenetv2.mindir", "[123.675, 116.28, 103.53]",
                                                         "[58.395, 57.12, 57.375]", "0", 419}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet
