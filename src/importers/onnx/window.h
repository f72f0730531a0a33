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

// The same of any number of dimensions, in the form of operators that have lists of them: pads are begin and end of each
// dimension in turn. Absent attributes are 1s and 0s.
struct OnnxWindowLists {
  std::vector<std::int64_t> kernel, strides, dilations, pads;
  PadMode pad_mode = PadMode::kExplicit;
};
Result<OnnxWindowLists> read_window_lists(const OnnxNode& node, std::size_t rank, const std::vector<std::int64_t>& kernel);

// `rank` is the number of spatial dimensions, 1 or 2. `kernel` (of that length) stands in for an absent kernel_shape; if it
// is empty, kernel_shape must be there. If both are there they must agree.
Result<OnnxWindow> read_window(const OnnxNode& node, std::size_t rank, const std::vector<std::int64_t>& kernel);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_WINDOW_H_
