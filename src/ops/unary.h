// SPDX-License-Identifier: Apache-2.0
// Operators that map each element alone: dst[i] = f(src[i]). In int8 every one of them is a table of 256 entries.
#ifndef OCTET_OPS_UNARY_H_
#define OCTET_OPS_UNARY_H_

#include <limits>

#include "ops/define.h"

namespace octet {

struct ClipAttrs {  // min(max, max(min, x)); min > max gives max
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
  void visit(AttrVisitor& v) {
    v.visit("min", min);
    v.visit("max", max);
  }
};
struct HardSigmoidAttrs {  // min(1, max(0, alpha * x + beta))
  float alpha = 0.2f;
  float beta = 0.5f;
  void visit(AttrVisitor& v) {
    v.visit("alpha", alpha);
    v.visit("beta", beta);
  }
};
struct SlopeAttrs {  // leaky_relu: x < 0 ? alpha * x : x;  elu: x < 0 ? alpha * (exp(x) - 1) : x
  float alpha = 0.01f;
  void visit(AttrVisitor& v) { v.visit("alpha", alpha); }
};
struct GeluAttrs {  // 0.5 * x * (1 + erf(x / sqrt(2))), or its tanh approximation
  bool approximate = false;
  void visit(AttrVisitor& v) { v.visit("approximate", approximate); }
};

extern const Op kAbs, kCeil, kClip, kCos, kElu, kErf, kExp, kFloor, kGelu, kHardSigmoid, kHardSwish, kLeakyRelu, kLog, kNeg,
    kNot, kReciprocal, kRelu, kRelu6, kRound, kSigmoid, kSign, kSilu, kSin, kSoftplus, kSqrt, kTanh;

bool is_unary(const Op& op);

// f(x), computed in double, for building int8 tables and the reference. The node must be unary.
double evaluate_unary(const Node& node, double x);

}  // namespace octet

#endif  // OCTET_OPS_UNARY_H_
