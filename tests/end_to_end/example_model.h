// SPDX-License-Identifier: Apache-2.0
// The model and images of examples/fashion_mnist, which every clone has.
#ifndef OCTET_TESTS_END_TO_END_EXAMPLE_MODEL_H_
#define OCTET_TESTS_END_TO_END_EXAMPLE_MODEL_H_

#include <string>
#include <vector>

#include "end_to_end/program.h"

namespace octet {

inline const std::string kExample = OCTET_SOURCE_DIR "/examples/fashion_mnist";
inline const std::string kExampleModel = kExample + "/model.onnx";
inline const std::string kExampleTestImages = kExample + "/test";
inline const std::string kExampleCalibImages = kExample + "/calib";
inline const std::string kExampleLabels = kExample + "/labels.csv";
inline constexpr std::size_t kExampleInputElements = 28 * 28;

// Text of a configuration for FULL_QUANT, as users write it. `extra_...` are lines for those sections.
struct ExampleConfig {
  std::string calibrate_path = "input:" + kExampleCalibImages;
  int calibrate_size = 32;
  std::string input_type = "IMAGE";
  std::string extra_common, extra_full, extra_data;

  std::string text() const;
};

// Writes `config` into the folder and gives its path.
std::string write_config(const ScratchFolder& folder, const ExampleConfig& config);

// octet convert of the example with that configuration (none if empty) to NAME in the folder; expects success.
std::string convert_example(const ScratchFolder& folder, const std::string& name, const std::string& config_file,
                            const std::vector<std::string>& more_args = {});

}  // namespace octet

#endif  // OCTET_TESTS_END_TO_END_EXAMPLE_MODEL_H_
