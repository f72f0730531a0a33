// SPDX-License-Identifier: Apache-2.0
// Operators that make tensors of numbers: ranges, fillings, masks, one-hot vectors.
#ifndef OCTET_OPS_GENERATE_H_
#define OCTET_OPS_GENERATE_H_

#include "ops/define.h"

namespace octet {

struct FillAttrs {  // input: the shape, i64; dst holds `value` everywhere, of type `type`
  DataType type = DataType::kFloat32;
  float value = 0.0f;
  std::int64_t integer = 0;  // used in place of `value` by integer types
  void visit(AttrVisitor& v) {
    v.visit("type", type, kDataTypeNames);
    v.visit("value", value);
    v.visit("integer", integer);
  }
};
struct EyeAttrs {  // input: a matrix whose shape counts; dst has 1 on diagonal k
  DataType type = DataType::kFloat32;
  std::int64_t k = 0;
  void visit(AttrVisitor& v) {
    v.visit("type", type, kDataTypeNames);
    v.visit("k", k);
  }
};
struct OneHotAttrs {  // inputs: indices, depth (one number), values [off, on]; dst has a new dimension of depth at axis
  std::int64_t axis = -1;
  void visit(AttrVisitor& v) { v.visit("axis", axis); }
};
struct TriluAttrs {  // inputs: src [..., M, N], k (optional: 0); keeps what is on and above (upper) or below diagonal k
  bool upper = true;
  void visit(AttrVisitor& v) { v.visit("upper", upper); }
};

extern const Op kRange;  // inputs: start, limit, delta, each one number of dst's type
extern const Op kFill, kEye, kOneHot, kTrilu;
extern const Op kSizeOf;  // dst i64 []: the number of src's elements

}  // namespace octet

#endif  // OCTET_OPS_GENERATE_H_
