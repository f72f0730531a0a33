// SPDX-License-Identifier: Apache-2.0
// Weights that MindSpore Lite 2.0.0 quantized, beside ours for the same model and configuration with compatibility=MINDSPORE.
// The files lie outside the repository: OCTET_SHARED, or ../shared beside the sources; without them the tests are skipped.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "api/convert_with_config.h"
#include "base/file.h"
#include "encoding/fse.h"
#include "importers/ms/ms_importer.h"
#include "msl2/msl2_generated.h"
#include "ops/stored_weights.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

fs::path golden_folder() {
  const char* shared = std::getenv("OCTET_SHARED");
  return (shared != nullptr ? fs::path(shared) : fs::path(OCTET_SOURCE_DIR) / ".." / "shared") / "oracle" / "golden";
}

// Integer weights by the node that reads them.
std::map<std::string, Tensor> integer_weights(const Graph& graph) {
  const Uses uses = find_uses(graph);
  std::map<std::string, Tensor> weights;
  for (const Node& node : graph.nodes) {
    if (!dequantizes_weights(graph, node)) continue;
    for (const std::int32_t reader : uses.consumers[static_cast<std::size_t>(node.outputs[0])])
      weights[graph.nodes[static_cast<std::size_t>(reader)].name] = graph.tensor(node.inputs[0]);
  }
  return weights;
}

std::vector<int> codes_of(const Tensor& tensor) {
  if (tensor.type == DataType::kInt8) {
    const auto values = tensor.values<std::int8_t>();
    return {values.begin(), values.end()};
  }
  const auto values = tensor.values<std::int16_t>();
  return {values.begin(), values.end()};
}

// A matrix [K, N] as [N, K]: theirs is transposed while running where weights are dequantized then.
Tensor transposed(const Tensor& matrix) {
  const auto codes = codes_of(matrix);
  const auto rows = static_cast<std::size_t>(matrix.shape[0]), columns = static_cast<std::size_t>(matrix.shape[1]);
  std::vector<std::int8_t> turned;
  for (std::size_t c = 0; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r) turned.push_back(static_cast<std::int8_t>(codes[r * columns + c]));
  Tensor result = make_constant(matrix.name, {matrix.shape[1], matrix.shape[0]}, turned);
  result.quant = matrix.quant;
  return result;
}

void expect_near(const std::vector<float>& ours, const std::vector<float>& theirs, float least) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_NEAR(ours[i], theirs[i], 1e-6f * std::max(std::fabs(theirs[i]), least)) << "channel " << i;
}

class GoldenWeights : public testing::TestWithParam<const char*> {};

TEST_P(GoldenWeights, AreEqual) {
  const std::string name = GetParam();
  const fs::path golden = golden_folder();
  if (!fs::exists(golden)) GTEST_SKIP() << "no golden files";
  const auto theirs = import_ms(golden / name / "model.ms");
  ASSERT_TRUE(theirs.ok()) << theirs.error().message;
  auto config = load_quant_config(golden / name / "config.cfg");
  ASSERT_TRUE(config.ok()) << config.error().message;
  config->common.compatibility = Compatibility::kMindSpore;
  config->common.debug_info_save_path.clear();
  ConvertOptions options;
  options.model_file = (golden / "models" / (name.substr(0, name.find('_')) + ".onnx")).string();
  options.output_file = (fs::path(testing::TempDir()) / (name + "_weights.ms")).string();
  const auto report = convert(options, *config);
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto ours = import_ms(options.output_file);
  fs::remove(options.output_file);
  ASSERT_TRUE(ours.ok()) << ours.error().message;

  const auto expected = integer_weights(*theirs), made = integer_weights(*ours);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(made.size(), expected.size());
  for (const auto& [node, stored] : expected) {
    SCOPED_TRACE(node);
    const Tensor weights = name == "attn_w8_onthefly" ? transposed(stored) : stored;
    ASSERT_TRUE(made.contains(node));
    const Tensor& tensor = made.at(node);
    ASSERT_EQ(tensor.shape, weights.shape);
    EXPECT_EQ(tensor.type, weights.type);
    EXPECT_EQ(codes_of(tensor), codes_of(weights));
    EXPECT_EQ(tensor.quant->zero_point, weights.quant->zero_point);
    EXPECT_EQ(tensor.quant->bits, weights.quant->bits);
    EXPECT_EQ(tensor.quant->axis, weights.quant->axis);
    expect_near(tensor.quant->scale, weights.quant->scale, 0.0f);
    expect_near(tensor.quant->var_correction, weights.quant->var_correction, 1.0f);
    // Means are differences of numbers as large as the weights.
    expect_near(tensor.quant->mean_correction, weights.quant->mean_correction, 1.0f);
  }
}

