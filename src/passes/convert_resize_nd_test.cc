// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

std::string resize(std::string_view src, std::string_view scales, std::string_view sizes, std::string_view attrs) {
  return fmt::format(
      "%x = input f32[{}]\n%scales = const f32{}\n%sizes = const i64{}\n%y = resize_nd(%x, _, {}, {}) {{{}}}\noutput "
      "%y",
      src, scales.empty() ? "[1] = [1]" : scales, sizes.empty() ? "[1] = [1]" : sizes, scales.empty() ? "_" : "%scales",
      sizes.empty() ? "_" : "%sizes", attrs);
}

TEST(ConvertResizeNd, LinesAndPlanesAreImages) {
  const std::string texts[] = {
      resize("2,3,5", "[3] = [1, 1, 2]", "", ""),
      resize("2,3,5", "[1] = [2]", "", "axes=[1], mode=linear"),
      resize("2,3,5", "", "[3] = [2, 7, 4]", "mode=linear"),
      resize("1,4,5,3", "[4] = [1, 2, 2, 1]", "", "mode=linear, coordinate_mode=align_corners"),
      resize("2,3,4,5,6", "", "[2] = [8, 3]", "axes=[3,4], mode=cubic"),
      resize("4,5", "", "[2] = [9, 10]", "coordinate_mode=asymmetric, nearest_mode=floor"),
  };
  for (const std::string& text : texts) {
    expect_keeps_results(convert_resize_nd, text, text);
    const Graph graph = passed(convert_resize_nd, text);
    ASSERT_EQ(graph.nodes.size(), 3u) << text;
    EXPECT_EQ(graph.nodes[1].op->name, "resize");
  }
}

TEST(ConvertResizeNd, LeavesWhatImagesCannotSay) {
  const std::string texts[] = {
      resize("2,3,5", "[3] = [2, 1, 2]", "", ""),  // not neighbours
      resize("2,3,5", "[3] = [2, 2, 2]", "", ""),  // three dimensions
      resize("2,3,5", "[3] = [1, 1, 2]", "", "coordinate_mode=half_pixel_symmetric"),
      resize("2,3,5", "[3] = [1, 1, 0.5]", "", "mode=linear, antialias=true"),
      resize("2,3,5", "[3] = [1, 1, 1]", "", ""),  // nothing
  };
  for (const std::string& text : texts) EXPECT_EQ(run_pass(convert_resize_nd, text), graph_text(text)) << text;
}

}  // namespace
}  // namespace octet
