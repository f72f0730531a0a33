// SPDX-License-Identifier: Apache-2.0
// Where models and images lie that the repository does not carry, and how ImageNet's are prepared.
#ifndef OCTET_TESTS_END_TO_END_SHARED_DATA_H_
#define OCTET_TESTS_END_TO_END_SHARED_DATA_H_

#include <cstdlib>
#include <filesystem>

namespace octet {

inline std::filesystem::path data_folder() {
  const char* from_environment = std::getenv("OCTET_SHARED");
  return std::filesystem::path(from_environment != nullptr ? from_environment : OCTET_SOURCE_DIR "/../shared") / "data";
}

inline constexpr const char* kImageNetMean = "[123.675, 116.28, 103.53]";
inline constexpr const char* kImageNetStd = "[58.395, 57.12, 57.375]";

}  // namespace octet

#endif  // OCTET_TESTS_END_TO_END_SHARED_DATA_H_
