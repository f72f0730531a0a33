// SPDX-License-Identifier: Apache-2.0
#include "ops/window.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

constexpr std::int64_t kSymbol = -1;

Window1d resolved(Window1d window, PadMode mode = PadMode::kExplicit, bool ceil_mode = false) {
  const auto result = resolve_window(window, mode, ceil_mode);
  if (!result) ADD_FAILURE() << result.error().message;
  return result ? *result : Window1d{};
}

TEST(ResolveWindow, RoundsTheOutputSizeDown) {
  EXPECT_EQ(resolved({.size = 7, .kernel = 3, .stride = 2}).output_size, 3);
  EXPECT_EQ(resolved({.size = 8, .kernel = 3, .stride = 2}).output_size, 3);
  EXPECT_EQ(resolved({.size = 8, .kernel = 3, .stride = 2, .pad_end = 1}).output_size, 4);
}

TEST(ResolveWindow, CountsDilatedKernelsFromFirstToLastTap) {
  EXPECT_EQ(resolved({.size = 7, .kernel = 3, .dilation = 2}).output_size, 3);
}

TEST(ResolveWindow, RoundsUpInCeilModeButDropsWindowsBehindTheImage) {
  EXPECT_EQ(resolved({.size = 8, .kernel = 3, .stride = 2}, PadMode::kExplicit, true).output_size, 4);
  EXPECT_EQ(resolved({.size = 7, .kernel = 3, .stride = 2}, PadMode::kExplicit, true).output_size, 3);
  // A fourth window would start at pixel 6 of 5, in the padding.
  EXPECT_EQ(resolved({.size = 5, .kernel = 2, .stride = 3, .pad_begin = 1, .pad_end = 1}, PadMode::kExplicit, true).output_size, 2);
  EXPECT_EQ(resolved({.size = 2, .kernel = 3, .stride = 2}, PadMode::kExplicit, true).output_size, 1);
}

TEST(ResolveWindow, PutsTheOddPixelOfSameWhereTheModeSays) {
  const Window1d window = {.size = 6, .kernel = 3, .stride = 2};
  const Window1d upper = resolved(window, PadMode::kSameUpper), lower = resolved(window, PadMode::kSameLower);
  EXPECT_EQ(upper.output_size, 3);
  EXPECT_EQ(upper.pad_begin, 0);
  EXPECT_EQ(upper.pad_end, 1);
  EXPECT_EQ(lower.output_size, 3);
  EXPECT_EQ(lower.pad_begin, 1);
  EXPECT_EQ(lower.pad_end, 0);
}

TEST(ResolveWindow, NeverCropsInSameModes) {
  const Window1d window = resolved({.size = 8, .kernel = 1, .stride = 3}, PadMode::kSameUpper);
  EXPECT_EQ(window.output_size, 3);
  EXPECT_EQ(window.pad_begin + window.pad_end, 0);
}

TEST(ResolveWindow, KeepsASymbolOnlyIfNothingShrinks) {
  EXPECT_EQ(resolved({.size = kSymbol, .kernel = 3, .pad_begin = 1, .pad_end = 1}).output_size, kSymbol);
  EXPECT_EQ(resolved({.size = kSymbol, .kernel = 3, .pad_begin = 1}).output_size, kUnknownDimension);
  EXPECT_EQ(resolved({.size = kSymbol, .kernel = 1, .stride = 2}).output_size, kUnknownDimension);
  EXPECT_EQ(resolved({.size = kSymbol, .kernel = 4}, PadMode::kSameLower).output_size, kSymbol);
  EXPECT_EQ(resolved({.size = kSymbol, .kernel = 4}, PadMode::kSameLower).pad_begin, 2);
  EXPECT_EQ(resolved({.size = kSymbol, .kernel = 3, .stride = 2}, PadMode::kSameUpper).output_size, kUnknownDimension);
}

TEST(ResolveWindow, RefusesWhatIsNoWindow) {
  const Window1d refused[] = {
      {.size = 0},
      {.size = 4, .kernel = 0},
      {.size = 4, .stride = 0},
      {.size = 4, .dilation = -1},
      {.size = 4, .pad_begin = -1},
      {.size = 4, .kernel = 5},
      {.size = 4, .kernel = INT64_MAX, .dilation = INT64_MAX},
      {.size = 4, .pad_begin = INT64_MAX, .pad_end = INT64_MAX},
  };
  for (const Window1d& window : refused) {
    const auto result = resolve_window(window, PadMode::kExplicit, false);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidModel);
  }
  // By a stride or more, the window does not fit in ceil mode either.
  EXPECT_FALSE(resolve_window({.size = 2, .kernel = 4, .stride = 2}, PadMode::kExplicit, true));
}

}  // namespace
}  // namespace octet
