// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace octet {
namespace {

namespace fs = std::filesystem;

fs::path fresh_folder(const std::string& name) {
  fs::path folder = fs::path(testing::TempDir()) / (name + std::to_string(getpid()));  // tests run in parallel
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

TEST(MappedFile, ReadsWhatWasWritten) {
  const fs::path path = fresh_folder("mapped_file") / "a.txt";
  ASSERT_TRUE(write_file_atomically(path, "four"));
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text(), "four");
}

TEST(MappedFile, AcceptsAnEmptyFile) {
  const fs::path path = fresh_folder("mapped_file") / "empty";
  std::ofstream(path).flush();
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, NamesAMissingFileAndRefusesAFolder) {
  const fs::path folder = fresh_folder("mapped_file");
  const auto missing = MappedFile::open(folder / "nothing.onnx");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("nothing.onnx"), std::string::npos);
  EXPECT_EQ(MappedFile::open(folder).error().code, ErrorCode::kIo);
}

TEST(WriteFileAtomically, LeavesTheOldFileAndNothingElseOnFailure) {
  const fs::path folder = fresh_folder("write_file");
  fs::create_directories(folder / "taken" / "inside");  // a folder cannot be replaced by a file
  EXPECT_FALSE(write_file_atomically(folder / "taken", "text"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST(WriteFileAtomically, NamesAMissingFolder) {
  const fs::path folder = fresh_folder("write_file") / "missing";
  const auto written = write_file_atomically(folder / "a", "text");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("the folder '" + folder.string() + "' does not exist"), std::string::npos);
}

TEST(WriteFileAtomically, ReplacesAnExistingFile) {
  const fs::path path = fresh_folder("write_file") / "a";
  ASSERT_TRUE(write_file_atomically(path, "first"));
  ASSERT_TRUE(write_file_atomically(path, "second"));
  EXPECT_EQ(MappedFile::open(path)->text(), "second");
}

}  // namespace
}  // namespace octet
