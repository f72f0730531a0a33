// SPDX-License-Identifier: Apache-2.0
// Reductions over axes: mean, sum, maximum, minimum, product, sum of squares, L2 norm; and arg_max over one axis.
#ifndef OCTET_OPS_REDUCE_H_
#define OCTET_OPS_REDUCE_H_

#include "ops/define.h"

namespace octet {

struct ReduceAttrs {
  std::vector<std::int64_t> axes;  // empty: all
  bool keep_dims = true;
  void visit(AttrVisitor& v) {
    v.visit("axes", axes);
    v.visit("keep_dims", keep_dims);
  }
};
struct ArgMaxAttrs {
  std::int64_t axis = 0;
  bool keep_dims = true;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("keep_dims", keep_dims);
  }
};

extern const Op kReduceMean, kReduceSum, kReduceMax, kReduceMin, kReduceProd, kReduceSumSquare, kReduceL2, kArgMax;

}  // namespace octet

#endif  // OCTET_OPS_REDUCE_H_
