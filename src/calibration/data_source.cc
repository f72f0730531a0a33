// SPDX-License-Identifier: Apache-2.0
#include "calibration/data_source.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "calibration/preprocess.h"
#include "config/option_values.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

Error folder_error(const fs::path& folder, std::error_code status) {
  const ErrorCode code = status == std::errc::no_such_file_or_directory ? ErrorCode::kNotFound : ErrorCode::kIo;
  return make_error(code, "{}: cannot be read as a folder: {}", folder.string(), status.message());
}

// Bytes of a tensor; none if a dimension is dynamic, zero, or the product overflows.
std::optional<std::size_t> tensor_bytes(const DataSourceInput& input) {
  std::size_t bytes = input.element_bytes;
  for (const std::int64_t dim : input.dims) {
    if (dim <= 0 || static_cast<std::uint64_t>(dim) > std::numeric_limits<std::size_t>::max() / bytes)
      return std::nullopt;
    bytes *= static_cast<std::size_t>(dim);
  }
  return bytes;
}

struct ImageShape {
  std::int64_t height, width, channels;

  bool operator==(const ImageShape&) const = default;
};

// Of an input with four dimensions.
ImageShape image_shape(const DataSourceInput& input) {
  const std::vector<std::int64_t>& d = input.dims;
  return input.format == DataFormat::kNhwc ? ImageShape{d[1], d[2], d[3]} : ImageShape{d[2], d[3], d[1]};
}

std::string shape_text(const DataSourceInput& input) { return fmt::format("[{}]", fmt::join(input.dims, ", ")); }

Result<void> check_takes_images(const DataSourceInput& input) {
  const auto refused = [&](std::string_view why) {
    return make_error(ErrorCode::kInvalidData, "input '{}' {}: {}; prepare the samples and set input_type = BIN",
                      input.name, shape_text(input), why);
  };
  if (!input.is_float32) return refused("images become float32, which this input is not");
  if (input.dims.size() != 4) return refused("an image needs four dimensions");
  if (input.dims[0] != 1) return refused("one image is one sample, so the batch must be 1");
  return {};
}

std::string input_names(std::span<const DataSourceInput> inputs) {
  std::vector<std::string_view> names;
  for (const DataSourceInput& input : inputs) names.push_back(input.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<void> check_folder_names(const DataPreprocessParam& param, std::span<const DataSourceInput> inputs) {
  std::vector<std::string> known;
  for (const DataSourceInput& input : inputs) known.push_back(input.name);
  for (const CalibrationFolder& folder : param.calibrate_path) {
    if (std::find(known.begin(), known.end(), folder.input_name) != known.end()) continue;
    return make_error(ErrorCode::kInvalidConfig,
                      "calibrate_path = {}:{}: the model has no input '{}'{}; its inputs: {}", folder.input_name,
                      folder.folder, folder.input_name, did_you_mean(folder.input_name, known), input_names(inputs));
  }
  return {};
}

// The folder of each input, in their order.
Result<std::vector<std::string>> match_folders(const DataPreprocessParam& param,
                                               std::span<const DataSourceInput> inputs) {
  std::vector<std::string> folders;
  const bool by_position = !param.calibrate_path.empty() && param.calibrate_path.front().input_name.empty();
  if (by_position) {
    if (param.calibrate_path.size() != inputs.size()) {
      return make_error(ErrorCode::kInvalidConfig, "image_path has {} folders, the model {} inputs: {}",
                        param.calibrate_path.size(), inputs.size(), input_names(inputs));
    }
    for (const CalibrationFolder& folder : param.calibrate_path) folders.push_back(folder.folder);
    return folders;
  }
  OCTET_RETURN_IF_ERROR(check_folder_names(param, inputs));
  for (const DataSourceInput& input : inputs) {
    const auto found = std::find_if(param.calibrate_path.begin(), param.calibrate_path.end(),
                                    [&](const CalibrationFolder& f) { return f.input_name == input.name; });
    if (found == param.calibrate_path.end()) {
      return make_error(ErrorCode::kInvalidConfig,
                        "calibrate_path has no folder for input '{}'; write {}:folder, inputs: {}", input.name,
                        input.name, input_names(inputs));
    }
    folders.push_back(found->folder);
  }
  return folders;
}

Result<void> load_bin(const fs::path& path, const DataSourceInput& input, std::span<std::byte> dst) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  if (file.bytes().size() != dst.size()) {
    return make_error(ErrorCode::kInvalidData, "{}: has {} bytes; input '{}' {} of {} bytes an element takes {}",
                      path.string(), file.bytes().size(), input.name, shape_text(input), input.element_bytes,
                      dst.size());
  }
  std::memcpy(dst.data(), file.bytes().data(), dst.size());
  return {};
}

Error wrong_image_size(const fs::path& path, const ImageShape& actual, const DataSourceInput& input) {
  const ImageShape expected = image_shape(input);
  const std::string_view remedy =
      actual.channels != expected.channels
          ? "set image_to_format (GRAY has one channel, RGB and BGR three)"
          : "set resize_width, resize_height and resize_method, or center_crop_width and center_crop_height";
  return make_error(
      ErrorCode::kInvalidData,
      "{}: is {} x {} x {} (height x width x channels) after preprocessing, input '{}' takes {} x {} x {}; {}",
      path.string(), actual.height, actual.width, actual.channels, input.name, expected.height, expected.width,
      expected.channels, remedy);
}

// [H, W, C] to [C, H, W].
void write_nchw(const FloatImage& image, float* dst) {
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t num_pixels = image.values.size() / channels;
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < num_pixels; ++i) *dst++ = image.values[i * channels + c];
}

