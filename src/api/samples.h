// SPDX-License-Identifier: Apache-2.0
// Images and files as the inputs of graphs.
#ifndef OCTET_API_SAMPLES_H_
#define OCTET_API_SAMPLES_H_

#include <filesystem>
#include <memory>
#include <optional>
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
  // For the same model at several input shapes: DataSource::open_all().
  static Result<std::vector<FolderSamples>> open_all(const DataPreprocessParam& param, std::span<const Graph* const> graphs);
  std::size_t size() const override { return source_.size(); }
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    return source_.load(index, inputs);
  }

 private:
  explicit FolderSamples(DataSource source) : source_(std::move(source)) {}
  DataSource source_;
};

// What a conversion runs on: the samples that the configuration names, or where it names none, made-up ones
// (quantizers/weight/synthetic_samples.h).
class ConversionSamples {
 public:
  // Keeps a reference to the graph. Error: as FolderSamples::open().
  static Result<ConversionSamples> open(const DataPreprocessParam& param, const Graph& graph);

  const SampleSource* given() const { return given_ ? &*given_ : nullptr; }
  // The given ones, or `size` that are made up at the first call.
  const SampleSource& given_or_made_up(std::size_t size);

 private:
  explicit ConversionSamples(const Graph& graph) : graph_(&graph) {}

  const Graph* graph_;
  std::optional<FolderSamples> given_;
  std::unique_ptr<SampleSource> made_up_;
};

}  // namespace octet

#endif  // OCTET_API_SAMPLES_H_
