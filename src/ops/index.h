// SPDX-License-Identifier: Apache-2.0
// Operators that pick elements by computed positions, and put them there. Positions are i32 or i64; negative ones count from
// the end, others outside their dimension are errors.
#ifndef OCTET_OPS_INDEX_H_
#define OCTET_OPS_INDEX_H_

#include "ops/define.h"

namespace octet {

// inputs: src, indices of the same rank. dst[i][j][k] = src[indices[i][j][k]][j][k] for axis 0, and so on.
struct GatherElementsAttrs {
  std::int64_t axis = 0;
  void visit(AttrVisitor& v) { v.visit("axis", axis); }
};
// inputs: src, indices [..., depth]. Each vector of indices picks what lies at that position of src, behind batch_dims
// leading dimensions that both share.
struct GatherNdAttrs {
  std::int64_t batch_dims = 0;
  void visit(AttrVisitor& v) { v.visit("batch_dims", batch_dims); }
};

// What becomes of the element that is there and the one that is put there.
enum class ScatterReduction : int { kNone, kAdd, kMul, kMin, kMax };
inline constexpr std::array<std::string_view, 5> kScatterReductionNames = {"none", "add", "mul", "min", "max"};

// inputs: src, indices, updates (of the shape of indices). dst is src with updates put at indices, as gather_elements reads.
struct ScatterElementsAttrs {
  std::int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::kNone;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("reduction", reduction, kScatterReductionNames);
  }
};
// inputs: src, indices [..., depth], updates. As gather_nd reads.
struct ScatterNdAttrs {
  ScatterReduction reduction = ScatterReduction::kNone;
  void visit(AttrVisitor& v) { v.visit("reduction", reduction, kScatterReductionNames); }
};

extern const Op kGatherElements, kGatherNd, kScatterElements, kScatterNd;

}  // namespace octet

#endif  // OCTET_OPS_INDEX_H_
