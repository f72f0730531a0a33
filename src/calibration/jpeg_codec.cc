// SPDX-License-Identifier: Apache-2.0
// libjpeg reports an error by calling a function that must not return: it jumps back to decode(), which therefore holds
// no object with a destructor.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.h"
#include "calibration/image_codecs.h"

namespace octet {
namespace {

// A progressive file may repeat scans of the whole image without end; real ones have about ten.
constexpr int kMaxScans = 256;

struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg knows this part only
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail(j_common_ptr info) {
  auto& errors = *reinterpret_cast<ErrorManager*>(info->err);
  info->err->format_message(info, errors.message);
  std::longjmp(errors.jump, 1);
}

// Negative levels are warnings: the data are corrupt or end early, and libjpeg would make up the rest of the image.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  const jpeg_error_mgr& errors = *info->err;
  // Junk between the image and its end marker, as many cameras write it, harms no pixel.
  if (errors.msg_code == JWRN_EXTRANEOUS_DATA && errors.msg_parm.i[1] == JPEG_EOI) return;
  if (errors.msg_code == JWRN_JFIF_MAJOR || errors.msg_code == JWRN_ADOBE_XFORM) return;
  fail(info);
}

void check_scans(j_common_ptr info) {
  auto& errors = *reinterpret_cast<ErrorManager*>(info->err);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  std::snprintf(errors.message, sizeof errors.message, "more than %d scans", kMaxScans);
  std::longjmp(errors.jump, 1);
}

// OpenCV's conversion of the inverted CMYK that Adobe's programs write.
void cmyk_to_bgr(const std::uint8_t* cmyk, std::size_t width, std::uint8_t* bgr) {
  for (std::size_t x = 0; x < width; ++x, cmyk += 4, bgr += 3) {
    const int black = cmyk[3];
    for (int c = 0; c < 3; ++c) bgr[2 - c] = static_cast<std::uint8_t>(black - ((255 - cmyk[c]) * black >> 8));
  }
}

class JpegDecoder {
 public:
  explicit JpegDecoder(const ImageLimits& limits) : limits_(limits) {}
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  Result<DecodedImage> decode(std::span<const std::byte> file) && {
    if (!read_header(file)) return error();
    OCTET_RETURN_IF_ERROR(check_size(info_.image_width, info_.image_height, limits_));
    Image& image = decoded_.image;
    image = {static_cast<int>(info_.image_width), static_cast<int>(info_.image_height), 3, {}};
    image.pixels.resize(std::size_t{info_.image_width} * info_.image_height * 3);
    is_cmyk_ = info_.num_components == 4;
    if (is_cmyk_) row_.resize(std::size_t{info_.image_width} * 4);
    decoded_.orientation = orientation();  // jpeg_finish_decompress() frees the markers
    if (!read_pixels()) return error();
    return std::move(decoded_);
  }

 private:
  Error error() const { return make_error(ErrorCode::kInvalidData, "corrupt or truncated JPEG: {}", errors_.message); }

  bool read_header(std::span<const std::byte> file) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = fail;
    errors_.base.emit_message = on_message;
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    progress_.progress_monitor = check_scans;
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file.data()), static_cast<unsigned long>(file.size()));
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);  // EXIF
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool read_pixels() {
    if (setjmp(errors_.jump) != 0) return false;
    info_.out_color_space = is_cmyk_ ? JCS_CMYK : JCS_EXT_BGR;
    jpeg_start_decompress(&info_);
    const std::size_t stride_bytes = std::size_t{info_.output_width} * 3;
    while (info_.output_scanline < info_.output_height) {
      std::uint8_t* dst = decoded_.image.pixels.data() + info_.output_scanline * stride_bytes;
      JSAMPROW row = is_cmyk_ ? row_.data() : dst;
      jpeg_read_scanlines(&info_, &row, 1);
      if (is_cmyk_) cmyk_to_bgr(row, info_.output_width, dst);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  int orientation() const {
    constexpr char kExif[] = "Exif\0";  // and the literal's own 0: six bytes
    for (const jpeg_marker_struct* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      if (marker->data_length >= sizeof kExif && std::memcmp(marker->data, kExif, sizeof kExif) == 0)
        return exif_orientation({marker->data + sizeof kExif, marker->data_length - sizeof kExif});
    }
    return 1;
  }

  ImageLimits limits_;
  jpeg_decompress_struct info_{};
  ErrorManager errors_{};
  jpeg_progress_mgr progress_{};
  DecodedImage decoded_;
  bool is_cmyk_ = false;
  std::vector<std::uint8_t> row_;  // of CMYK, [width, 4]
};

}  // namespace

Result<DecodedImage> decode_jpeg(std::span<const std::byte> file, const ImageLimits& limits) {
  return JpegDecoder(limits).decode(file);
}

}  // namespace octet
