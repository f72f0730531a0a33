// SPDX-License-Identifier: Apache-2.0
#include "calibration/image_decoder.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/file.h"
#include "calibration/image_codecs.h"

namespace octet {
namespace {

struct Codec {
  std::array<std::uint8_t, 8> magic;  // first bytes of a file
  std::size_t magic_size;
  Result<DecodedImage> (*decode)(std::span<const std::byte> file, const ImageLimits& limits);
};

constexpr Codec kCodecs[] = {
    {{0xFF, 0xD8, 0xFF}, 3, decode_jpeg},
    {{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, 8, decode_png},
    {{'B', 'M'}, 2, decode_bmp},
};

bool starts_with(std::span<const std::byte> file, const Codec& codec) {
  return file.size() >= codec.magic_size &&
         std::equal(codec.magic.begin(), codec.magic.begin() + static_cast<std::ptrdiff_t>(codec.magic_size),
                    file.begin(), [](std::uint8_t a, std::byte b) { return a == std::to_integer<std::uint8_t>(b); });
}

// Unsigned numbers of a TIFF structure in its byte order. The caller checks bounds.
struct TiffReader {
  std::span<const std::uint8_t> data;
  bool big_endian;

  std::uint32_t read(std::size_t offset, std::size_t num_bytes) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < num_bytes; ++i)
      value = value << 8 | data[offset + (big_endian ? i : num_bytes - 1 - i)];
    return value;
  }
};

}  // namespace

Result<void> check_size(std::int64_t width, std::int64_t height, const ImageLimits& limits) {
  if (width <= 0 || height <= 0)
    return make_error(ErrorCode::kInvalidData, "an image of {} x {} pixels", width, height);
  if (width > limits.max_side || height > limits.max_side || width * height > limits.max_pixels) {
    return make_error(ErrorCode::kInvalidData,
                      "an image of {} x {} pixels is too large; at most {} a side and {} pixels", width, height,
                      limits.max_side, limits.max_pixels);
  }
  return {};
}

Result<Image> decode_image(std::span<const std::byte> file, const ImageLimits& limits) {
  for (const Codec& codec : kCodecs) {
    if (!starts_with(file, codec)) continue;
    OCTET_ASSIGN_OR_RETURN(DecodedImage decoded, codec.decode(file, limits));
    return oriented(std::move(decoded.image), decoded.orientation);
  }
  return make_error(ErrorCode::kInvalidData, "neither a JPEG, a PNG nor a BMP image");
}

Result<Image> read_image(const std::filesystem::path& path, const ImageLimits& limits) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  Result<Image> image = decode_image(file.bytes(), limits);
  if (!image) return at(path.string(), std::move(image).error());
  return image;
}

Image oriented(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool swaps_sides = orientation >= 5;
  Image turned{swaps_sides ? image.height : image.width, swaps_sides ? image.width : image.height, image.channels, {}};
  turned.pixels.resize(image.pixels.size());
  const bool mirrors_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirrors_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  std::uint8_t* dst = turned.pixels.data();
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x) {
      const int from_x = swaps_sides ? y : x, from_y = swaps_sides ? x : y;
      const auto src_x = static_cast<std::size_t>(mirrors_x ? image.width - 1 - from_x : from_x);
      const auto src_y = static_cast<std::size_t>(mirrors_y ? image.height - 1 - from_y : from_y);
      const std::size_t src =
          (src_y * static_cast<std::size_t>(image.width) + src_x) * static_cast<std::size_t>(image.channels);
      dst = std::copy_n(image.pixels.data() + src, image.channels, dst);
    }
  }
  return turned;
}

int exif_orientation(std::span<const std::uint8_t> tiff) {
  constexpr int kUpright = 1;
  constexpr std::size_t kHeaderBytes = 8, kEntryBytes = 12;
  constexpr std::uint32_t kMagic = 42, kOrientationTag = 0x0112, kShortType = 3;
  if (tiff.size() < kHeaderBytes || tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M')) return kUpright;
  const TiffReader reader{tiff, tiff[0] == 'M'};
  const std::size_t directory = reader.read(4, 4);
  if (reader.read(2, 2) != kMagic || directory > tiff.size() - 2) return kUpright;
  const std::size_t num_entries = reader.read(directory, 2);
  for (std::size_t i = 0; i < num_entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > tiff.size()) return kUpright;
    if (reader.read(entry, 2) != kOrientationTag) continue;
    const std::uint32_t value = reader.read(entry + 8, 2);
    return reader.read(entry + 2, 2) == kShortType && value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
  }
  return kUpright;
}

}  // namespace octet
