// SPDX-License-Identifier: Apache-2.0
// dst = src[starts[i] : ends[i] : steps[i]] along axes[i], with Python's rules for negative and too large bounds.
#ifndef OCTET_OPS_SLICE_H_
#define OCTET_OPS_SLICE_H_

#include "ops/define.h"

namespace octet {

struct SliceAttrs {
  std::vector<std::int64_t> starts, ends, axes, steps;  // of one length; steps not 0
  void visit(AttrVisitor& v) {
    v.visit("starts", starts);
    v.visit("ends", ends);
    v.visit("axes", axes);
    v.visit("steps", steps);
  }
};

extern const Op kSlice;

// Start, step and number of elements taken, for every dimension of src (whose sliced dimensions must be fixed).
struct SliceRange {
  std::int64_t start, step, count;
};
Result<std::vector<SliceRange>> slice_ranges(const SliceAttrs& attrs, const Shape& src);

}  // namespace octet

#endif  // OCTET_OPS_SLICE_H_
