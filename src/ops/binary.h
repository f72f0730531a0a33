// SPDX-License-Identifier: Apache-2.0
// Operators on two tensors, broadcast as in NumPy: dst[i] = act(f(a[i], b[i])). float32, and integers for shape
// arithmetic; comparisons and logic give bool.
#ifndef OCTET_OPS_BINARY_H_
#define OCTET_OPS_BINARY_H_

#include "ops/define.h"

namespace octet {

struct BinaryAttrs {
  Activation activation = Activation::kNone;
  void visit(AttrVisitor& v) { v.visit("activation", activation, kActivationNames); }
};

extern const Op kAdd, kSub, kMul, kDiv, kMinimum, kMaximum, kPow, kPrelu;  // prelu: a < 0 ? a * b : a
struct ModAttrs {  // the remainder with the sign of b, or (fmod) with the sign of a
  bool fmod = false;
  void visit(AttrVisitor& v) { v.visit("fmod", fmod); }
};

extern const Op kMod;  // floats only with fmod
extern const Op kBitwiseAnd, kBitwiseOr, kBitwiseXor, kShiftLeft, kShiftRight;  // integers; shifts beyond the width give 0
extern const Op kEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kAnd, kOr, kXor;
extern const Op kWhere;  // inputs: condition (bool), a, b

bool is_binary(const Op& op);  // the arithmetic ones, add to prelu

}  // namespace octet

#endif  // OCTET_OPS_BINARY_H_