// The data of FSE tensors by name, and their numbers of weights.
std::map<std::string, std::pair<std::vector<std::byte>, std::size_t>> fse_tensors(const fs::path& file) {
  std::map<std::string, std::pair<std::vector<std::byte>, std::size_t>> found;
  const auto mapped = MappedFile::open(file);
  if (!mapped) ADD_FAILURE() << mapped.error().message;
  if (!mapped) return found;
  for (const msl2::Tensor* tensor : *msl2::GetMetaGraph(mapped->bytes().data())->allTensors()) {
    if (tensor->weightQuantCompressType() != msl2::WeightQuantCompressType::FSE) continue;
    std::size_t count = 1;
    for (const std::int32_t d : *tensor->dims()) count *= static_cast<std::size_t>(d);
    const auto bytes = std::as_bytes(std::span(tensor->data()->Data(), tensor->data()->size()));
    found[tensor->name()->str()] = {{bytes.begin(), bytes.end()}, count};
  }
  return found;
}

TEST(GoldenFse, IsWrittenBitForBit) {
  for (const char* name : {"attn_mixed", "attn_mixed_auto"}) {
    const fs::path file = golden_folder() / name / "model.ms";
    if (!fs::exists(file)) GTEST_SKIP() << "no golden files";
    for (const auto& [tensor, stored] : fse_tensors(file)) {
      SCOPED_TRACE(tensor);
      const auto& [data, count] = stored;
      const auto values = decode_fse(data, count);
      ASSERT_TRUE(values.ok()) << values.error().message;
      // Their values as codes 0, 1, ...: all is equal but the table of values, which lies before the chunks.
      std::set<float> sorted(values->begin(), values->end());
      std::vector<std::int16_t> codes;
      for (const float value : *values) codes.push_back(static_cast<std::int16_t>(std::distance(sorted.begin(), sorted.find(value))));
      const auto ours = encode_fse(codes, 1.0);
      ASSERT_TRUE(ours.ok());
      ASSERT_EQ(ours->size(), data.size());
      const std::size_t values_at = (8 + 4 * sorted.size() + 7) / 8 * 8, chunks_at = (values_at + 4 * sorted.size() + 7) / 8 * 8;
      EXPECT_TRUE(std::equal(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(values_at), ours->begin()));
      EXPECT_TRUE(std::equal(data.begin() + static_cast<std::ptrdiff_t>(chunks_at), data.end(), ours->begin() + static_cast<std::ptrdiff_t>(chunks_at)));
    }
  }
}

// Steps, variance and mean corrections of mixed bits, as the tables of values show them.
TEST(GoldenMixedBits, HaveTheValuesOfTheOriginal) {
  const fs::path golden = golden_folder();
  if (!fs::exists(golden)) GTEST_SKIP() << "no golden files";
  auto config = load_quant_config(golden / "attn_mixed" / "config.cfg");
  ASSERT_TRUE(config.ok()) << config.error().message;
  config->common.compatibility = Compatibility::kMindSpore;
  config->common.debug_info_save_path.clear();
  ConvertOptions options;
  options.model_file = (golden / "models" / "attn.onnx").string();
  options.output_file = (fs::path(testing::TempDir()) / "mixed_bits.ms").string();
  const auto report = convert(options, *config);
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto ours = fse_tensors(options.output_file), theirs = fse_tensors(golden / "attn_mixed" / "model.ms");
  fs::remove(options.output_file);
  EXPECT_FALSE(theirs.empty());
  EXPECT_EQ(ours.size(), theirs.size());
  for (const auto& [tensor, stored] : theirs) {
    SCOPED_TRACE(tensor);
    ASSERT_TRUE(ours.contains(tensor));
    const auto expected = decode_fse(stored.first, stored.second), made = decode_fse(ours.at(tensor).first, ours.at(tensor).second);
    ASSERT_TRUE(expected.ok() && made.ok());
    const std::set<float> expected_values(expected->begin(), expected->end()), values(made->begin(), made->end());
    const float largest = *expected_values.rbegin();
    ASSERT_EQ(values.size(), expected_values.size());
    EXPECT_TRUE(std::equal(values.begin(), values.end(), expected_values.begin(),
                           [&](float a, float b) { return std::fabs(a - b) <= 1e-6f * largest; }));
  }
}

INSTANTIATE_TEST_SUITE_P(MindSporeLite, GoldenWeights,
                         testing::Values("cnn_w1", "cnn_w4", "cnn_w8", "cnn_w8_raw", "cnn_w8_skip", "cnn_w12", "cnn_w16", "attn_w4",
                                         "attn_w8", "attn_w16", "attn_w8_onthefly", "embed_w8"));

}  // namespace
}  // namespace octet
