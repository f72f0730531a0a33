// SPDX-License-Identifier: Apache-2.0
// Real models, where they are at hand: in ../shared/data/models beside the source tree, or under $OCTET_SHARED.
#include <gtest/gtest.h>

#include <cstdlib>

#include "importers/caffe/caffe_importer.h"
#include "ir/text.h"
#include "ops/conv2d.h"

namespace octet {
namespace {

std::filesystem::path model_path(const std::string& name) {
  const char* shared = std::getenv("OCTET_SHARED");
  const std::filesystem::path root = shared ? shared : std::filesystem::path(OCTET_SOURCE_DIR) / "../shared";
  return root / "data/models" / name;
}

struct RealModel {
  std::string name;
  std::string output;  // its type in the text
  int num_convolutions;
};
void PrintTo(const RealModel& model, std::ostream* stream) { *stream << model.name; }

class CaffeModels : public ::testing::TestWithParam<RealModel> {};

TEST_P(CaffeModels, Import) {
  const auto prototxt = model_path(GetParam().name + ".prototxt");
  if (!std::filesystem::exists(prototxt)) GTEST_SKIP() << prototxt << " is not there";
  const auto graph = import_caffe(prototxt, model_path(GetParam().name + ".caffemodel"));
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  ASSERT_EQ(graph->outputs.size(), 1u);
  const Tensor& output = graph->tensor(graph->outputs[0]);
  EXPECT_EQ(output.name, "prob");
  EXPECT_EQ(print_shape(*graph, output.shape), GetParam().output);
  int num_convolutions = 0;
  for (const Node& node : graph->nodes) num_convolutions += node.is(kConv2d) ? 1 : 0;
  EXPECT_EQ(num_convolutions, GetParam().num_convolutions);
}

INSTANTIATE_TEST_SUITE_P(All, CaffeModels,
                         ::testing::Values(RealModel{"mobilenetv2_caffe", "[1,1000]", 52},
                                           RealModel{"squeezenet_v1.1", "[1,1000,1,1]", 26},
                                           RealModel{"resnet50_1by2_nsfw", "[1,2]", 53}),
                         [](const auto& test) {
                           return test.param.name.substr(0, test.param.name.find_first_of("_."));
                         });

}  // namespace
}  // namespace octet
