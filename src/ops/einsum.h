// SPDX-License-Identifier: Apache-2.0
// dst[out labels] = sum over the other labels of the product of all operands, each indexed by its own labels. Labels are small
// numbers; equal ones have one size. A label that an operand has twice walks its diagonal.
//
//   "bij,bjk->bik" is terms = [0,1,2, -1, 0,2,3], dst = [0,1,3]
#ifndef OCTET_OPS_EINSUM_H_
#define OCTET_OPS_EINSUM_H_

#include "ops/define.h"

namespace octet {

struct EinsumAttrs {
  std::vector<std::int64_t> terms;  // labels of each operand's dimensions; -1 between operands
  std::vector<std::int64_t> dst;
  void visit(AttrVisitor& v) {
    v.visit("terms", terms);
    v.visit("dst", dst);
  }
};

extern const Op kEinsum;  // f32, i32, i64

}  // namespace octet

#endif  // OCTET_OPS_EINSUM_H_
