// SPDX-License-Identifier: Apache-2.0
#include "ops/window.h"

#include <algorithm>

#include "ops/define.h"

namespace octet {
namespace {

// Strides, kernels and pads above this are absurd, and below it positions fit std::int64_t with room to spare.
constexpr std::int64_t kMaxWindow = std::int64_t{1} << 30;

Result<void> check_window(const Window1d& window, PadMode mode) {
  const auto check = [](std::string_view what, std::int64_t value, std::int64_t min) -> Result<void> {
    if (value >= min && value <= kMaxWindow) return {};
    return shape_error("{} is {}, expected {} to {}", what, value, min, kMaxWindow);
  };
  OCTET_RETURN_IF_ERROR(check("kernel size", window.kernel, 1));
  OCTET_RETURN_IF_ERROR(check("stride", window.stride, 1));
  OCTET_RETURN_IF_ERROR(check("dilation", window.dilation, 1));
  if (!is_symbolic(window.size)) OCTET_RETURN_IF_ERROR(check("image size", window.size, 1));
  if (mode != PadMode::kExplicit) return {};
  OCTET_RETURN_IF_ERROR(check("padding", window.pad_begin, 0));
  return check("padding", window.pad_end, 0);
}

// Pixels from the first to the last tap.
std::int64_t window_extent(const Window1d& window) { return (window.kernel - 1) * window.dilation + 1; }

void set_pads(Window1d& window, std::int64_t total, PadMode mode) {
  window.pad_begin = mode == PadMode::kSameUpper ? total / 2 : total - total / 2;
  window.pad_end = total - window.pad_begin;
}

// With stride 1, pads that make up for what the window takes keep a size that is not known.
void resolve_symbolic(Window1d& window, PadMode mode) {
  const std::int64_t shrink = window_extent(window) - 1;
  if (mode != PadMode::kExplicit && window.stride == 1) set_pads(window, shrink, mode);
  const bool keeps_size = window.stride == 1 && window.pad_begin + window.pad_end == shrink;
  window.output_size = keeps_size ? window.size : kUnknownDimension;
}

void resolve_same(Window1d& window, PadMode mode) {
  window.output_size = (window.size + window.stride - 1) / window.stride;
  const std::int64_t needed = (window.output_size - 1) * window.stride + window_extent(window);
  set_pads(window, std::max<std::int64_t>(0, needed - window.size), mode);
}

Result<void> resolve_explicit(Window1d& window, bool ceil_mode) {
  const std::int64_t room = window.size + window.pad_begin + window.pad_end - window_extent(window);
  // Rounded up, a window larger than the image still gives the one output that starts in it.
  if (room < 0 && !(ceil_mode && room > -window.stride)) {
    return shape_error("a window of {} pixels does not fit into an image of {} padded with {} and {}", window_extent(window),
                       window.size, window.pad_begin, window.pad_end);
  }
  window.output_size = (room + (ceil_mode ? window.stride - 1 : 0)) / window.stride + 1;
  const std::int64_t last_start = (window.output_size - 1) * window.stride;
  if (ceil_mode && last_start >= window.size + window.pad_begin) --window.output_size;
  return {};
}

}  // namespace

Result<Window1d> resolve_window(Window1d window, PadMode mode, bool ceil_mode) {
  OCTET_RETURN_IF_ERROR(check_window(window, mode));
  if (is_symbolic(window.size)) {
    if (mode != PadMode::kExplicit) window.pad_begin = window.pad_end = 0;
    resolve_symbolic(window, mode);
  } else if (mode != PadMode::kExplicit) {
    resolve_same(window, mode);
  } else {
    OCTET_RETURN_IF_ERROR(resolve_explicit(window, ceil_mode));
  }
  return window;
}

ImageAxes image_axes(Layout layout) {
  if (layout == Layout::kNchw) return {.h = 2, .w = 3, .c = 1};
  return {.h = 1, .w = 2, .c = 3};
}

}  // namespace octet
