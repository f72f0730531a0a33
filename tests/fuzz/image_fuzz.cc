// SPDX-License-Identifier: Apache-2.0
// Any bytes are an image or an error. The limits keep a run short; the decoders themselves do not depend on them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "calibration/image_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const octet::ImageLimits limits{.max_side = 512, .max_pixels = 1 << 16};
  const auto image = octet::decode_image(std::as_bytes(std::span(data, size)), limits);
  if (!image) return 0;
  const std::size_t expected = static_cast<std::size_t>(image->width) * static_cast<std::size_t>(image->height) * 3;
  if (image->channels != 3 || image->pixels.size() != expected) std::abort();
  return 0;
}
