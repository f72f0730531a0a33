// SPDX-License-Identifier: Apache-2.0
// How convolution, depthwise and pool kernels find their source pixels without a padded copy or im2col.
//
// A table [pixels][taps] of element offsets, one row per output pixel, taps in the order of the window (kh outer, kw
// inner): the channels of tap t of pixel p start at src + offsets[p * taps + t]. A tap outside the image has
// kPaddingTap. Offsets depend on shapes alone, so one table serves all images of a batch, all groups (src moves by
// their channels) and all sessions. The caller keeps an image below 2^31 elements.
#ifndef OCTET_KERNELS_TAP_OFFSETS_H_
#define OCTET_KERNELS_TAP_OFFSETS_H_

#include <cstdint>

namespace octet {

constexpr std::int32_t kPaddingTap = -1;

}  // namespace octet

#endif  // OCTET_KERNELS_TAP_OFFSETS_H_
