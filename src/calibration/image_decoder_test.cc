// SPDX-License-Identifier: Apache-2.0
#include "calibration/image_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "calibration/test_images.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Image decode(const FileBytes& file) {
  auto image = decode_image(bytes_of(file));
  EXPECT_TRUE(image.ok()) << (image.ok() ? "" : image.error().message);
  return image.ok() ? *image : Image{};
}

std::string error_of(const FileBytes& file, const ImageLimits& limits = {}) {
  const auto image = decode_image(bytes_of(file), limits);
  EXPECT_FALSE(image.ok());
  return image.ok() ? "" : image.error().message;
}

FileBytes first_bytes(const FileBytes& file, std::size_t count) {
  return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(count)};
}

// Every way to cut the file must be an error: a part of an image is no sample. `ignored`: bytes at the end that say
// nothing.
void expect_no_prefix_decodes(const FileBytes& file, std::size_t ignored = 0) {
  for (std::size_t size = 0; size < file.size() - ignored; ++size)
    EXPECT_FALSE(decode_image(bytes_of(first_bytes(file, size)))) << size << " of " << file.size() << " bytes";
}

TEST(PngDecoder, GivesBlueGreenRed) {
  const Image source = gradient(5, 3);
  const Image image = decode(encode_png(source));
  EXPECT_EQ(image.width, 5);
  EXPECT_EQ(image.height, 3);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, source.pixels);
}

TEST(PngDecoder, TakesEveryColourType) {  // 16-bit values are given in the order of this machine
  EXPECT_THAT(decode(encode_png(2, 1, SPNG_COLOR_TYPE_GRAYSCALE, 8, {7, 250})).pixels,
              ElementsAre(7, 7, 7, 250, 250, 250));
  EXPECT_THAT(decode(encode_png(2, 1, SPNG_COLOR_TYPE_GRAYSCALE, 1, {0x40})).pixels,
              ElementsAre(0, 0, 0, 255, 255, 255));
  EXPECT_THAT(decode(encode_png(1, 1, SPNG_COLOR_TYPE_GRAYSCALE, 16, {0xFF, 0x12})).pixels,
              ElementsAre(0x12, 0x12, 0x12));
  EXPECT_THAT(decode(encode_png(1, 1, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, 8, {9, 128})).pixels, ElementsAre(9, 9, 9));
  EXPECT_THAT(decode(encode_png(1, 1, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 8, {1, 2, 3, 0})).pixels, ElementsAre(3, 2, 1));
  EXPECT_THAT(decode(encode_png(1, 1, SPNG_COLOR_TYPE_TRUECOLOR, 16, {255, 1, 255, 2, 255, 3})).pixels,
              ElementsAre(3, 2, 1));
  EXPECT_THAT(decode(encode_png(2, 1, SPNG_COLOR_TYPE_INDEXED, 8, {0, 1})).pixels, ElementsAre(3, 2, 1, 50, 100, 200));
}

TEST(PngDecoder, RefusesTruncatedAndDamagedFiles) {
  FileBytes file = encode_png(gradient(5, 3));
  expect_no_prefix_decodes(file, /*ignored=*/4);  // the checksum of the end chunk
  file[file.size() / 2] ^= 0xFF;
  EXPECT_THAT(error_of(file), HasSubstr("corrupt or truncated PNG"));
}

TEST(BmpDecoder, Reads24And32BitsInBothRowOrders) {
  const Image source = gradient(5, 3);  // rows of 15 bytes, padded to 16
  for (const int bits : {24, 32})
    for (const bool top_down : {false, true})
      EXPECT_EQ(decode(encode_bmp(source, bits, top_down)).pixels, source.pixels);
}

TEST(BmpDecoder, ReadsPalettes) {
  const Image image = decode(encode_bmp(gradient(3, 1), 8));
  EXPECT_THAT(image.pixels, ElementsAre(1, 1, 1, 11, 11, 11, 21, 21, 21));
}

