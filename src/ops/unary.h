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
// leaky_relu: x < 0 ? alpha * x : x;  elu: x < 0 ? alpha * (exp(x) - 1) : x;  celu: max(0, x) + min(0, alpha * (exp(x /
// alpha) - 1));  thresholded_relu: x > alpha ? x : 0
struct SlopeAttrs {
  float alpha = 0.01f;
  void visit(AttrVisitor& v) { v.visit("alpha", alpha); }
};
struct GeluAttrs {  // 0.5 * x * (1 + erf(x / sqrt(2))), or its tanh approximation
  bool approximate = false;
  void visit(AttrVisitor& v) { v.visit("approximate", approximate); }
};

struct SeluAttrs {  // gamma * (x > 0 ? x : alpha * (exp(x) - 1))
  float alpha = 1.67326319217681884765625f;
  float gamma = 1.05070102214813232421875f;
  void visit(AttrVisitor& v) {
    v.visit("alpha", alpha);
    v.visit("gamma", gamma);
  }
};
struct ShrinkAttrs {  // x < -lambda ? x + bias : x > lambda ? x - bias : 0
  float lambda = 0.5f;
  float bias = 0.0f;
  void visit(AttrVisitor& v) {
    v.visit("lambda", lambda);
    v.visit("bias", bias);
  }
};

extern const Op kAcos, kAcosh, kAsin, kAsinh, kAtan, kAtanh, kCelu, kCosh, kMish, kSelu, kShrink, kSinh, kSoftsign, kTan,
    kThresholdedRelu;
extern const Op kAbs, kCeil, kClip, kCos, kElu, kErf, kExp, kFloor, kGelu, kHardSigmoid, kHardSwish, kLeakyRelu, kLog, kNeg,
    kNot, kReciprocal, kRelu, kRelu6, kRound, kSigmoid, kSign, kSilu, kSin, kSoftplus, kSqrt, kTanh;

bool is_unary(const Op& op);

// f(x), computed in double, for building int8 tables and the reference. The node must be unary.
double evaluate_unary(const Node& node, double x);

}  // namespace octet

#endif  // OCTET_OPS_UNARY_H_
