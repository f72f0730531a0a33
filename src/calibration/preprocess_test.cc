// SPDX-License-Identifier: Apache-2.0
#include "calibration/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "calibration/test_images.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

FloatImage run(const Image& image, const DataPreprocessParam& param) {
  auto result = preprocess(image, param);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? *result : FloatImage{};
}

const Image kPixel{1, 1, 3, {10, 20, 40}};  // blue, green, red

TEST(Preprocess, GivesValuesOfTheDecoderByDefault) {
  const FloatImage image = run(kPixel, {});
  EXPECT_EQ(image.channels, 3);
  EXPECT_THAT(image.values, ElementsAre(10, 20, 40));
}

TEST(Preprocess, OrdersChannels) {
  EXPECT_THAT(run(kPixel, {.image_to_format = ImageFormat::kRgb}).values, ElementsAre(40, 20, 10));
  // 0.114 * 10 + 0.587 * 20 + 0.299 * 40 = 24.84
  EXPECT_THAT(run(kPixel, {.image_to_format = ImageFormat::kGray}).values, ElementsAre(25));
  // A gray pixel keeps its value.
  EXPECT_THAT(run({1, 1, 3, {77, 77, 77}}, {.image_to_format = ImageFormat::kGray}).values, ElementsAre(77));
}

TEST(Preprocess, NormalizesEachChannelAfterReordering) {
  DataPreprocessParam param{.image_to_format = ImageFormat::kRgb};
  param.normalize_mean = {123.675, 116.28, 103.53};
  param.normalize_std = {58.395, 57.12, 57.375};
  EXPECT_THAT(run(kPixel, param).values,
              ElementsAre(static_cast<float>((40 - 123.675) / 58.395), static_cast<float>((20 - 116.28) / 57.12),
                          static_cast<float>((10 - 103.53) / 57.375)));
}

TEST(Preprocess, ResizesBetweenPixelCentres) {
  // Two gray pixels, 0 and 100, to four: centres at -0.25, 0.25, 0.75, 1.25 of the old ones.
  DataPreprocessParam param{.image_to_format = ImageFormat::kGray};
  param.resize_width = 4;
  param.resize_height = 1;
  const Image image{2, 1, 3, {0, 0, 0, 100, 100, 100}};
  EXPECT_THAT(run(image, param).values, ElementsAre(0, 100));  // no method, no resizing
  param.resize_method = ResizeMethod::kLinear;
  EXPECT_THAT(run(image, param).values, ElementsAre(0, 25, 75, 100));
  param.resize_method = ResizeMethod::kNearest;
  EXPECT_THAT(run(image, param).values, ElementsAre(0, 0, 100, 100));
  // Keys' cubic with a = -0.75: at distance 1/4 of its nearest pixel a weight of 0.87890625 + 0.10546875 falls on its
  // side.
  param.resize_method = ResizeMethod::kCubic;
  const FloatImage cubic = run(image, param);
  ASSERT_EQ(cubic.values.size(), 4U);
  EXPECT_FLOAT_EQ(cubic.values[1] + cubic.values[2], 100);
  EXPECT_LT(cubic.values[0], 0);  // overshoots: float values are not clamped
}

TEST(Preprocess, NormalizesBeforeResizing) {
  DataPreprocessParam param{.image_to_format = ImageFormat::kGray};
  param.normalize_mean = {50};
  param.normalize_std = {100};
  param.resize_width = 4;
  param.resize_height = 1;
  param.resize_method = ResizeMethod::kLinear;
  // Resizing 8-bit values first would round 12.5 before it is normalized.
  EXPECT_THAT(run({2, 1, 3, {0, 0, 0, 50, 50, 50}}, param).values,
              ElementsAre(FloatEq(-0.5F), FloatEq(-0.375F), FloatEq(-0.125F), FloatEq(0.0F)));
}

TEST(Preprocess, CropsTheCentreRoundedDown) {
  DataPreprocessParam param{.image_to_format = ImageFormat::kGray};
  param.center_crop_width = 2;
  param.center_crop_height = 1;
  Image image{5, 4, 3, {}};
  for (std::uint8_t i = 0; i < 20; ++i) image.pixels.insert(image.pixels.end(), 3, i);
  const FloatImage crop = run(image, param);
  EXPECT_EQ(crop.width, 2);
  EXPECT_EQ(crop.height, 1);
  EXPECT_THAT(crop.values, ElementsAre(6, 7));  // row (4 - 1) / 2 = 1, column (5 - 2) / 2 = 1
}

TEST(Preprocess, RefusesACropLargerThanTheImage) {
  DataPreprocessParam param;
  param.center_crop_width = 2;
  param.center_crop_height = 1;
  EXPECT_THAT(preprocess(kPixel, param).error().message,
              HasSubstr("cropping 2 x 1 (width x height) out of an image of 1 x 1"));
}

TEST(PreprocessFile, NamesTheFile) {
  const std::string path = testing::TempDir() + "small.png";
  write_file(path, encode_png(kPixel));
  EXPECT_THAT(preprocess_file(path, {})->values, ElementsAre(10, 20, 40));
  DataPreprocessParam param;
  param.center_crop_width = param.center_crop_height = 2;
  EXPECT_THAT(preprocess_file(path, param).error().message, HasSubstr("small.png: cropping"));
}

}  // namespace
}  // namespace octet
