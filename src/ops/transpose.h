// SPDX-License-Identifier: Apache-2.0
// Dimension i of dst is dimension perm[i] of src.
#ifndef OCTET_OPS_TRANSPOSE_H_
#define OCTET_OPS_TRANSPOSE_H_

#include "ops/define.h"

namespace octet {

struct TransposeAttrs {
  std::vector<std::int64_t> perm;
  void visit(AttrVisitor& v) { v.visit("perm", perm); }
};

extern const Op kTranspose;

}  // namespace octet

#endif  // OCTET_OPS_TRANSPOSE_H_
