// SPDX-License-Identifier: Apache-2.0
// Files that MindSpore Lite 2.0.0 wrote, and what its runtime computed of them. They lie outside the repository:
// without them (OCTET_SHARED, or ../shared beside the sources) these tests are skipped.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "importers/ms/ms_importer.h"
#include "ops/evaluate.h"

namespace octet {
namespace {

std::filesystem::path golden_folder() {
  const char* shared = std::getenv("OCTET_SHARED");
  const auto root =
      shared != nullptr ? std::filesystem::path(shared) : std::filesystem::path(OCTET_SOURCE_DIR) / ".." / "shared";
  return root / "oracle" / "golden";
}

std::vector<float> read_floats(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) ADD_FAILURE() << file.error().message;
  if (!file) return {};
  std::vector<float> values(file->bytes().size() / sizeof(float));
  std::memcpy(values.data(), file->bytes().data(), values.size() * sizeof(float));
  return values;
}

class GoldenMsFiles : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(golden_folder())) GTEST_SKIP() << "no golden files";
  }
  Result<Graph> import() const { return import_ms(golden_folder() / GetParam() / "model.ms"); }
};

class ImportedGoldenMsFiles : public GoldenMsFiles {};

TEST_P(ImportedGoldenMsFiles, AreImported) {
  const auto graph = import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_FALSE(graph->nodes.empty());
  for (const Tensor& tensor : graph->tensors) {
    EXPECT_TRUE(tensor.type != DataType::kInt8 || tensor.quant) << tensor.name;
    EXPECT_TRUE(tensor.type != DataType::kFloat32 || !tensor.quant) << tensor.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Quantized, ImportedGoldenMsFiles,
                         ::testing::Values("cnn_full_maxmin", "cnn_full_maxmin_layer", "cnn_full_maxmin_nobias",
                                           "cnn_full_kl", "cnn_full_kl_layer", "cnn_full_outlier",
                                           "cnn_full_outlier_layer", "cnn_full_dsp", "cnn_full_nvgpu",
                                           "attn_full_maxmin", "attn_full_kl", "squeezenet_full_maxmin",
                                           "attn_w8_onthefly"));

class ComputedGoldenMsFiles : public GoldenMsFiles {};

TEST_P(ComputedGoldenMsFiles, GiveTheOutputsOfTheRealRuntime) {
  constexpr std::size_t kSamples = 8;
  auto graph = import();
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const std::string name = GetParam();
  const std::string inputs = name == "cnn_fp32_nchw"      ? "cnn_nchw"
                             : name.substr(0, 3) == "cnn" ? "cnn_nhwc"
                                                          : name.substr(0, name.find('_'));
  const std::vector<float> expected = read_floats(golden_folder() / name / "out" / "0.bin");
  std::vector<float> outputs;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const auto file = MappedFile::open(golden_folder() / "inputs" / inputs / fmt::format("{:02}.bin", i));
    ASSERT_TRUE(file.ok());
    const Tensor& input = graph->tensor(graph->inputs[0]);
    const auto results = evaluate_graph(
        *graph, {make_constant(input.name, input.type, input.shape, {file->bytes().begin(), file->bytes().end()})});
    ASSERT_TRUE(results.ok()) << results.error().message;
    const auto values = (*results)[0].values<float>();
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
  ASSERT_EQ(outputs.size(), expected.size());
  float largest = 0.0f, difference = 0.0f;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    difference = std::max(difference, std::abs(outputs[i] - expected[i]));
  }
  EXPECT_LE(difference, 1e-5f * largest);
}

INSTANTIATE_TEST_SUITE_P(Float, ComputedGoldenMsFiles,
                         ::testing::Values("cnn_fp32", "cnn_fp32_nchw", "cnn_fp32_nofusion", "cnn_fp16", "attn_fp32",
                                           "embed_fp32"));
INSTANTIATE_TEST_SUITE_P(WeightQuantized, ComputedGoldenMsFiles,
                         ::testing::Values("cnn_w1", "cnn_w4", "cnn_w8", "cnn_w8_raw", "cnn_w8_skip", "cnn_w12", "cnn_w16",
                                           "attn_w4", "attn_w8", "attn_w16", "attn_mixed", "attn_mixed_auto",
                                           "embed_w8"));

}  // namespace
}  // namespace octet
