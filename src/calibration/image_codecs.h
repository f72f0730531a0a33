// SPDX-License-Identifier: Apache-2.0
// One decoder per file format; image_decoder.cc chooses.
#ifndef OCTET_CALIBRATION_IMAGE_CODECS_H_
#define OCTET_CALIBRATION_IMAGE_CODECS_H_

#include "calibration/image_decoder.h"

namespace octet {

struct DecodedImage {
  Image image;          // blue, green, red, as stored
  int orientation = 1;  // EXIF
};

Result<DecodedImage> decode_jpeg(std::span<const std::byte> file, const ImageLimits& limits);
Result<DecodedImage> decode_png(std::span<const std::byte> file, const ImageLimits& limits);
Result<DecodedImage> decode_bmp(std::span<const std::byte> file, const ImageLimits& limits);

// Error: kInvalidData if an image of this size is empty or beyond the limits.
Result<void> check_size(std::int64_t width, std::int64_t height, const ImageLimits& limits);

}  // namespace octet

#endif  // OCTET_CALIBRATION_IMAGE_CODECS_H_
