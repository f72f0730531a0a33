// SPDX-License-Identifier: Apache-2.0
// Operators whose results have sizes that only values tell, and top_k.
#ifndef OCTET_OPS_SELECT_H_
#define OCTET_OPS_SELECT_H_

#include "ops/define.h"

namespace octet {

// inputs: src, k (one i64). dst: the k largest (or smallest) along the axis, and their positions (i64). Of equal elements the
// first wins. A NaN counts as larger than all numbers. The result is sorted, also with `sorted` = false.
struct TopKAttrs {
  std::int64_t axis = -1;
  bool largest = true;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("largest", largest);
  }
};
// inputs: src, condition (bool, a vector): the slices along the axis where it is true; with `flat` src counts as a vector.
struct CompressAttrs {
  std::int64_t axis = 0;
  bool flat = false;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("flat", flat);
  }
};
// The different elements of src, or with `flat` = false its different slices along the axis. Outputs: those; where in src each
// is first; which of them each of src is; how often each is there (the last three vectors of i64).
struct UniqueAttrs {
  std::int64_t axis = 0;
  bool flat = true;
  bool sorted = true;  // else in the order in which they come
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("flat", flat);
    v.visit("sorted", sorted);
  }
};
// inputs: boxes f32 [N, M, 4], scores f32 [N, C, M], at most so many per class (i64, optional: 0), IoU and score thresholds
// (f32, optional: 0, none). dst: i64 [selected, 3], each (image, class, box). Of each class the box of the best score is taken,
// and then each next one whose IoU with those taken is at most the threshold.
struct NonMaxSuppressionAttrs {
  bool centered = false;  // boxes are (x, y, width, height); else (y1, x1, y2, x2) of two opposite corners
  void visit(AttrVisitor& v) { v.visit("centered", centered); }
};

extern const Op kTopK, kCompress, kUnique, kNonMaxSuppression;
extern const Op kNonZero;  // dst i64 [rank, n]: the positions of elements that are not 0, in order

}  // namespace octet

#endif  // OCTET_OPS_SELECT_H_
