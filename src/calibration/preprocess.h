// SPDX-License-Identifier: Apache-2.0
// An image file to the float tensor of a model's input, in the original's order: decode, channel order, normalize,
// resize, crop.
#ifndef OCTET_CALIBRATION_PREPROCESS_H_
#define OCTET_CALIBRATION_PREPROCESS_H_

#include <filesystem>
#include <vector>

#include "calibration/image_decoder.h"
#include "config/quant_config.h"

namespace octet {

struct FloatImage {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<float> values;  // [height, width, channels]
};

// `image` is as decode_image() gives it. Steps of `param`:
//   channel order   BGR as it is; RGB; GRAY = round(0.114 B + 0.587 G + 0.299 R) in OpenCV's fixed-point arithmetic
//   normalize       (value - mean[c]) / std[c] in double, rounded to float; without mean and std the value itself
//   resize          OpenCV's, on the floats, only if resize_method is set
//   centre crop     from column (width - crop_width) / 2 and row (height - crop_height) / 2, rounded down
// `param` has passed validate(). Error: kInvalidData if the crop is larger than the image. Thread-safe.
Result<FloatImage> preprocess(const Image& image, const DataPreprocessParam& param);

// The same for a file, which errors name.
Result<FloatImage> preprocess_file(const std::filesystem::path& path, const DataPreprocessParam& param);

}  // namespace octet

#endif  // OCTET_CALIBRATION_PREPROCESS_H_
