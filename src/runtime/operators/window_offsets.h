// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_RUNTIME_OPERATORS_WINDOW_OFFSETS_H_
#define OCTET_RUNTIME_OPERATORS_WINDOW_OFFSETS_H_

#include <cstdint>
#include <vector>

#include "ops/window.h"

namespace octet {

// Where each tap of each output pixel lies in an NHWC image: offsets[pixel * taps + tap] in elements from the image's
// first, kPaddingTap outside. Pixels row by row, taps likewise. pixel_stride: elements from pixel to pixel of the image.
// Error: kUnsupported if the image has 2^31 elements or more.
Result<std::vector<std::int32_t>> window_offsets(const Window2d& window, std::int64_t pixel_stride);

// Number of taps of each output pixel that lie in the image with its padding: what count_include_pad divides by.
std::vector<std::int32_t> padded_divisors(const Window2d& window);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_WINDOW_OFFSETS_H_
