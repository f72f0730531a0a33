// SPDX-License-Identifier: Apache-2.0
// Calibration samples from folders, one folder per graph input: the files of each, sorted by name, pair up by position.
#ifndef OCTET_CALIBRATION_DATA_SOURCE_H_
#define OCTET_CALIBRATION_DATA_SOURCE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "config/converter_flags.h"
#include "config/quant_config.h"

namespace octet {

// A graph input that samples are for.
struct DataSourceInput {
  std::string name;
  std::vector<std::int64_t> dims;
  std::size_t element_bytes = 4;
  bool is_float32 = true;
  DataFormat format = DataFormat::kNhwc;  // of an input with four dimensions; images are written so
};

class DataSource {
 public:
  // Lists the folders of `param.calibrate_path`; reads no file. Takes the first calibrate_size samples, all if it is
  // absent. input_type absent means IMAGE. Error: kInvalidConfig if the folders do not name exactly the inputs, or
  // calibrate_size is more than a folder holds (both numbers named); kInvalidData if an input cannot take such samples
  // (dynamic dimension, images for what is not one float32 image); kNotFound, kIo for folders that are missing, empty
  // or unreadable.
  static Result<DataSource> open(const DataPreprocessParam& param, std::vector<DataSourceInput> inputs);

  // The same samples for a network at several input shapes: a source for each, in their order, with the samples that fit it; a
  // sample may fit several. BIN files fit where they have the inputs' sizes. Images fit everywhere if resize or crop keys bring
  // them to the first shape: for others these sizes are scaled as the shapes are. Else they fit where they have the size.
  // A source may be empty, not the first. Error: as open() for the first shape; kInvalidData naming a sample that fits no
  // shape, or if none fits the first.
  static Result<std::vector<DataSource>> open_all(const DataPreprocessParam& param, const std::vector<std::vector<DataSourceInput>>& shapes);

  std::size_t size() const { return num_samples_; }  // samples; of open() at least 1

  // Fills the buffers of all inputs, in their order, with one sample; nothing is kept in memory. Thread-safe.
  // Error: kInvalidData naming the file if it does not decode or has not the size of the input.
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> dst_inputs) const;

  // Where sample `index` of input `input` comes from, for messages and reports.
  const std::filesystem::path& file(std::size_t index, std::size_t input) const { return files_[input][index]; }

 private:
  DataSource(DataPreprocessParam param, std::vector<DataSourceInput> inputs)
      : param_(std::move(param)), inputs_(std::move(inputs)) {}

  // Whether all files of the sample have the sizes of the inputs. Error: what reading an image gives.
  Result<bool> fits(std::size_t index) const;
  static Error fits_none(std::size_t index, std::span<const DataSource> sources);
  void keep(std::span<const std::size_t> samples);

  DataPreprocessParam param_;
  std::vector<DataSourceInput> inputs_;
  std::vector<std::size_t> input_bytes_;                   // by input
  std::vector<std::vector<std::filesystem::path>> files_;  // by input, then sample
  std::size_t num_samples_ = 0;
};

// The regular files of a folder, sorted by name (byte order), without those whose name begins with a dot; subfolders
// are not entered. Error: kNotFound, kIo naming the folder if it cannot be read or holds no such file.
Result<std::vector<std::filesystem::path>> list_files(const std::filesystem::path& folder);

// Those of them that end in .jpg, .jpeg, .png or .bmp, in any case. Error also if there is none.
Result<std::vector<std::filesystem::path>> list_images(const std::filesystem::path& folder);

}  // namespace octet

#endif  // OCTET_CALIBRATION_DATA_SOURCE_H_