Result<void> load_image(const fs::path& path, const DataPreprocessParam& param, const DataSourceInput& input,
                        std::span<std::byte> dst) {
  OCTET_ASSIGN_OR_RETURN(const FloatImage image, preprocess_file(path, param));
  const ImageShape actual{image.height, image.width, image.channels};
  if (actual != image_shape(input)) return wrong_image_size(path, actual, input);
  if (input.format == DataFormat::kNchw) {
    write_nchw(image, reinterpret_cast<float*>(dst.data()));
  } else {
    std::memcpy(dst.data(), image.values.data(), dst.size());
  }
  return {};
}

// Bytes of one sample of an input that can take samples of `type`.
Result<std::size_t> check_input(const DataSourceInput& input, std::optional<CalibrationInputType> type) {
  const std::optional<std::size_t> bytes = tensor_bytes(input);
  if (!bytes) {
    return make_error(ErrorCode::kInvalidData,
                      "input '{}' {}: a dimension is dynamic, zero, or too large; fix it with --inputShape", input.name,
                      shape_text(input));
  }
  if (type != CalibrationInputType::kBin) OCTET_RETURN_IF_ERROR(check_takes_images(input));
  return *bytes;
}

Result<std::size_t> count_samples(std::optional<int> wanted, std::span<const std::string> folders,
                                  std::span<const std::vector<fs::path>> files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (wanted && files[i].size() < static_cast<std::size_t>(*wanted)) {
      return make_error(ErrorCode::kInvalidConfig, "calibrate_size = {}: {} holds only {} files", *wanted, folders[i],
                        files[i].size());
    }
    if (!wanted && files[i].size() != files[0].size()) {
      return make_error(ErrorCode::kInvalidConfig,
                        "{} holds {} files, {} holds {}; they pair up by position, so set calibrate_size", folders[0],
                        files[0].size(), folders[i], files[i].size());
    }
  }
  return wanted ? static_cast<std::size_t>(*wanted) : files[0].size();
}

// What preprocessing makes of every image; none where it is left to the image.
std::optional<std::pair<int, int>> fixed_size(const DataPreprocessParam& param) {
  if (param.center_crop_height) return std::pair(*param.center_crop_height, *param.center_crop_width);
  if (param.resize_method) return std::pair(*param.resize_height, *param.resize_width);
  return std::nullopt;
}

