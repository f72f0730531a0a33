// SPDX-License-Identifier: Apache-2.0
// Sliding windows over the two spatial dimensions of an image: output sizes and padding, the same for convolution and
// pooling.
#ifndef OCTET_OPS_WINDOW_H_
#define OCTET_OPS_WINDOW_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ir/tensor.h"

namespace octet {

// kSameUpper: output size ceil(size / stride), an odd pixel of padding at the end; kSameLower: at the beginning.
enum class PadMode : int { kExplicit, kSameUpper, kSameLower };
inline constexpr std::array<std::string_view, 3> kPadModeNames = {"explicit", "same_upper", "same_lower"};

// One spatial dimension. Positions of window tap t of output o: o * stride - pad_begin + t * dilation.
struct Window1d {
  std::int64_t size = 1;  // of the image
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0;
  std::int64_t pad_end = 0;
  std::int64_t output_size = 1;
};
struct Window2d {
  Window1d h, w;
};

// Fills pads (for the same_ modes) and output_size. `ceil_mode` rounds the output size up, but a window that would start
// in the padding behind the image is dropped (Caffe's rule, ONNX's since opset 19). A symbolic size gives a symbolic
// output size: the same symbol if nothing shrinks, else kUnknownDimension.
// Error: kInvalidModel if a number is not positive, or the window does not fit into the padded image (with `ceil_mode`: by a
// stride or more).
Result<Window1d> resolve_window(Window1d window, PadMode mode, bool ceil_mode);

// The same of any number of spatial dimensions. Lists have one number per dimension, `pads` two: begin and end. Empty lists
// but the kernel's are 1s and 0s. `image` are the spatial dimensions. Error: also if numbers of numbers differ.
struct WindowNumbers {
  std::vector<std::int64_t> kernel, strides, dilations, pads;
  PadMode pad_mode = PadMode::kExplicit;
  bool ceil_mode = false;
};
Result<std::vector<Window1d>> resolve_windows(const WindowNumbers& numbers, std::span<const std::int64_t> image);

// The output sizes of windows, and their kernels'.
Shape output_sizes(const std::vector<Window1d>& windows);
Shape kernel_sizes(const std::vector<Window1d>& windows);

// The taps of one output position along one dimension that lie in the image: pixels begin, begin + dilation, ... before end.
struct WindowTaps {
  std::int64_t begin, end, dilation;
  std::int64_t num_inside, num_padded;  // taps in the image, and in the image with its padding
};
WindowTaps taps_of(const Window1d& window, std::int64_t o);

// Where the two spatial dimensions and the channels are.
struct ImageAxes {
  std::size_t h, w, c;
};
ImageAxes image_axes(Layout layout);

}  // namespace octet

#endif  // OCTET_OPS_WINDOW_H_
