// SPDX-License-Identifier: Apache-2.0
#include "calibration/data_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "base/error.h"
#include "calibration/test_images.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class DataSourceTest : public testing::Test {
 protected:
  DataSourceTest() : root_(fs::path(testing::TempDir()) / fmt::format("data_source_{}", getpid())) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "a");
    fs::create_directories(root_ / "b");
  }
  ~DataSourceTest() override { fs::remove_all(root_); }

  void put(const std::string& name, const FileBytes& bytes) { write_file((root_ / name).string(), bytes); }
  std::string folder(const std::string& name) const { return (root_ / name).string(); }

  DataPreprocessParam param(CalibrationInputType type, std::optional<int> size) const {
    DataPreprocessParam result;
    result.calibrate_path = {{"x", folder("a")}};
    result.calibrate_size = size;
    result.input_type = type;
    return result;
  }

  fs::path root_;
};

const DataSourceInput kTwoFloats{"x", {1, 2}};
const DataSourceInput kImage{"x", {1, 2, 3, 3}};  // height 2, width 3

FileBytes floats(std::initializer_list<float> values) {
  FileBytes bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

std::string error_of(const DataPreprocessParam& param, std::vector<DataSourceInput> inputs) {
  const auto source = DataSource::open(param, std::move(inputs));
  EXPECT_FALSE(source.ok());
  return source.ok() ? "" : source.error().message;
}

// One sample of a source with one float32 input of `n` elements.
Result<std::vector<float>> load(const DataSource& source, std::size_t index, std::size_t n) {
  std::vector<float> values(n);
  const std::span<std::byte> inputs[] = {std::as_writable_bytes(std::span(values))};
  OCTET_RETURN_IF_ERROR(source.load(index, inputs));
  return values;
}

TEST_F(DataSourceTest, ReadsBinFilesSortedByNameAndTakesTheFirst) {
  put("a/10.bin", floats({3, 4}));
  put("a/1.bin", floats({1, 2}));
  put("a/2.bin", floats({5, 6}));
  put("a/.hidden", {0});
  fs::create_directories(root_ / "a" / "0_subfolder");
  const auto source = DataSource::open(param(CalibrationInputType::kBin, 2), {kTwoFloats});
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(source->size(), 2U);
  EXPECT_THAT(*load(*source, 0, 2), ElementsAre(1, 2));
  EXPECT_THAT(*load(*source, 1, 2), ElementsAre(3, 4));
  EXPECT_EQ(source->file(1, 0).filename(), "10.bin");
}

TEST_F(DataSourceTest, PairsTheFilesOfSeveralInputsByPosition) {
  put("a/1.bin", floats({1}));
  put("a/2.bin", floats({2}));
  put("b/p.bin", {30});
  put("b/q.bin", {40});
  DataPreprocessParam two = param(CalibrationInputType::kBin, std::nullopt);
  two.calibrate_path = {{"y", folder("b")}, {"x", folder("a")}};
  const std::vector<DataSourceInput> inputs{{"x", {1}}, {"y", {1}, /*element_bytes=*/1, /*is_float32=*/false}};
  const auto source = DataSource::open(two, inputs);
  ASSERT_TRUE(source) << source.error().message;
  float x = 0;
  std::uint8_t y = 0;
  const std::span<std::byte> buffers[] = {std::as_writable_bytes(std::span(&x, 1)),
                                          std::as_writable_bytes(std::span(&y, 1))};
  ASSERT_TRUE(source->load(1, buffers));
  EXPECT_EQ(x, 2);
  EXPECT_EQ(y, 40);

  two.calibrate_path = {{"", folder("a")}, {"", folder("b")}};  // the old config.cfg: by position
  ASSERT_TRUE(DataSource::open(two, inputs));
  put("b/r.bin", {50});
  EXPECT_THAT(error_of(two, inputs), AllOf(HasSubstr("holds 2 files"), HasSubstr("holds 3; they pair up by position")));
  two.calibrate_path.pop_back();
  EXPECT_THAT(error_of(two, inputs), HasSubstr("image_path has 1 folders, the model 2 inputs: x, y"));
}

TEST_F(DataSourceTest, WantsExactlyTheModelsInputs) {
  put("a/1.bin", floats({1, 2}));
  DataPreprocessParam wrong = param(CalibrationInputType::kBin, 1);
  wrong.calibrate_path[0].input_name = "X1";
  EXPECT_THAT(error_of(wrong, {kTwoFloats, {"y", {1}}}),
              HasSubstr("has no input 'X1' (did you mean 'x'?); its inputs: x, y"));
  EXPECT_THAT(error_of(param(CalibrationInputType::kBin, 1), {kTwoFloats, {"y", {1}}}),
              HasSubstr("no folder for input 'y'; write y:folder"));
}

TEST_F(DataSourceTest, NamesBothNumbersIfTheFolderHoldsTooFew) {
  put("a/1.bin", floats({1, 2}));
  EXPECT_THAT(error_of(param(CalibrationInputType::kBin, 8), {kTwoFloats}),
              AllOf(HasSubstr("calibrate_size = 8: "), HasSubstr("holds only 1 files")));
}

TEST_F(DataSourceTest, NamesEmptyAndMissingFolders) {
  EXPECT_THAT(error_of(param(CalibrationInputType::kBin, 1), {kTwoFloats}), HasSubstr("a: holds no files"));
  fs::remove_all(root_ / "a");
  const auto missing = DataSource::open(param(CalibrationInputType::kBin, 1), {kTwoFloats});
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("a: cannot be read as a folder"));
  put("a", {1});
  EXPECT_THAT(error_of(param(CalibrationInputType::kBin, 1), {kTwoFloats}), HasSubstr("cannot be read as a folder"));
}

