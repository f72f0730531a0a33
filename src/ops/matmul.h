// SPDX-License-Identifier: Apache-2.0
// dst = act(a x b + bias) over the last two dimensions, leading ones broadcast as in NumPy. A rank-1 a is a row [1, K], a
// rank-1 b a column [K, 1]; the added dimension is dropped from dst.
// inputs: a [..., M, K] ([..., K, M] with transpose_a), b [..., K, N] ([..., N, K] with transpose_b), bias (optional, [N]).
#ifndef OCTET_OPS_MATMUL_H_
#define OCTET_OPS_MATMUL_H_

#include "ops/define.h"

namespace octet {

struct MatmulAttrs {
  bool transpose_a = false;
  bool transpose_b = false;
  Activation activation = Activation::kNone;
  void visit(AttrVisitor& v) {
    v.visit("transpose_a", transpose_a);
    v.visit("transpose_b", transpose_b);
    v.visit("activation", activation, kActivationNames);
  }
};

extern const Op kMatmul;

}  // namespace octet

#endif  // OCTET_OPS_MATMUL_H_
