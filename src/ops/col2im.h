// SPDX-License-Identifier: Apache-2.0
// Puts the columns of a convolution back in their places of the image, and adds where they overlap.
//
//   dst[n, c, o * stride - pad + k * dilation] += src[n, c * K + k, o]   for all positions k of the block and o of the blocks
//
// inputs: src [N, C * K, L], image sizes and block sizes (i32 or i64, one per spatial dimension; K is the product of the
// block's). dst [N, C, image sizes]. Attributes have one number per dimension, pads first all begins, then all ends; empty: 1s
// and 0s.
#ifndef OCTET_OPS_COL2IM_H_
#define OCTET_OPS_COL2IM_H_

#include "ops/define.h"

namespace octet {

struct Col2imAttrs {
  std::vector<std::int64_t> strides, dilations, pads;
  void visit(AttrVisitor& v) {
    v.visit("strides", strides);
    v.visit("dilations", dilations);
    v.visit("pads", pads);
  }
};

extern const Op kCol2im;  // f32

}  // namespace octet

#endif  // OCTET_OPS_COL2IM_H_