TEST(BmpDecoder, RefusesWhatItDoesNotRead) {
  const FileBytes file = encode_bmp(gradient(5, 3), 24);
  expect_no_prefix_decodes(file);
  const auto changed = [&](std::size_t offset, std::uint8_t value) {
    FileBytes copy = file;
    copy[offset] = value;
    return copy;
  };
  EXPECT_THAT(error_of(changed(28, 4)), HasSubstr("BMP with 4 bits per pixel; 8, 24 and 32 are read"));
  EXPECT_THAT(error_of(changed(30, 1)), HasSubstr("BMP with compression 1"));
  EXPECT_THAT(error_of(changed(14, 12)), HasSubstr("header of 12 bytes"));
  EXPECT_THAT(error_of(changed(10, 255)), HasSubstr("need 48 bytes from offset 255"));
  EXPECT_THAT(error_of(changed(21, 0x80)), HasSubstr("an image of"));  // a negative width
  FileBytes least_height = file;
  std::fill_n(least_height.begin() + 22, 3, std::uint8_t{0});
  least_height[25] = 0x80;  // -2^31, whose negative is no int32
  EXPECT_THAT(error_of(least_height), HasSubstr("too large"));
}

// Quality 100 and one block of one colour: nothing is lost but a unit of rounding.
void expect_near(const FileBytes& actual, const FileBytes& expected, int tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

TEST(JpegDecoder, GivesBlueGreenRed) {
  FileBytes pixels;
  for (int i = 0; i < 64; ++i) pixels.insert(pixels.end(), {20, 90, 200});
  const Image image = decode(encode_jpeg(8, 8, JCS_EXT_BGR, pixels));
  EXPECT_EQ(image.width, 8);
  EXPECT_EQ(image.height, 8);
  expect_near(image.pixels, pixels, 2);
  EXPECT_EQ(decode(encode_jpeg(8, 8, JCS_EXT_BGR, pixels, {}, /*progressive=*/true)).pixels, image.pixels);
}

TEST(JpegDecoder, SpreadsGray) {
  const Image image = decode(encode_jpeg(8, 1, JCS_GRAYSCALE, FileBytes(8, 131)));
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, FileBytes(24, 131));
}

TEST(JpegDecoder, ConvertsInvertedCmyk) {
  FileBytes cmyk;
  for (int i = 0; i < 64; ++i) cmyk.insert(cmyk.end(), {255, 0, 128, 200});
  // red = 200 - (0 * 200 >> 8), green = 200 - (255 * 200 >> 8), blue = 200 - (127 * 200 >> 8)
  FileBytes expected;
  for (int i = 0; i < 64; ++i) expected.insert(expected.end(), {101, 1, 200});
  expect_near(decode(encode_jpeg(8, 8, JCS_CMYK, cmyk)).pixels, expected, 2);
}

TEST(JpegDecoder, RefusesTruncatedFiles) {
  const Image source = gradient(24, 20);
  expect_no_prefix_decodes(encode_jpeg(24, 20, JCS_EXT_BGR, source.pixels));
  expect_no_prefix_decodes(encode_jpeg(24, 20, JCS_EXT_BGR, source.pixels, {}, /*progressive=*/true));
}

TEST(JpegDecoder, NamesTheFormatAndTheLibrarysReason) {
  const FileBytes file = encode_jpeg(24, 20, JCS_EXT_BGR, gradient(24, 20).pixels);
  EXPECT_THAT(error_of(first_bytes(file, file.size() - 30)), HasSubstr("corrupt or truncated JPEG: Premature end"));
}

TEST(JpegDecoder, AcceptsJunkBeforeTheEndMarkerOnly) {
  FileBytes file = encode_jpeg(24, 20, JCS_EXT_BGR, gradient(24, 20).pixels);
  const Image whole = decode(file);
  file.insert(file.end() - 2, {1, 2, 3});
  EXPECT_EQ(decode(file).pixels, whole.pixels);
}

