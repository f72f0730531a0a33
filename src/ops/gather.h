// SPDX-License-Identifier: Apache-2.0
// Operators that look up, count and fill; mostly what shape computations are made of.
#ifndef OCTET_OPS_GATHER_H_
#define OCTET_OPS_GATHER_H_

#include "ops/define.h"

namespace octet {

struct GatherAttrs {  // inputs: src, indices (i32 or i64; negative counts from the end). dst: indices in place of the axis
  std::int64_t axis = 0;
  void visit(AttrVisitor& v) { v.visit("axis", axis); }
};
struct CastAttrs {
  DataType to = DataType::kFloat32;
  void visit(AttrVisitor& v);
};
struct ShapeOfAttrs {  // dst i64: dimensions start .. end of src
  std::int64_t start = 0;
  std::int64_t end = INT64_MAX;
  void visit(AttrVisitor& v) {
    v.visit("start", start);
    v.visit("end", end);
  }
};
struct ExpandAttrs {  // broadcast src with this shape
  std::vector<std::int64_t> shape;
  void visit(AttrVisitor& v) { v.visit("shape", shape); }
};
struct TileAttrs {  // src repeated along each dimension
  std::vector<std::int64_t> repeats;
  void visit(AttrVisitor& v) { v.visit("repeats", repeats); }
};

extern const Op kGather, kCast, kShapeOf, kExpand, kTile;

}  // namespace octet

#endif  // OCTET_OPS_GATHER_H_