// `size`, if anything, times to / from, to the nearest.
bool scale_size(std::optional<int>& size, std::int64_t from, std::int64_t to) {
  constexpr std::int64_t kLargest = 65535;  // of the configuration's sizes
  if (!size) return true;
  if (to > kLargest) return false;
  const std::int64_t scaled = (*size * to + from / 2) / from;
  size = static_cast<int>(scaled);
  return scaled >= 1 && scaled <= kLargest;
}

// The keys that bring images to `to` as `param` does to `from`; none if that takes sizes beyond the limits.
std::optional<DataPreprocessParam> scaled(DataPreprocessParam param, const ImageShape& from, const ImageShape& to) {
  const bool ok = scale_size(param.resize_height, from.height, to.height) && scale_size(param.center_crop_height, from.height, to.height) &&
                  scale_size(param.resize_width, from.width, to.width) && scale_size(param.center_crop_width, from.width, to.width);
  return ok ? std::optional(param) : std::nullopt;
}

// The preprocessing for the images of a further shape; none if it takes no images.
std::optional<DataPreprocessParam> param_for(const DataPreprocessParam& param, const std::vector<DataSourceInput>& first,
                                             const std::vector<DataSourceInput>& inputs) {
  if (param.input_type == CalibrationInputType::kBin) return param;
  for (const DataSourceInput& input : inputs)
    if (!check_takes_images(input)) return std::nullopt;
  const auto size = fixed_size(param);
  const ImageShape from = image_shape(first[0]), to = image_shape(inputs[0]);
  const bool follows = size && first.size() == 1 && *size == std::pair(static_cast<int>(from.height), static_cast<int>(from.width));
  return follows ? scaled(param, from, to) : std::optional(param);
}

bool is_image_name(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png" || suffix == ".bmp";
}

}  // namespace

Result<std::vector<fs::path>> list_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code status;
  fs::directory_iterator entries(folder, status);
  for (; !status && entries != fs::directory_iterator(); entries.increment(status)) {
    std::error_code ignored;  // a link to nothing is no regular file
    if (entries->is_regular_file(ignored) && !entries->path().filename().string().starts_with('.'))
      files.push_back(entries->path());
  }
  if (status) return folder_error(folder, status);
  if (files.empty())
    return make_error(ErrorCode::kNotFound, "{}: holds no files (subfolders are not entered)", folder.string());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return files;
}

Result<std::vector<fs::path>> list_images(const fs::path& folder) {
  OCTET_ASSIGN_OR_RETURN(std::vector<fs::path> files, list_files(folder));
  std::erase_if(files, [](const fs::path& path) { return !is_image_name(path); });
  if (files.empty())
    return make_error(ErrorCode::kNotFound, "{}: holds no .jpg, .jpeg, .png or .bmp file", folder.string());
  return files;
}

Result<DataSource> DataSource::open(const DataPreprocessParam& param, std::vector<DataSourceInput> inputs) {
  if (inputs.empty()) return make_error(ErrorCode::kInvalidData, "the model has no inputs to calibrate with");
  OCTET_ASSIGN_OR_RETURN(const std::vector<std::string> folders, match_folders(param, inputs));
  DataSource source(param, std::move(inputs));
  for (std::size_t i = 0; i < source.inputs_.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const std::size_t bytes, check_input(source.inputs_[i], param.input_type));
    OCTET_ASSIGN_OR_RETURN(std::vector<fs::path> files, list_files(folders[i]));
    source.input_bytes_.push_back(bytes);
    source.files_.push_back(std::move(files));
  }
  OCTET_ASSIGN_OR_RETURN(source.num_samples_, count_samples(param.calibrate_size, folders, source.files_));
  return source;
}

Result<bool> DataSource::fits(std::size_t index) const {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const fs::path& path = files_[i][index];
    if (param_.input_type == CalibrationInputType::kBin) {
      OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
      if (file.bytes().size() != input_bytes_[i]) return false;
    } else if (const auto size = fixed_size(param_)) {
      const ImageShape wanted = image_shape(inputs_[i]);
      if (size->first != wanted.height || size->second != wanted.width) return false;
    } else {
      OCTET_ASSIGN_OR_RETURN(const FloatImage image, preprocess_file(path, param_));
      if (ImageShape{image.height, image.width, image.channels} != image_shape(inputs_[i])) return false;
    }
  }
  return true;
}

