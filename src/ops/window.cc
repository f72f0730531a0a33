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

Result<std::vector<Window1d>> resolve_windows(const WindowNumbers& numbers, std::span<const std::int64_t> image) {
  const std::size_t n = image.size();
  const auto given = [n](const std::vector<std::int64_t>& list, std::size_t count) { return list.empty() || list.size() == count * n; };
  if (n == 0 || numbers.kernel.size() != n || !given(numbers.strides, 1) || !given(numbers.dilations, 1) || !given(numbers.pads, 2)) {
    return shape_error("{} spatial dimensions, {} kernel sizes, {} strides, {} dilations and {} pads do not go together", n,
                       numbers.kernel.size(), numbers.strides.size(), numbers.dilations.size(), numbers.pads.size());
  }
  const auto number = [](const std::vector<std::int64_t>& list, std::size_t i, std::int64_t fallback) { return list.empty() ? fallback : list[i]; };
  std::vector<Window1d> windows;
  for (std::size_t d = 0; d < n; ++d) {
    const Window1d window = {.size = image[d], .kernel = numbers.kernel[d], .stride = number(numbers.strides, d, 1),
                             .dilation = number(numbers.dilations, d, 1), .pad_begin = number(numbers.pads, 2 * d, 0),
                             .pad_end = number(numbers.pads, 2 * d + 1, 0)};
    auto resolved = resolve_window(window, numbers.pad_mode, numbers.ceil_mode);
    if (!resolved) return at(fmt::format("spatial dimension {}", d), std::move(resolved).error());
    windows.push_back(*resolved);
  }
  return windows;
}

Shape output_sizes(const std::vector<Window1d>& windows) {
  Shape shape;
  for (const Window1d& window : windows) shape.push_back(window.output_size);
  return shape;
}

Shape kernel_sizes(const std::vector<Window1d>& windows) {
  Shape shape;
  for (const Window1d& window : windows) shape.push_back(window.kernel);
  return shape;
}

WindowTaps taps_of(const Window1d& window, std::int64_t o) {
  const std::int64_t start = o * window.stride - window.pad_begin;
  // Taps before pixel `bound`; padding in front counts too, since no window starts before it.
  const auto taps_before = [&](std::int64_t bound) {
    return std::clamp<std::int64_t>((bound - start + window.dilation - 1) / window.dilation, 0, window.kernel);
  };
  const std::int64_t skipped = start < 0 ? taps_before(0) : 0;
  const std::int64_t past = taps_before(window.size);
  return {start + skipped * window.dilation, start + past * window.dilation, window.dilation, past - skipped,
          taps_before(window.size + window.pad_end)};
}

ImageAxes image_axes(Layout layout) {
  if (layout == Layout::kNchw) return {.h = 2, .w = 3, .c = 1};
  return {.h = 1, .w = 2, .c = 3};
}

}  // namespace octet
