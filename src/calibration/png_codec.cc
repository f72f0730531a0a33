// SPDX-License-Identifier: Apache-2.0
#include <spng.h>

#include <memory>
#include <utility>

#include "base/error.h"
#include "calibration/image_codecs.h"

namespace octet {
namespace {

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};

Error corrupt(int status) {
  return make_error(ErrorCode::kInvalidData, "corrupt or truncated PNG: {}", spng_strerror(status));
}

// Colours of transparent pixels stay as they are: alpha is dropped, not blended.
Result<Image> decode_pixels(spng_ctx* context, const ImageLimits& limits) {
  spng_ihdr header{};
  if (const int status = spng_get_ihdr(context, &header); status != 0) return corrupt(status);
  OCTET_RETURN_IF_ERROR(check_size(header.width, header.height, limits));
  Image image{static_cast<int>(header.width), static_cast<int>(header.height), 3, {}};
  image.pixels.resize(std::size_t{header.width} * header.height * 3);
  if (const int status = spng_decode_image(context, image.pixels.data(), image.pixels.size(), SPNG_FMT_RGB8, 0);
      status != 0)
    return corrupt(status);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) std::swap(image.pixels[i], image.pixels[i + 2]);
  return image;
}

}  // namespace

Result<DecodedImage> decode_png(std::span<const std::byte> file, const ImageLimits& limits) {
  constexpr std::size_t kMaxChunkBytes = std::size_t{1} << 26;  // of chunks that are kept, pixels not among them
  const std::unique_ptr<spng_ctx, FreeContext> context(spng_ctx_new(0));
  if (context == nullptr) return make_error(ErrorCode::kInvalidData, "no memory to decode a PNG");
  spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes);
  if (const int status = spng_set_png_buffer(context.get(), file.data(), file.size()); status != 0)
    return corrupt(status);
  OCTET_ASSIGN_OR_RETURN(Image image, decode_pixels(context.get(), limits));
  // What follows the pixels: without an end chunk the file is truncated.
  if (const int status = spng_decode_chunks(context.get()); status != 0) return corrupt(status);
  spng_exif exif{};
  const bool has_exif = spng_get_exif(context.get(), &exif) == 0;
  const int orientation =
      has_exif ? exif_orientation({reinterpret_cast<const std::uint8_t*>(exif.data), exif.length}) : 1;
  return DecodedImage{std::move(image), orientation};
}

}  // namespace octet
