// SPDX-License-Identifier: Apache-2.0
// Maximum and average over windows of an image. Padding never wins a maximum; an average divides by the pixels inside the
// image, or with count_include_pad by all taps of the window that lie in the padded image.
// inputs: src [N, H, W, C] (nhwc) or [N, C, H, W] (nchw). With `global` the window is the whole image.
#ifndef OCTET_OPS_POOL2D_H_
#define OCTET_OPS_POOL2D_H_

#include <array>

#include "ops/define.h"
#include "ops/window.h"

namespace octet {

struct Pool2dAttrs {
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 2> dilations = {1, 1};
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  // top, bottom, left, right
  PadMode pad_mode = PadMode::kExplicit;
  bool ceil_mode = false;
  bool count_include_pad = false;
  bool global = false;
  Activation activation = Activation::kNone;
  Layout layout = Layout::kNhwc;

  void visit(AttrVisitor& v) {
    v.visit("kernel", std::span<std::int64_t>(kernel));
    v.visit("strides", std::span<std::int64_t>(strides));
    v.visit("dilations", std::span<std::int64_t>(dilations));
    v.visit("pads", std::span<std::int64_t>(pads));
    v.visit("pad_mode", pad_mode, kPadModeNames);
    v.visit("ceil_mode", ceil_mode);
    v.visit("count_include_pad", count_include_pad);
    v.visit("global", global);
    v.visit("activation", activation, kActivationNames);
    v.visit("layout", layout, kLayoutNames);
  }
};

extern const Op kMaxPool2d;
extern const Op kAvgPool2d;

Window2d pool2d_window(const Pool2dAttrs& attrs, const Shape& src);

}  // namespace octet

#endif  // OCTET_OPS_POOL2D_H_
