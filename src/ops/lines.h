// SPDX-License-Identifier: Apache-2.0
// Operators that go along lines of a tensor: running sums, reversals, one-hot maxima; and tests of single floats.
#ifndef OCTET_OPS_LINES_H_
#define OCTET_OPS_LINES_H_

#include "ops/softmax.h"

namespace octet {

// inputs: src, axis (one i32 or i64). dst[i] = the sum of src[0] .. src[i]; exclusive: without src[i]; reverse: from the end.
struct CumSumAttrs {
  bool exclusive = false;
  bool reverse = false;
  void visit(AttrVisitor& v) {
    v.visit("exclusive", exclusive);
    v.visit("reverse", reverse);
  }
};
// inputs: src, lengths (i64, a vector, one per index of batch_axis): reverses the first lengths[b] elements along time_axis.
struct ReverseSequenceAttrs {
  std::int64_t batch_axis = 1;
  std::int64_t time_axis = 0;
  void visit(AttrVisitor& v) {
    v.visit("batch_axis", batch_axis);
    v.visit("time_axis", time_axis);
  }
};
struct IsInfAttrs {
  bool negative = true;  // -infinity counts
  bool positive = true;
  void visit(AttrVisitor& v) {
    v.visit("negative", negative);
    v.visit("positive", positive);
  }
};

extern const Op kCumSum, kReverseSequence;
extern const Op kHardmax;  // attributes of softmax: 1 at the first maximum along the axis, 0 elsewhere
extern const Op kIsInf, kIsNan;  // dst bool
extern const Op kDet;            // of square matrices [..., M, M], by elimination with pivots in float64

}  // namespace octet

#endif  // OCTET_OPS_LINES_H_
