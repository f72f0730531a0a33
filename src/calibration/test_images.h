// SPDX-License-Identifier: Apache-2.0
// Image files made in memory for the tests of this folder.
#ifndef OCTET_CALIBRATION_TEST_IMAGES_H_
#define OCTET_CALIBRATION_TEST_IMAGES_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>
#include <spng.h>

#include "calibration/image_decoder.h"

namespace octet {

using FileBytes = std::vector<std::uint8_t>;

inline std::span<const std::byte> bytes_of(const FileBytes& file) { return std::as_bytes(std::span(file)); }

// A picture whose pixels all differ: blue = x, green = y, red = their mix.
inline Image gradient(int width, int height) {
  Image image{width, height, 3, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {10 * x + 1, 10 * y + 2, 7 * x + 13 * y})
        image.pixels.push_back(static_cast<std::uint8_t>(value));
  return image;
}

// PNG of `raw`, rows of the given colour type and bit depth. `exif`: TIFF data of an eXIf chunk, if any.
inline FileBytes encode_png(std::uint32_t width, std::uint32_t height, std::uint8_t colour_type, std::uint8_t bit_depth,
                            const FileBytes& raw, const FileBytes& exif = {}) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{width, height, bit_depth, colour_type, 0, 0, 0};
  spng_set_ihdr(context, &header);
  if (colour_type == SPNG_COLOR_TYPE_INDEXED) {
    spng_plte palette{};
    palette.n_entries = 2;
    palette.entries[0] = {1, 2, 3, 255};
    palette.entries[1] = {200, 100, 50, 255};
    spng_set_plte(context, &palette);
  }
  FileBytes tiff = exif;
  spng_exif block{tiff.size(), reinterpret_cast<char*>(tiff.data())};
  if (!tiff.empty()) spng_set_exif(context, &block);
  spng_encode_image(context, raw.data(), raw.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  std::size_t size = 0;
  int status = 0;
  auto* data = static_cast<std::uint8_t*>(spng_get_png_buffer(context, &size, &status));
  FileBytes file(data, data + (data == nullptr ? 0 : size));
  std::free(data);
  spng_ctx_free(context);
  return file;
}

inline FileBytes encode_png(const Image& bgr) {
  FileBytes rgb = bgr.pixels;
  for (std::size_t i = 0; i < rgb.size(); i += 3) std::swap(rgb[i], rgb[i + 2]);
  return encode_png(static_cast<std::uint32_t>(bgr.width), static_cast<std::uint32_t>(bgr.height),
                    SPNG_COLOR_TYPE_TRUECOLOR, 8, rgb);
}

// TIFF data that hold an orientation and nothing else.
inline FileBytes exif_tiff(std::uint8_t orientation, bool big_endian = false) {
  if (big_endian)
    return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0};
  return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0};
}

// JPEG of quality 100. `space` is JCS_EXT_BGR, JCS_GRAYSCALE or JCS_CMYK and says what the pixels are.
inline FileBytes encode_jpeg(int width, int height, J_COLOR_SPACE space, FileBytes pixels, const FileBytes& exif = {},
                             bool progressive = false) {
  const int channels = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = channels;
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (!exif.empty()) {
    FileBytes marker{'E', 'x', 'i', 'f', 0, 0};
    marker.insert(marker.end(), exif.begin(), exif.end());
    jpeg_write_marker(&info, JPEG_APP0 + 1, marker.data(), static_cast<unsigned>(marker.size()));
  }
  for (int y = 0; y < height; ++y) {
    JSAMPROW row = pixels.data() + static_cast<std::ptrdiff_t>(y) * width * channels;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  FileBytes file(data, data + size);
  std::free(data);
  return file;
}

// BMP of 24 or 32 bits, or of 8 with a gray palette that shows the blue channel.
inline FileBytes encode_bmp(const Image& bgr, int bits, bool top_down = false) {
  const int pixel_bytes = bits / 8, palette_bytes = bits == 8 ? 1024 : 0;
  FileBytes file{'B', 'M'};
  const auto put = [&](std::int64_t value, int num_bytes) {
    for (int i = 0; i < num_bytes; ++i) file.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  put(0, 4), put(0, 4), put(54 + palette_bytes, 4);
  put(40, 4), put(bgr.width, 4), put(top_down ? -bgr.height : bgr.height, 4), put(1, 2), put(bits, 2);
  put(0, 4), put(0, 4), put(0, 4), put(0, 4), put(0, 4), put(0, 4);
  for (int i = 0; i < palette_bytes / 4; ++i) put(i, 1), put(i, 1), put(i, 1), put(0, 1);
  for (int row = 0; row < bgr.height; ++row) {
    const int y = top_down ? row : bgr.height - 1 - row;
    for (int x = 0; x < bgr.width; ++x) {
      const std::uint8_t* pixel = bgr.pixels.data() + (y * bgr.width + x) * 3;
      for (int c = 0; c < pixel_bytes; ++c) put(c < 3 ? pixel[c] : 77, 1);
    }
    while ((file.size() - static_cast<std::size_t>(54 + palette_bytes)) % 4 != 0) put(0, 1);
  }
  return file;
}

inline void write_file(const std::string& path, const FileBytes& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
}

}  // namespace octet

#endif  // OCTET_CALIBRATION_TEST_IMAGES_H_
