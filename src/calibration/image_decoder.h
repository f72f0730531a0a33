// SPDX-License-Identifier: Apache-2.0
// JPEG, PNG and BMP files to 8-bit pixels, as OpenCV's imread gives them.
#ifndef OCTET_CALIBRATION_IMAGE_DECODER_H_
#define OCTET_CALIBRATION_IMAGE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "octet/result.h"

namespace octet {

// Rows from top to bottom, pixels from left to right, channels together: pixels[(y * width + x) * channels + c].
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;  // 3: blue, green, red; 1: gray
  std::vector<std::uint8_t> pixels;
};

// What a file may ask for; a small file can claim to be a huge image.
struct ImageLimits {
  std::int64_t max_side = 65535;
  std::int64_t max_pixels = std::int64_t{1} << 28;
};

// Decodes the file's content by its first bytes, to blue, green, red whatever its colours: gray is spread, alpha
// dropped, 16 bits cut to their high 8, CMYK converted; an EXIF orientation is applied. JPEG by libjpeg-turbo's
// defaults (accurate integer DCT, smooth upsampling). Error: kInvalidData for what is not such a file, is corrupt or
// truncated, even if libraries would show a part of it; kUnsupported for rare kinds of BMP. Thread-safe.
Result<Image> decode_image(std::span<const std::byte> file, const ImageLimits& limits = {});

// The same for a file, which errors name.
Result<Image> read_image(const std::filesystem::path& path, const ImageLimits& limits = {});

// The image as it should be seen, by EXIF orientation 1..8 (1 and anything else: as it is).
Image oriented(Image image, int orientation);

// Orientation in the TIFF data of an EXIF block; 1 if there is none or the data make no sense.
int exif_orientation(std::span<const std::uint8_t> tiff);

}  // namespace octet

#endif  // OCTET_CALIBRATION_IMAGE_DECODER_H_