TEST_F(DataSourceTest, NamesBothSizesOfAWrongBinFile) {
  put("a/1.bin", floats({1, 2, 3}));
  const auto source = DataSource::open(param(CalibrationInputType::kBin, 1), {kTwoFloats});
  ASSERT_TRUE(source);
  EXPECT_THAT(load(*source, 0, 2).error().message,
              HasSubstr("1.bin: has 12 bytes; input 'x' [1, 2] of 4 bytes an element takes 8"));
}

TEST_F(DataSourceTest, RefusesDynamicAndOverflowingShapes) {
  put("a/1.bin", floats({1, 2}));
  const DataPreprocessParam bin = param(CalibrationInputType::kBin, 1);
  EXPECT_THAT(error_of(bin, {{"x", {-1, 2}}}), HasSubstr("input 'x' [-1, 2]: a dimension is dynamic"));
  EXPECT_THAT(error_of(bin, {{"x", {std::int64_t{1} << 40, std::int64_t{1} << 40}}}), HasSubstr("too large"));
}

TEST_F(DataSourceTest, WritesImagesInTheInputsLayout) {
  const Image picture{3, 2, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19}};
  put("a/1.png", encode_png(picture));
  DataPreprocessParam images = param(CalibrationInputType::kImage, 1);
  const auto nhwc = DataSource::open(images, {kImage});
  ASSERT_TRUE(nhwc) << nhwc.error().message;
  EXPECT_THAT(*load(*nhwc, 0, 18), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19));
  images.input_type = std::nullopt;  // images by default
  const auto nchw = DataSource::open(images, {{"x", {1, 3, 2, 3}, 4, true, DataFormat::kNchw}});
  ASSERT_TRUE(nchw) << nchw.error().message;
  EXPECT_THAT(*load(*nchw, 0, 18), ElementsAre(1, 4, 7, 11, 14, 17, 2, 5, 8, 12, 15, 18, 3, 6, 9, 13, 16, 19));
}

TEST_F(DataSourceTest, ExplainsImagesOfTheWrongSize) {
  put("a/1.png", encode_png(gradient(4, 2)));
  const auto source = DataSource::open(param(CalibrationInputType::kImage, 1), {kImage});
  ASSERT_TRUE(source);
  EXPECT_THAT(
      load(*source, 0, 18).error().message,
      AllOf(HasSubstr("1.png: is 2 x 4 x 3 (height x width x channels) after preprocessing, input 'x' takes 2 x 3 x 3"),
            HasSubstr("resize_width")));
  const auto gray = DataSource::open(param(CalibrationInputType::kImage, 1), {{"x", {1, 2, 4, 1}}});
  ASSERT_TRUE(gray);
  EXPECT_THAT(load(*gray, 0, 8).error().message, HasSubstr("set image_to_format (GRAY"));
}

TEST_F(DataSourceTest, NamesFilesThatDoNotDecode) {
  put("a/1.jpg", {'t', 'e', 'x', 't'});
  const auto source = DataSource::open(param(CalibrationInputType::kImage, 1), {kImage});
  ASSERT_TRUE(source);
  const auto status = load(*source, 0, 18);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(status.error().message, HasSubstr("1.jpg: neither a JPEG"));
}

