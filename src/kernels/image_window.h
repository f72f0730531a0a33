// SPDX-License-Identifier: Apache-2.0
// The windows of a convolution in a few numbers, for kernels that would rather compute where taps lie than read it: the
// table of a 7 x 7 window (tap_offsets.h) is larger than its image.
#ifndef OCTET_KERNELS_IMAGE_WINDOW_H_
#define OCTET_KERNELS_IMAGE_WINDOW_H_

#include <cstdint>

namespace octet {

// Output pixel (y, x), number y * output_width + x, has its first tap at row y * stride_y - pad_y and column
// x * stride_x - pad_x of the image; taps are dilation_y rows and one column apart.
struct ImageWindow {
  std::int32_t height, width;  // of the image
  std::int32_t output_width;
  std::int32_t kernel_height, kernel_width;
  std::int32_t stride_y, stride_x;
  std::int32_t dilation_y;
  std::int32_t pad_y, pad_x;
};

}  // namespace octet

#endif  // OCTET_KERNELS_IMAGE_WINDOW_H_
