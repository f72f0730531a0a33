// SPDX-License-Identifier: Apache-2.0
// Reductions over axes: mean, sum, maximum, minimum, product, sum of squares, L1 and L2 norm, logarithm of the sum and of the
// sum of exponentials; and arg_max and arg_min over one axis. Of nothing, a maximum is -infinity and a minimum +infinity; of
// no integers there is neither.
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
  bool select_last = false;  // of equal extremes
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("keep_dims", keep_dims);
    v.visit("select_last", select_last);
  }
};

extern const Op kReduceMean, kReduceSum, kReduceMax, kReduceMin, kReduceProd, kReduceSumSquare, kReduceL1, kReduceL2,
    kReduceLogSum, kReduceLogSumExp;
extern const Op kArgMax, kArgMin;

}  // namespace octet

#endif  // OCTET_OPS_REDUCE_H_