TEST_F(DataSourceTest, RefusesInputsThatCannotTakeImages) {
  put("a/1.png", encode_png(gradient(3, 2)));
  const DataPreprocessParam images = param(CalibrationInputType::kImage, 1);
  EXPECT_THAT(error_of(images, {kTwoFloats}), HasSubstr("input 'x' [1, 2]: an image needs four dimensions"));
  EXPECT_THAT(error_of(images, {{"x", {2, 2, 3, 3}}}), HasSubstr("the batch must be 1"));
  EXPECT_THAT(error_of(images, {{"x", {1, 2, 3, 3}, 1, false}}), HasSubstr("float32"));
}

std::vector<std::size_t> sizes(const Result<std::vector<DataSource>>& sources) {
  std::vector<std::size_t> list;
  if (!sources) ADD_FAILURE() << sources.error().message;
  else for (const DataSource& source : *sources) list.push_back(source.size());
  return list;
}

TEST_F(DataSourceTest, BinFilesGoToTheShapesTheyFit) {
  put("a/1.bin", floats({1, 2}));
  put("a/2.bin", floats({1, 2, 3, 4}));
  put("a/3.bin", floats({5, 6, 7, 8}));
  const DataPreprocessParam bin = param(CalibrationInputType::kBin, {});
  const auto shape = [](std::int64_t batch) { return std::vector<DataSourceInput>{{"x", {batch, 2}}}; };
  const auto sources = DataSource::open_all(bin, {shape(1), shape(2), shape(3)});
  ASSERT_THAT(sizes(sources), ElementsAre(1, 2, 0));
  EXPECT_THAT(*load((*sources)[1], 1, 4), ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(DataSource::open_all(bin, {shape(1), shape(3)}).error().message,
              AllOf(HasSubstr("calibration sample 2: "), HasSubstr("2.bin (16 bytes) has the size of no profile; inputs take 'x' [1, 2] (8 bytes), 'x' [3, 2] (24 bytes)")));
  EXPECT_THAT(DataSource::open_all(param(CalibrationInputType::kBin, 1), {shape(4), shape(1)}).error().message,
              HasSubstr("no calibration sample has the size of the first profile"));
  EXPECT_THAT(sizes(DataSource::open_all(bin, {shape(2)})), ElementsAre(3));  // of one shape wrong sizes are told when they are read
}

TEST_F(DataSourceTest, ImagesAreResizedToEveryShape) {
  put("a/1.png", encode_png(gradient(9, 8)));
  DataPreprocessParam images = param(CalibrationInputType::kImage, {});
  const auto shape = [](std::int64_t batch, std::int64_t height, std::int64_t width) {
    return std::vector<DataSourceInput>{{"x", {batch, height, width, 3}}};
  };
  images.resize_method = ResizeMethod::kLinear;
  images.resize_height = 8, images.resize_width = 6;
  images.center_crop_height = 4, images.center_crop_width = 3;
  const auto sources = DataSource::open_all(images, {shape(1, 4, 3), shape(1, 6, 9), shape(2, 4, 3)});
  ASSERT_THAT(sizes(sources), ElementsAre(1, 1, 0));  // one image is no batch of two
  EXPECT_TRUE(load((*sources)[0], 0, 4 * 3 * 3));
  EXPECT_TRUE(load((*sources)[1], 0, 6 * 9 * 3));  // resized to 12 x 18, cropped
}

TEST_F(DataSourceTest, ImagesAsTheyAreGoToTheShapesTheyFit) {
  put("a/1.png", encode_png(gradient(3, 2)));
  put("a/2.png", encode_png(gradient(4, 2)));
  const DataPreprocessParam images = param(CalibrationInputType::kImage, {});
  const std::vector<DataSourceInput> wide = {{"x", {1, 2, 4, 3}}}, tall = {{"x", {1, 4, 2, 3}}};
  EXPECT_THAT(sizes(DataSource::open_all(images, {{kImage}, wide, tall})), ElementsAre(1, 1, 0));
  EXPECT_THAT(DataSource::open_all(images, {{kImage}, tall}).error().message, HasSubstr("2.png has the size of no profile"));
}

TEST_F(DataSourceTest, ListsImagesByName) {
  for (const char* name : {"a/b.JPG", "a/a.png", "a/c.bmp", "a/labels.csv"}) put(name, {1});
  const auto images = list_images(folder("a"));
  ASSERT_TRUE(images);
  std::vector<std::string> names;
  for (const fs::path& path : *images) names.push_back(path.filename().string());
  EXPECT_THAT(names, ElementsAre("a.png", "b.JPG", "c.bmp"));
  put("b/x.txt", {1});
  EXPECT_THAT(list_images(folder("b")).error().message, HasSubstr("holds no .jpg"));
  EXPECT_EQ(list_files(folder("a"))->size(), 4U);
}

}  // namespace
}  // namespace octet
