// SPDX-License-Identifier: Apache-2.0
// A model that is larger than the memory it may take to convert it.
#include <gtest/gtest.h>

#include "end_to_end/layer_stack.h"

namespace octet {
namespace {

TEST(LargeModel, OfThreeGigabytesIsConvertedInHalfOfThat) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer takes memory of its own";
  const ScratchFolder folder;
  const LayerStack stack{.width = 4096, .num_layers = 47};
  constexpr std::uint64_t kMost = 1'500'000'000;
  ASSERT_GT(stack.weight_bytes(), 3'000'000'000u);
  const std::uint64_t needed = stack.weight_bytes() * 3 / 2, available = std::filesystem::space(folder.path()).available;
  if (available < needed) GTEST_SKIP() << folder.path() << " has " << available << " bytes of space, the test takes " << needed;
  const std::string model = write_layer_stack(folder, "m.onnx", stack);
  const ProgramRun run = run_program("octet", {"convert", model, "-o", folder.file("m.ms"), "--config", write_weight_config(folder)});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_LT(run.peak_bytes, kMost);
  RecordProperty("peak_bytes", std::to_string(run.peak_bytes));
}

}  // namespace
}  // namespace octet
