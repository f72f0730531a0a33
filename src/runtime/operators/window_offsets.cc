// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/window_offsets.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/tap_offsets.h"

namespace octet {
namespace {

// All taps of the window that starts at `begin` lie in the image.
bool is_inside(const Window1d& window, std::int64_t begin) {
  return begin >= 0 && begin + (window.kernel - 1) * window.dilation < window.size;
}

void offsets_at_border(const Window2d& window, std::int64_t y0, std::int64_t x0, std::int64_t pixel_stride, std::int32_t* tap) {
  const auto& [h, w] = window;
  for (std::int64_t r = 0; r < h.kernel; ++r) {
    const std::int64_t y = y0 + r * h.dilation;
    for (std::int64_t s = 0; s < w.kernel; ++s) {
      const std::int64_t x = x0 + s * w.dilation;
      const bool inside = y >= 0 && y < h.size && x >= 0 && x < w.size;
      *tap++ = inside ? static_cast<std::int32_t>((y * w.size + x) * pixel_stride) : kPaddingTap;
    }
  }
}

// Taps of output o that lie in [-pad_begin, size + pad_end).
std::int64_t taps_in_padded(const Window1d& window, std::int64_t o) {
  std::int64_t count = 0;
  for (std::int64_t t = 0; t < window.kernel; ++t)
    count += o * window.stride - window.pad_begin + t * window.dilation < window.size + window.pad_end ? 1 : 0;
  return count;
}

}  // namespace

Result<std::vector<std::int32_t>> window_offsets(const Window2d& window, std::int64_t pixel_stride) {
  const auto& [h, w] = window;
  if (h.size * w.size > INT32_MAX / std::max<std::int64_t>(pixel_stride, 1))
    return make_error(ErrorCode::kUnsupported, "an image of {} x {} x {} elements is too large", h.size, w.size, pixel_stride);
  const auto taps = static_cast<std::size_t>(h.kernel * w.kernel);
  std::vector<std::int32_t> from_first;  // of the taps, from the first one of their window
  for (std::int64_t r = 0; r < h.kernel; ++r)
    for (std::int64_t s = 0; s < w.kernel; ++s)
      from_first.push_back(static_cast<std::int32_t>((r * h.dilation * w.size + s * w.dilation) * pixel_stride));

  std::vector<std::int32_t> offsets(static_cast<std::size_t>(h.output_size * w.output_size) * taps);
  std::int32_t* tap = offsets.data();
  for (std::int64_t oh = 0; oh < h.output_size; ++oh) {
    const std::int64_t y = oh * h.stride - h.pad_begin;
    for (std::int64_t ow = 0; ow < w.output_size; ++ow, tap += taps) {
      const std::int64_t x = ow * w.stride - w.pad_begin;
      if (is_inside(h, y) && is_inside(w, x)) {
        const auto first = static_cast<std::int32_t>((y * w.size + x) * pixel_stride);
        for (std::size_t t = 0; t < taps; ++t) tap[t] = first + from_first[t];
      } else {
        offsets_at_border(window, y, x, pixel_stride, tap);
      }
    }
  }
  return offsets;
}

std::vector<std::int32_t> padded_divisors(const Window2d& window) {
  std::vector<std::int32_t> divisors;
  for (std::int64_t oh = 0; oh < window.h.output_size; ++oh)
    for (std::int64_t ow = 0; ow < window.w.output_size; ++ow)
      divisors.push_back(static_cast<std::int32_t>(taps_in_padded(window.h, oh) * taps_in_padded(window.w, ow)));
  return divisors;
}

}  // namespace octet
