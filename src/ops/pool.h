// SPDX-License-Identifier: Apache-2.0
// Pooling over any number of spatial dimensions of src [N, C, ...]: what max_pool2d and avg_pool2d, which have kernels,
// cannot say.
//   max_pool: outputs dst, and where in src the maximum was: its index into all elements (i64); the first of equal
//   ones. A
//             window without a pixel gives the least number, and index 0.
//   avg_pool: divides by the pixels inside the image, or with count_include_pad by the taps that lie in the padded
//   image lp_pool:  dst = (sum of |src|^p)^(1 / p)
#ifndef OCTET_OPS_POOL_H_
#define OCTET_OPS_POOL_H_

#include "ops/define.h"
#include "ops/window.h"

namespace octet {

struct PoolAttrs {
  std::vector<std::int64_t> kernel;              // per spatial dimension
  std::vector<std::int64_t> strides, dilations;  // empty: 1s
  std::vector<std::int64_t> pads;                // begin and end of each dimension; empty: 0s
  PadMode pad_mode = PadMode::kExplicit;
  bool ceil_mode = false;
  bool count_include_pad = false;  // avg_pool
  bool column_major = false;       // max_pool: indices count the image's first dimension fastest
  std::int64_t p = 2;              // lp_pool

  void visit(AttrVisitor& v) {
    v.visit("kernel", kernel);
    v.visit("strides", strides);
    v.visit("dilations", dilations);
    v.visit("pads", pads);
    v.visit("pad_mode", pad_mode, kPadModeNames);
    v.visit("ceil_mode", ceil_mode);
    v.visit("count_include_pad", count_include_pad);
    v.visit("column_major", column_major);
    v.visit("p", p);
  }
};

extern const Op kMaxPool;           // f32, i8, u8
extern const Op kAvgPool, kLpPool;  // f32

}  // namespace octet

#endif  // OCTET_OPS_POOL_H_
