// SPDX-License-Identifier: Apache-2.0
// dst = exp(src - max) / sum(exp(src - max)) along `axis`; log_softmax is its logarithm.
#ifndef OCTET_OPS_SOFTMAX_H_
#define OCTET_OPS_SOFTMAX_H_

#include "ops/define.h"

namespace octet {

struct SoftmaxAttrs {
  std::int64_t axis = -1;
  void visit(AttrVisitor& v) { v.visit("axis", axis); }
};

extern const Op kSoftmax, kLogSoftmax;

}  // namespace octet

#endif  // OCTET_OPS_SOFTMAX_H_
