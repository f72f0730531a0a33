// SPDX-License-Identifier: Apache-2.0
// Images and files as the inputs of graphs.
#ifndef OCTET_API_SAMPLES_H_
#define OCTET_API_SAMPLES_H_

#include <filesystem>
#include <vector>

#include "calibration/calibrate.h"
#include "calibration/data_source.h"
#include "calibration/preprocess.h"
#include "octet/model.h"

namespace octet {

// Writes the image to the session's only input, in that input's layout: float32, or 8-bit integers. A quantized input gets the
// steps nearest to the preprocessed values; one without a scale gets the values themselves, rounded.
// Error: kInvalidData naming the file, both shapes and types.
Result<void> store_image(const FloatImage& image, const std::filesystem::path& file, Session& session);

// Types of tensors that load_floats() reads: float32, and 8-bit integers.
bool has_float_values(const TensorInfo& info);
// An output's values: as they are, or dequantized.
void load_floats(const Session& session, std::size_t output, std::vector<float>& values);

// Calibration samples for the inputs of a graph, from the folders of a configuration file.
class FolderSamples : public SampleSource {
 public:
  static Result<FolderSamples> open(const DataPreprocessParam& param, const Graph& graph);
  std::size_t size() const override { return source_.size(); }
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    return source_.load(index, inputs);
  }

 private:
  explicit FolderSamples(DataSource source) : source_(std::move(source)) {}
  DataSource source_;
};

}  // namespace octet

#endif  // OCTET_API_SAMPLES_H_
