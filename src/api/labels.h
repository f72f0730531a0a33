// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_LABELS_H_
#define OCTET_API_LABELS_H_

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "octet/result.h"

namespace octet {

// Class indices of images, by the images' position.
class Labels {
 public:
  std::optional<int> find(std::size_t image) const {
    const auto found = by_image_.find(image);
    return found == by_image_.end() ? std::nullopt : std::optional<int>(found->second);
  }
  std::size_t size() const { return by_image_.size(); }
  void set(std::size_t image, int label) { by_image_[image] = label; }

 private:
  std::map<std::size_t, int> by_image_;
};

// Reads a CSV file whose first line names its columns, `file` and `class_index` among them. A row belongs to the image at
// `folder`/file, or else to the only one with the same base name; rows of other files do not count. An empty path gives no labels.
// Error: kInvalidData naming line and column, kNotFound if no row belongs to any image.
Result<Labels> load_labels(const std::string& path, const std::string& folder, std::span<const std::filesystem::path> images);

}  // namespace octet

#endif  // OCTET_API_LABELS_H_
