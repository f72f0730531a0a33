// SPDX-License-Identifier: Apache-2.0
// Two-dimensional convolution, grouped, strided, dilated and padded, with an activation fused.
//
//   dst[n, oh, ow, k] = act(bias[k] + sum over r, s, c of
//                           src[n, oh*stride_h - top + r*dilation_h, ow*stride_w - left + s*dilation_w, g*C/group + c]
//                           * weights[k, r, s, c]),   g = the group of k; src outside the image counts as 0
//
// inputs: src, weights, bias (optional, [K]).
//   layout nhwc: src [N, H, W, C], weights [K, kh, kw, C/group], dst [N, OH, OW, K]
//   layout nchw: src [N, C, H, W], weights [K, C/group, kh, kw], dst [N, K, OH, OW]
// group == C == K (or K a multiple of C) is a depthwise convolution.
#ifndef OCTET_OPS_CONV2D_H_
#define OCTET_OPS_CONV2D_H_

#include <array>

#include "ops/define.h"
#include "ops/window.h"

namespace octet {

struct Conv2dAttrs {
  std::array<std::int64_t, 2> strides = {1, 1};    // h, w
  std::array<std::int64_t, 2> dilations = {1, 1};  // h, w
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  // top, bottom, left, right; used with pad_mode explicit
  PadMode pad_mode = PadMode::kExplicit;
  std::int64_t group = 1;
  Activation activation = Activation::kNone;
  Layout layout = Layout::kNhwc;

  void visit(AttrVisitor& v) {
    v.visit("strides", std::span<std::int64_t>(strides));
    v.visit("dilations", std::span<std::int64_t>(dilations));
    v.visit("pads", std::span<std::int64_t>(pads));
    v.visit("pad_mode", pad_mode, kPadModeNames);
    v.visit("group", group);
    v.visit("activation", activation, kActivationNames);
    v.visit("layout", layout, kLayoutNames);
  }
};

extern const Op kConv2d;

// The window of a convolution on an image of height h and width w (both fixed), pads resolved.
Window2d conv2d_window(const Conv2dAttrs& attrs, const Shape& src, const Shape& weights);

// Each filter sees one of several input channels (group == C > 1).
bool is_depthwise(const Node& node, const Shape& weights);

}  // namespace octet

#endif  // OCTET_OPS_CONV2D_H_
