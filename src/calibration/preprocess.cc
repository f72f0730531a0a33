// SPDX-License-Identifier: Apache-2.0
#include "calibration/preprocess.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "base/error.h"

namespace octet {
namespace {

// The pixels as a matrix of OpenCV that only looks at them.
cv::Mat view(const Image& image) {
  return {image.height, image.width, CV_8UC(image.channels), const_cast<std::uint8_t*>(image.pixels.data())};
}

cv::Mat reorder_channels(const Image& image, ImageFormat format) {
  const cv::Mat bgr = view(image);
  if (format == ImageFormat::kBgr) return bgr;
  cv::Mat reordered;
  cv::cvtColor(bgr, reordered, format == ImageFormat::kRgb ? cv::COLOR_BGR2RGB : cv::COLOR_BGR2GRAY);
  return reordered;
}

// Values have 256 levels: a table per channel gives exactly rounded results at the speed of a copy.
using LevelTable = std::array<float, 256>;

std::vector<LevelTable> normalize_tables(std::size_t channels, const DataPreprocessParam& param) {
  std::vector<LevelTable> tables(channels);
  const bool normalizes = !param.normalize_mean.empty();
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t level = 0; level < tables[c].size(); ++level) {
      const auto value = static_cast<double>(level);
      const double normalized = normalizes ? (value - param.normalize_mean[c]) / param.normalize_std[c] : value;
      tables[c][level] = static_cast<float>(normalized);
    }
  }
  return tables;
}

cv::Mat normalize(const cv::Mat& image, const DataPreprocessParam& param) {
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::vector<LevelTable> tables = normalize_tables(channels, param);
  cv::Mat normalized(image.rows, image.cols, CV_32FC(image.channels()));
  for (int y = 0; y < image.rows; ++y) {
    const auto* src = image.ptr<std::uint8_t>(y);
    auto* dst = normalized.ptr<float>(y);
    for (int x = 0; x < image.cols; ++x)
      for (std::size_t c = 0; c < channels; ++c) *dst++ = tables[c][*src++];
  }
  return normalized;
}

int interpolation(ResizeMethod method) {
  switch (method) {
    case ResizeMethod::kLinear:
      return cv::INTER_LINEAR;
    case ResizeMethod::kNearest:
      return cv::INTER_NEAREST;
    case ResizeMethod::kCubic:
      return cv::INTER_CUBIC;
  }
  return cv::INTER_LINEAR;
}

cv::Mat resize(const cv::Mat& image, const DataPreprocessParam& param) {
  if (!param.resize_method) return image;
  cv::Mat resized;
  cv::resize(image, resized, {*param.resize_width, *param.resize_height}, 0, 0, interpolation(*param.resize_method));
  return resized;
}

Result<cv::Mat> center_crop(const cv::Mat& image, const DataPreprocessParam& param) {
  if (!param.center_crop_width) return image;
  const int width = *param.center_crop_width, height = *param.center_crop_height;
  if (width > image.cols || height > image.rows) {
    return make_error(
        ErrorCode::kInvalidData,
        "cropping {} x {} (width x height) out of an image of {} x {}; set resize_width, resize_height and "
        "resize_method, or a smaller center_crop_width and center_crop_height",
        width, height, image.cols, image.rows);
  }
  return image(cv::Rect((image.cols - width) / 2, (image.rows - height) / 2, width, height));
}

FloatImage copy_out(const cv::Mat& image) {
  FloatImage result{image.cols, image.rows, image.channels(), {}};
  const std::size_t row_values = static_cast<std::size_t>(image.cols) * static_cast<std::size_t>(image.channels());
  result.values.resize(row_values * static_cast<std::size_t>(image.rows));
  for (int y = 0; y < image.rows; ++y)
    std::copy_n(image.ptr<float>(y), row_values, result.values.data() + static_cast<std::size_t>(y) * row_values);
  return result;
}

}  // namespace

Result<FloatImage> preprocess(const Image& image, const DataPreprocessParam& param) {
  try {
    const cv::Mat normalized = normalize(reorder_channels(image, param.image_to_format), param);
    OCTET_ASSIGN_OR_RETURN(const cv::Mat cropped, center_crop(resize(normalized, param), param));
    return copy_out(cropped);
  } catch (const cv::Exception& error) {  // no memory, mostly
    return make_error(ErrorCode::kInvalidData, "preprocessing an image of {} x {} failed: {}", image.width,
                      image.height, error.what());
  }
}

Result<FloatImage> preprocess_file(const std::filesystem::path& path, const DataPreprocessParam& param) {
  OCTET_ASSIGN_OR_RETURN(const Image image, read_image(path));
  Result<FloatImage> result = preprocess(image, param);
  if (!result) return at(path.string(), std::move(result).error());
  return result;
}

}  // namespace octet