TEST(JpegDecoder, AppliesExifOrientation) {
  const FileBytes pixels = gradient(16, 8).pixels;
  const Image upright = decode(encode_jpeg(16, 8, JCS_EXT_BGR, pixels));
  for (std::uint8_t orientation = 1; orientation <= 8; ++orientation) {
    const Image image = decode(encode_jpeg(16, 8, JCS_EXT_BGR, pixels, exif_tiff(orientation)));
    EXPECT_EQ(image.width, orientation < 5 ? 16 : 8);
    EXPECT_EQ(image.pixels, oriented(upright, orientation).pixels);
  }
}

TEST(PngDecoder, AppliesExifOrientation) {
  const Image image = decode(encode_png(2, 1, SPNG_COLOR_TYPE_GRAYSCALE, 8, {7, 250}, exif_tiff(6)));
  EXPECT_EQ(image.height, 2);
  EXPECT_THAT(image.pixels, ElementsAre(7, 7, 7, 250, 250, 250));
}

TEST(Oriented, FollowsTheExifTable) {
  const Image image{3, 2, 1, {1, 2, 3, 4, 5, 6}};
  const auto turned = [&](int orientation) { return oriented(image, orientation).pixels; };
  EXPECT_THAT(turned(1), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(turned(2), ElementsAre(3, 2, 1, 6, 5, 4));
  EXPECT_THAT(turned(3), ElementsAre(6, 5, 4, 3, 2, 1));
  EXPECT_THAT(turned(4), ElementsAre(4, 5, 6, 1, 2, 3));
  EXPECT_THAT(turned(5), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(turned(6), ElementsAre(4, 1, 5, 2, 6, 3));
  EXPECT_THAT(turned(7), ElementsAre(6, 3, 5, 2, 4, 1));
  EXPECT_THAT(turned(8), ElementsAre(3, 6, 2, 5, 1, 4));
}

TEST(ExifOrientation, ReadsBothByteOrdersAndDoubtsTheRest) {
  EXPECT_EQ(exif_orientation(exif_tiff(6)), 6);
  EXPECT_EQ(exif_orientation(exif_tiff(8, /*big_endian=*/true)), 8);
  EXPECT_EQ(exif_orientation(exif_tiff(9)), 1);
  EXPECT_EQ(exif_orientation({}), 1);
  const FileBytes tiff = exif_tiff(6);
  for (std::size_t size = 0; size < 22; ++size) EXPECT_EQ(exif_orientation(first_bytes(tiff, size)), 1);
  FileBytes far = tiff;
  far[7] = 0xFF;  // the directory lies beyond the data
  EXPECT_EQ(exif_orientation(far), 1);
}

TEST(ImageDecoder, RefusesOtherFilesAndTooLargeImages) {
  EXPECT_EQ(error_of({'G', 'I', 'F', '8'}), "neither a JPEG, a PNG nor a BMP image");
  EXPECT_EQ(error_of({}), "neither a JPEG, a PNG nor a BMP image");
  const ImageLimits side{.max_side = 4}, pixels{.max_pixels = 14};
  const Image source = gradient(5, 3);
  for (const FileBytes& file :
       {encode_png(source), encode_bmp(source, 24), encode_jpeg(5, 3, JCS_EXT_BGR, source.pixels)}) {
    EXPECT_THAT(error_of(file, side), HasSubstr("an image of 5 x 3 pixels is too large; at most 4 a side"));
    EXPECT_THAT(error_of(file, pixels), HasSubstr("and 14 pixels"));
  }
}

TEST(ReadImage, NamesTheFile) {
  const std::string path = testing::TempDir() + "broken.jpg";
  write_file(path, {0xFF, 0xD8, 0xFF, 0xE0});
  EXPECT_THAT(read_image(path).error().message, HasSubstr("broken.jpg: corrupt or truncated JPEG"));
}

}  // namespace
}  // namespace octet
