// SPDX-License-Identifier: Apache-2.0
// concat joins tensors along an axis; split cuts one into parts of the given sizes.
#ifndef OCTET_OPS_CONCAT_H_
#define OCTET_OPS_CONCAT_H_

#include "ops/define.h"

namespace octet {

struct ConcatAttrs {
  std::int64_t axis = 0;
  void visit(AttrVisitor& v) { v.visit("axis", axis); }
};
struct SplitAttrs {
  std::int64_t axis = 0;
  std::vector<std::int64_t> sizes;  // along the axis, one per output; they sum to its length
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("sizes", sizes);
  }
};

extern const Op kConcat, kSplit;

}  // namespace octet

#endif  // OCTET_OPS_CONCAT_H_