void DataSource::keep(std::span<const std::size_t> samples) {
  for (std::vector<fs::path>& files : files_) {
    std::vector<fs::path> kept;
    for (const std::size_t i : samples) kept.push_back(files[i]);
    files = std::move(kept);
  }
  num_samples_ = samples.size();
}

Error DataSource::fits_none(std::size_t index, std::span<const DataSource> sources) {
  const bool is_bin = sources[0].param_.input_type == CalibrationInputType::kBin;
  const auto bytes = [&](std::uintmax_t size) { return is_bin ? fmt::format(" ({} bytes)", size) : std::string(); };
  std::vector<std::string> files, shapes;
  std::error_code ignored;  // it was read a moment ago
  for (const std::vector<fs::path>& of_input : sources[0].files_)
    files.push_back(fmt::format("{}{}", of_input[index].string(), bytes(fs::file_size(of_input[index], ignored))));
  for (const DataSource& source : sources) {
    if (source.files_.empty()) continue;
    for (std::size_t i = 0; i < source.inputs_.size(); ++i)
      shapes.push_back(fmt::format("'{}' {}{}", source.inputs_[i].name, shape_text(source.inputs_[i]), bytes(source.input_bytes_[i])));
  }
  return make_error(ErrorCode::kInvalidData, "calibration sample {}: {} has the size of no profile; inputs take {}", index + 1, fmt::join(files, ", "), fmt::join(shapes, ", "));
}

Result<std::vector<DataSource>> DataSource::open_all(const DataPreprocessParam& param, const std::vector<std::vector<DataSourceInput>>& shapes) {
  OCTET_CHECK(!shapes.empty());
  OCTET_ASSIGN_OR_RETURN(const DataSource all, open(param, shapes[0]));
  std::vector<DataSource> sources = {all};
  if (shapes.size() == 1) return sources;
  for (std::size_t s = 1; s < shapes.size(); ++s) {
    const auto adapted = param_for(param, shapes[0], shapes[s]);
    sources.push_back(DataSource(adapted.value_or(param), shapes[s]));
    if (!adapted) continue;  // its lists of files stay empty
    for (const DataSourceInput& input : shapes[s]) {
      OCTET_ASSIGN_OR_RETURN(sources[s].input_bytes_.emplace_back(), check_input(input, param.input_type));
    }
    sources[s].files_ = all.files_;
  }
  std::vector<std::vector<std::size_t>> fitting(sources.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool any = false;
    for (std::size_t s = 0; s < sources.size(); ++s) {
      if (sources[s].files_.empty()) continue;
      OCTET_ASSIGN_OR_RETURN(const bool fits, sources[s].fits(i));
      if (fits) fitting[s].push_back(i);
      any = any || fits;
    }
    if (!any) return fits_none(i, sources);
  }
  if (fitting[0].empty())
    return make_error(ErrorCode::kInvalidData, "no calibration sample has the size of the first profile, for which the file is made: add some, or name another first");
  for (std::size_t s = 0; s < sources.size(); ++s) sources[s].keep(fitting[s]);
  return sources;
}

Result<void> DataSource::load(std::size_t index, std::span<const std::span<std::byte>> dst_inputs) const {
  OCTET_CHECK(index < num_samples_ && dst_inputs.size() == inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    OCTET_CHECK(dst_inputs[i].size() == input_bytes_[i]);
    const fs::path& path = files_[i][index];
    OCTET_RETURN_IF_ERROR(param_.input_type == CalibrationInputType::kBin
                              ? load_bin(path, inputs_[i], dst_inputs[i])
                              : load_image(path, param_, inputs_[i], dst_inputs[i]));
  }
  return {};
}

}  // namespace octet
