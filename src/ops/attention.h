// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention of several heads, on tensors whose heads lie side by side in each row:
//   dst[b, s, h, :] = sum over t of softmax over t (scale * sum over d of q[b, s, h, d] * k[b, t, h, d] + mask[b, s, t]) * v[b, t, h, :]
// inputs: q [B, S, H * D], k [B, T, H * D], v [B, T, H * E], mask (optional; 4 dimensions that broadcast to [B, H, S, T]).
// dst [B, S, H * E]. Source: Vaswani et al. 2017 (arXiv:1706.03762), section 3.2.
#ifndef OCTET_OPS_ATTENTION_H_
#define OCTET_OPS_ATTENTION_H_

#include "ops/define.h"

namespace octet {

struct AttentionAttrs {
  std::int64_t heads = 1;
  float scale = 1.0f;
  void visit(AttrVisitor& v) {
    v.visit("heads", heads);
    v.visit("scale", scale);
  }
};

extern const Op kAttention;

}  // namespace octet

#endif  // OCTET_OPS_ATTENTION_H_
