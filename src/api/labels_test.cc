// SPDX-License-Identifier: Apache-2.0
#include "api/labels.h"

#include <gtest/gtest.h>

#include <fstream>

namespace octet {
namespace {

const std::vector<std::filesystem::path> kImages = {"data/val/a.png", "data/val/b.png", "data/val/sub/c.png"};

// Labels of the images, -1 for none; or the error's message, without the file's name.
std::string labels(const std::string& csv, const std::string& folder = "data/val", const std::vector<std::filesystem::path>& images = kImages) {
  const std::string path = testing::TempDir() + "labels_" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv";
  std::ofstream(path, std::ios::binary) << csv;
  const auto result = load_labels(path, folder, images);
  std::filesystem::remove(path);
  if (!result) return result.error().message.substr(result.error().message.find(path) + path.size() + 1);
  std::string text;
  for (std::size_t i = 0; i < images.size(); ++i) text += std::to_string(result->find(i).value_or(-1)) + " ";
  return text;
}

TEST(LoadLabels, FindsImagesByPathAndByName) {
  EXPECT_EQ(labels("file,class_index\na.png,3\nsub/c.png,7\n"), "3 -1 7 ");
  EXPECT_EQ(labels("file,class_index\na.png,3\nc.png,7\n"), "3 -1 7 ");
  EXPECT_EQ(labels("file,class_index\nval/a.png,3\n"), "3 -1 -1 ");
  EXPECT_EQ(labels("file,class_index\na.png,3", "data/val/"), "3 -1 -1 ");
}

TEST(LoadLabels, TakesColumnsInAnyOrderAndWindowsLines) {
  EXPECT_EQ(labels("name,class_index,file\r\nhorse,3,a.png\r\n\r\ncat,4,b.png"), "3 4 -1 ");
}

TEST(LoadLabels, RowsOfOtherFilesDoNotCount) {
  EXPECT_EQ(labels("file,class_index\nother/a.png,1\nb.png,2\nz.png,3\n"), "-1 2 -1 ");
}

TEST(LoadLabels, ANameThatTwoImagesShareIsNeither) {
  EXPECT_EQ(labels("file,class_index\na.png,1\nb.png,2\n", "data", {"data/x/a.png", "data/y/a.png", "data/y/b.png"}), "-1 -1 2 ");
}

TEST(LoadLabels, SaysWhereAFileIsWrong) {
  EXPECT_EQ(labels("image,class_index\na.png,1\n"), "1: has no column 'file'; its columns are image, class_index");
  EXPECT_EQ(labels("file,label\na.png,1\n"), "1: has no column 'class_index'; its columns are file, label");
  EXPECT_EQ(labels("file,class_index\na.png,1\nb.png\n"), "3: has 1 columns, expected as many as line 1");
  for (const char* number : {"one", "1x", "", " 1", "99999999999"})
    EXPECT_EQ(labels(std::string("file,class_index\na.png,") + number + "\n"), std::string("2: class_index '") + number + "' is not a whole number");
  EXPECT_EQ(labels("file,class_index\nz.png,1\n"), " no row names an image of data/val: column 'file' must hold names relative to that folder");
  EXPECT_EQ(labels(""), " no row names an image of data/val: column 'file' must hold names relative to that folder");
}

TEST(LoadLabels, NoPathGivesNoLabels) {
  const auto result = load_labels("", "data", kImages);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->size(), 0u);
}

TEST(LoadLabels, AMissingFileIsAnError) { EXPECT_FALSE(load_labels(testing::TempDir() + "no_such_file.csv", "data", kImages)); }

}  // namespace
}  // namespace octet
