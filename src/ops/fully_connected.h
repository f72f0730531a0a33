// SPDX-License-Identifier: Apache-2.0
// dst[..., n] = act(bias[n] + sum over k of src[..., k] * weights[n, k])
// inputs: src [..., K], weights [N, K], bias (optional, [N]). dst [..., N].
#ifndef OCTET_OPS_FULLY_CONNECTED_H_
#define OCTET_OPS_FULLY_CONNECTED_H_

#include "ops/define.h"

namespace octet {

struct FullyConnectedAttrs {
  Activation activation = Activation::kNone;
  void visit(AttrVisitor& v) { v.visit("activation", activation, kActivationNames); }
};

extern const Op kFullyConnected;

}  // namespace octet

#endif  // OCTET_OPS_FULLY_CONNECTED_H_
