// SPDX-License-Identifier: Apache-2.0
// Real models, where they are at hand: in ../shared/data/models beside the source tree, or under $OCTET_SHARED.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "importers/onnx/onnx_importer.h"
#include "ir/text.h"

namespace octet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::filesystem::path model_path(const std::string& name) {
  const char* shared = std::getenv("OCTET_SHARED");
  const std::filesystem::path root = shared ? shared : std::filesystem::path(OCTET_SOURCE_DIR) / "../shared";
  return root / "data/models" / name;
}

struct RealModel {
  std::string name;
  std::string output;  // its first output's type in the text
};
void PrintTo(const RealModel& model, std::ostream* stream) { *stream << model.name; }

class OnnxModels : public ::testing::TestWithParam<RealModel> {};

TEST_P(OnnxModels, Import) {
  const auto path = model_path(GetParam().name);
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto graph = import_onnx(path);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const Tensor& output = graph->tensor(graph->outputs[0]);
  EXPECT_EQ(print_shape(*graph, output.shape), GetParam().output);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxModels,
                         ::testing::Values(RealModel{"mobilenetv2.onnx", "[1,1000]"}, RealModel{"efficientnet_lite0.onnx", "[1,1000]"},
                                           RealModel{"ch_ppocr_mobile_v2.0_cls_infer.onnx", "[x.dim0,2]"},
                                           RealModel{"magika_standard_v3_3.onnx", "[unk__214,214]"},
                                           RealModel{"minilm_sts_seq128.onnx", "[1,128,384]"}),
                         [](const auto& test) { return test.param.name.substr(0, test.param.name.find_first_of("_.")); });

// Exported from PyTorch with branches for other ranks and sample rates, which fixed shapes decide.
TEST(OnnxModelShapes, SileroIsOneLayerOverSequencesOnceItsShapesAreFixed) {
  const auto path = model_path("silero_vad_16k_op15.onnx");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto graph = import_onnx(path, {.input_shapes = {{"input", {1, 576}}, {"state", {2, 1, 128}}}});
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const std::string text = print_graph(*graph);
  EXPECT_THAT(text, HasSubstr("lstm("));
  EXPECT_THAT(text, Not(HasSubstr("if(")));
}

}  // namespace
}  // namespace octet
