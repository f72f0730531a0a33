// SPDX-License-Identifier: Apache-2.0
// Adds elements around a tensor: a constant, the mirrored inside (reflect, without the edge), the edge repeated, or the other
// end (wrap).
#ifndef OCTET_OPS_PAD_H_
#define OCTET_OPS_PAD_H_

#include <array>

#include "ops/define.h"

namespace octet {

enum class PadKind : int { kConstant, kReflect, kEdge, kWrap };
inline constexpr std::array<std::string_view, 4> kPadKindNames = {"constant", "reflect", "edge", "wrap"};

struct PadAttrs {
  std::vector<std::int64_t> pads;  // begin of each dimension, then end of each; negative crops
  PadKind mode = PadKind::kConstant;
  float value = 0.0f;
  void visit(AttrVisitor& v) {
    v.visit("pads", pads);
    v.visit("mode", mode, kPadKindNames);
    v.visit("value", value);
  }
};

extern const Op kPad;

}  // namespace octet

#endif  // OCTET_OPS_PAD_H_
