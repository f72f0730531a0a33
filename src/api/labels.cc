// SPDX-License-Identifier: Apache-2.0
#include "api/labels.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace octet {
namespace {

std::vector<std::string> split_row(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    cells.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

Result<std::size_t> find_column(const std::vector<std::string>& header, std::string_view name, const std::string& path) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end())
    return make_error(ErrorCode::kInvalidData, "{}:1: has no column '{}'; its columns are {}", path, name, fmt::join(header, ", "));
  return static_cast<std::size_t>(found - header.begin());
}

// Images by their path below the folder, and by base name where only one image has it.
class ImageIndex {
 public:
  ImageIndex(const std::string& folder, std::span<const std::filesystem::path> images) {
    for (std::size_t i = 0; i < images.size(); ++i) {
      by_path_[images[i].lexically_relative(folder).generic_string()] = i;
      const auto [entry, is_new] = by_name_.emplace(images[i].filename().string(), i);
      if (!is_new) entry->second = kAmbiguous;
    }
    const std::filesystem::path normal = std::filesystem::path(folder).lexically_normal();
    folder_name_ = (normal.has_filename() ? normal : normal.parent_path()).filename().string();
  }

  std::optional<std::size_t> find(const std::string& file) const {
    if (const auto found = by_path_.find(file); found != by_path_.end()) return found->second;
    const std::filesystem::path path(file);
    // A file of another folder is another file, even with the same name.
    if (path.has_parent_path() && path.parent_path().filename() != folder_name_) return std::nullopt;
    if (const auto found = by_name_.find(path.filename().string()); found != by_name_.end() && found->second != kAmbiguous) return found->second;
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kAmbiguous = SIZE_MAX;
  std::map<std::string, std::size_t> by_path_, by_name_;
  std::string folder_name_;
};

}  // namespace

Result<Labels> load_labels(const std::string& path, const std::string& folder, std::span<const std::filesystem::path> images) {
  Labels labels;
  if (path.empty()) return labels;
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  const ImageIndex index(folder, images);
  std::string_view rest = file.text();
  std::size_t file_column = 0, class_column = 0;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::vector<std::string> cells = split_row(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line == 1) {
      OCTET_ASSIGN_OR_RETURN(file_column, find_column(cells, "file", path));
      OCTET_ASSIGN_OR_RETURN(class_column, find_column(cells, "class_index", path));
      continue;
    }
    if (cells.size() == 1 && cells[0].empty()) continue;
    if (cells.size() <= std::max(file_column, class_column))
      return make_error(ErrorCode::kInvalidData, "{}:{}: has {} columns, expected as many as line 1", path, line, cells.size());
    const std::string& text = cells[class_column];
    int label = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), label);
    if (status != std::errc() || end != text.data() + text.size())
      return make_error(ErrorCode::kInvalidData, "{}:{}: class_index '{}' is not a whole number", path, line, text);
    if (const auto image = index.find(cells[file_column])) labels.set(*image, label);
  }
  if (labels.size() == 0)
    return make_error(ErrorCode::kNotFound, "{}: no row names an image of {}: column 'file' must hold names relative to that folder",
                      path, folder);
  return labels;
}

}  // namespace octet
