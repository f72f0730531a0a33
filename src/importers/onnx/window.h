// SPDX-License-Identifier: Apache-2.0
// The attributes that ONNX's convolutions and poolings share: kernel_shape, strides, dilations, pads, auto_pad.
#ifndef OCTET_IMPORTERS_ONNX_WINDOW_H_
#define OCTET_IMPORTERS_ONNX_WINDOW_H_

#include <array>

#include "importers/onnx/onnx_node.h"
#include "ops/window.h"

namespace octet {

// As our two-dimensional operators want it; of a one-dimensional window h stays at its defaults.
struct OnnxWindow {
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 2> dilations = {1, 1};
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  // top, bottom, left, right
  PadMode pad_mode = PadMode::kExplicit;
};

// `rank` is the number of spatial dimensions, 1 or 2. `kernel` (of that length) stands in for an absent kernel_shape; if it
// is empty, kernel_shape must be there. If both are there they must agree.
Result<OnnxWindow> read_window(const OnnxNode& node, std::size_t rank, const std::vector<std::int64_t>& kernel);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_WINDOW_H_
