// SPDX-License-Identifier: Apache-2.0
// BMP without compression: 8 bits with a palette, 24 bits, 32 bits. Layout: Microsoft, "Bitmap Storage" (Windows GDI).
#include <array>

#include "base/error.h"
#include "calibration/image_codecs.h"

namespace octet {
namespace {

constexpr std::size_t kFileHeaderBytes = 14, kInfoHeaderBytes = 40;  // longer info headers begin like the 40-byte one
constexpr std::uint32_t kNoCompression = 0, kBitFields = 3;

struct BmpHeader {
  std::size_t info_bytes;      // of the info header
  std::size_t pixels_offset;   // from the beginning of the file
  std::int64_t width, height;  // height < 0: rows from top to bottom
  std::uint32_t bits, compression, num_colours;
};

std::uint32_t read_u32(std::span<const std::byte> file, std::size_t offset, std::size_t num_bytes = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = num_bytes; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(file[offset + i]);
  return value;
}

template <typename... Args>
Error corrupt(fmt::format_string<Args...> format, Args&&... args) {
  return make_error(ErrorCode::kInvalidData, "corrupt or truncated BMP: {}",
                    fmt::format(format, std::forward<Args>(args)...));
}

// Of 32 bits with masks, only those that say what plain 32 bits mean: blue, green, red, alpha or nothing.
bool has_plain_masks(std::span<const std::byte> file) {
  constexpr std::size_t kMasks = kFileHeaderBytes + kInfoHeaderBytes;
  return file.size() >= kMasks + 12 && read_u32(file, kMasks) == 0x00FF0000 &&
         read_u32(file, kMasks + 4) == 0x0000FF00 && read_u32(file, kMasks + 8) == 0x000000FF;
}

Result<BmpHeader> read_header(std::span<const std::byte> file) {
  if (file.size() < kFileHeaderBytes + kInfoHeaderBytes) return corrupt("{} bytes hold no header", file.size());
  const BmpHeader header{read_u32(file, 14),
                         read_u32(file, 10),
                         static_cast<std::int32_t>(read_u32(file, 18)),
                         static_cast<std::int32_t>(read_u32(file, 22)),
                         read_u32(file, 28, 2),
                         read_u32(file, 30),
                         read_u32(file, 46)};
  if (header.info_bytes < kInfoHeaderBytes)
    return make_error(ErrorCode::kUnsupported, "BMP with a header of {} bytes; at least {} are read", header.info_bytes,
                      kInfoHeaderBytes);
  if (header.bits != 8 && header.bits != 24 && header.bits != 32)
    return make_error(ErrorCode::kUnsupported, "BMP with {} bits per pixel; 8, 24 and 32 are read", header.bits);
  const bool masked = header.compression == kBitFields && header.bits == 32 && has_plain_masks(file);
  if (header.compression != kNoCompression && !masked)
    return make_error(ErrorCode::kUnsupported, "BMP with compression {}; uncompressed ones are read",
                      header.compression);
  return header;
}

using Palette = std::array<std::array<std::uint8_t, 3>, 256>;  // blue, green, red; black where the file says nothing

Result<Palette> read_palette(std::span<const std::byte> file, const BmpHeader& header) {
  Palette palette{};
  const std::size_t offset = kFileHeaderBytes + header.info_bytes;
  const std::size_t num_colours = header.num_colours == 0 ? palette.size() : header.num_colours;
  if (num_colours > palette.size()) return corrupt("a palette of {} colours; at most {}", num_colours, palette.size());
  if (offset > file.size() || file.size() - offset < num_colours * 4)
    return corrupt("the palette ends beyond the file");
  for (std::size_t i = 0; i < num_colours; ++i)
    for (std::size_t c = 0; c < 3; ++c) palette[i][c] = std::to_integer<std::uint8_t>(file[offset + i * 4 + c]);
  return palette;
}

}  // namespace

Result<DecodedImage> decode_bmp(std::span<const std::byte> file, const ImageLimits& limits) {
  OCTET_ASSIGN_OR_RETURN(const BmpHeader header, read_header(file));
  const bool bottom_up = header.height > 0;
  const std::int64_t rows = bottom_up ? header.height : -header.height;
  OCTET_RETURN_IF_ERROR(check_size(header.width, rows, limits));
  const auto width = static_cast<std::size_t>(header.width), height = static_cast<std::size_t>(rows);
  const std::size_t pixel_bytes = header.bits / 8;
  const std::size_t stride_bytes = (width * pixel_bytes + 3) / 4 * 4;
  if (header.pixels_offset > file.size() || file.size() - header.pixels_offset < stride_bytes * height) {
    return corrupt("{} x {} pixels of {} bits need {} bytes from offset {}, the file has {}", width, height,
                   header.bits, stride_bytes * height, header.pixels_offset, file.size());
  }
  Palette palette{};
  if (pixel_bytes == 1) {
    OCTET_ASSIGN_OR_RETURN(palette, read_palette(file, header));
  }
  DecodedImage decoded{{static_cast<int>(width), static_cast<int>(height), 3, {}}, /*orientation=*/1};
  decoded.image.pixels.resize(width * height * 3);
  std::uint8_t* dst = decoded.image.pixels.data();
  for (std::size_t y = 0; y < height; ++y) {
    const std::byte* src = file.data() + header.pixels_offset + (bottom_up ? height - 1 - y : y) * stride_bytes;
    for (std::size_t x = 0; x < width; ++x, src += pixel_bytes, dst += 3) {
      const auto first = std::to_integer<std::uint8_t>(src[0]);
      for (std::size_t c = 0; c < 3; ++c)
        dst[c] = pixel_bytes == 1 ? palette[first][c] : std::to_integer<std::uint8_t>(src[c]);
    }
  }
  return decoded;
}

}  // namespace octet
