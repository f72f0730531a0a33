// SPDX-License-Identifier: Apache-2.0
// Operators that change the shape and keep the elements in order, whatever their type.
#ifndef OCTET_OPS_RESHAPE_H_
#define OCTET_OPS_RESHAPE_H_

#include "ops/define.h"

namespace octet {

struct ReshapeAttrs {
  std::vector<std::int64_t> shape;  // 0: as in src (unless allow_zero); one -1: what is left
  bool allow_zero = false;
  void visit(AttrVisitor& v) {
    v.visit("shape", shape);
    v.visit("allow_zero", allow_zero);
  }
};
struct FlattenAttrs {  // dst [product of dims before axis, product of the rest]
  std::int64_t axis = 1;
  void visit(AttrVisitor& v) { v.visit("axis", axis); }
};
struct SqueezeAttrs {
  std::vector<std::int64_t> axes;  // squeeze: empty means all of size 1
  void visit(AttrVisitor& v) { v.visit("axes", axes); }
};

extern const Op kReshape, kFlatten, kSqueeze, kUnsqueeze, kIdentity, kDropout;

// The operators above: dst holds src's elements in the same order.
bool keeps_elements(const Op& op);

}  // namespace octet

#endif  // OCTET_OPS_RESHAPE_H_
