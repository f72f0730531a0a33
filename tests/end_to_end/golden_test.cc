// SPDX-License-Identifier: Apache-2.0
// `.ms` files that MindSpore Lite 2.0.0 made, with inputs and the outputs of its own runtime. They are not in the
// repository: OCTET_SHARED names the folder that holds oracle/golden; without it, `shared` beside the source tree is
// tried.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <utility>

#include "end_to_end/program.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumSamples = 8;

struct GoldenModel {
  const char* name;
  const char* inputs;
  double most_error;  // largest difference of an output divided by the largest output
};

void PrintTo(const GoldenModel& model, std::ostream* out) { *out << model.name; }

// Fully quantized models are float around int8 layers: those give the same bits, so the rest is float arithmetic.
const GoldenModel kGoldenModels[] = {
    {"cnn_fp32", "cnn_nhwc", 1e-5},
    {"cnn_fp32_nchw", "cnn_nchw", 1e-5},
    {"cnn_fp32_nofusion", "cnn_nhwc", 1e-5},
    {"cnn_fp16", "cnn_nhwc", 1e-5},
    {"cnn_full_maxmin", "cnn_nhwc", 1e-5},
    {"cnn_full_maxmin_layer", "cnn_nhwc", 1e-5},
    {"cnn_full_maxmin_nobias", "cnn_nhwc", 1e-5},
    {"cnn_full_kl", "cnn_nhwc", 1e-5},
    {"cnn_full_kl_layer", "cnn_nhwc", 1e-5},
    {"cnn_full_outlier", "cnn_nhwc", 1e-5},
    {"cnn_full_outlier_layer", "cnn_nhwc", 1e-5},
    {"cnn_full_nvgpu", "cnn_nhwc", 1e-5},
};

fs::path golden_folder() {
  const char* from_environment = std::getenv("OCTET_SHARED");
  return fs::path(from_environment != nullptr ? from_environment : OCTET_SOURCE_DIR "/../shared") / "oracle/golden";
}

std::vector<float> floats_of(const fs::path& file) {
  const std::string bytes = read_file(file);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

class Golden : public testing::TestWithParam<GoldenModel> {};

TEST_P(Golden, GivesTheOutputsOfTheOriginal) {
  const fs::path model = golden_folder() / GetParam().name / "model.ms";
  if (!fs::exists(model)) GTEST_SKIP() << "needs " << model << ": set OCTET_SHARED to the folder above oracle/golden";
  const ScratchFolder folder;
  const std::vector<float> expected = floats_of(golden_folder() / GetParam().name / "out/0.bin");
  std::vector<float> outputs;
  for (std::size_t sample = 0; sample < kNumSamples; ++sample) {
    const fs::path input = golden_folder() / "inputs" / GetParam().inputs / ("0" + std::to_string(sample) + ".bin");
    const ProgramRun run = run_program("octet", {"run", model.string(), "--input", input.string(), "--output-dir", folder.path().string()});
    ASSERT_EQ(run.status, 0) << run.err;
    const auto description = nlohmann::json::parse(read_file(folder.file("outputs.json")));
    const std::vector<float> values = floats_of(folder.file(description["outputs"][0]["file"].get<std::string>()));
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
  ASSERT_EQ(outputs.size(), expected.size());
  float largest = 0, error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    error = std::max(error, std::fabs(outputs[i] - expected[i]));
  }
  EXPECT_LE(error, GetParam().most_error * largest);
  const auto classes = static_cast<std::ptrdiff_t>(expected.size() / kNumSamples);
  for (auto a = expected.begin(), b = std::as_const(outputs).begin(); a != expected.end(); a += classes, b += classes) {
    EXPECT_EQ(std::max_element(a, a + classes) - a, std::max_element(b, b + classes) - b);
  }
}

INSTANTIATE_TEST_SUITE_P(MindSporeLite, Golden, testing::ValuesIn(kGoldenModels), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet
