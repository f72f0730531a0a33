// SPDX-License-Identifier: Apache-2.0
// Convolutions over any number of spatial dimensions, whose weights may be computed. conv2d is what passes, kernels and
// the quantizer know; these are what it cannot say.
//
// conv:            dst[n, k, o] = bias[k] + sum over c, t of src[n, g * C/group + c, o * stride - begin + t * dilation]
// * weights[k, c, t]
//   src [N, C, ...], weights [K, C/group, ...], bias [K] (optional), dst [N, K, ...]; g is the group of k, src outside
//   counts as 0
// conv_transpose:  dst[n, g * K/group + k, i * stride - begin + t * dilation] = bias + sum over c, i, t of src[n, c, i]
// * weights[c, k, t]
//   src [N, C, ...], weights [C, K/group, ...], bias [K] (optional), dst [N, K, ...]; g is the group of c. Of sizes
//   (in - 1) * stride + (kernel - 1) * dilation + 1 + output_padding - begin - end
#ifndef OCTET_OPS_CONV_H_
#define OCTET_OPS_CONV_H_

#include "ops/define.h"
#include "ops/window.h"

namespace octet {

struct ConvAttrs {
  std::vector<std::int64_t> strides, dilations;  // per spatial dimension; empty: 1s
  std::vector<std::int64_t> pads;                // begin and end of each dimension; empty: 0s
  PadMode pad_mode = PadMode::kExplicit;
  std::int64_t group = 1;
  void visit(AttrVisitor& v) {
    v.visit("strides", strides);
    v.visit("dilations", dilations);
    v.visit("pads", pads);
    v.visit("pad_mode", pad_mode, kPadModeNames);
    v.visit("group", group);
  }
};

struct ConvTransposeAttrs {
  std::vector<std::int64_t> strides, dilations, pads;  // as above
  std::vector<std::int64_t> output_padding;            // per spatial dimension; empty: 0s
  std::int64_t group = 1;
  void visit(AttrVisitor& v) {
    v.visit("strides", strides);
    v.visit("dilations", dilations);
    v.visit("pads", pads);
    v.visit("output_padding", output_padding);
    v.visit("group", group);
  }
};

extern const Op kConv, kConvTranspose;  // f32

// The windows of a conv on shapes that inference has accepted and that are fixed.
std::vector<Window1d> conv_windows(const ConvAttrs& attrs, const Shape& src, const Shape& weights);

// The same of a conv_transpose: windows on its dst, of which src has one element each.
std::vector<Window1d> conv_transpose_windows(const ConvTransposeAttrs& attrs, const Shape& src, const Shape& weights);

}  // namespace octet

#endif  // OCTET_OPS_CONV_H_
