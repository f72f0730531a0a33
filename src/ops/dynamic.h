// SPDX-License-Identifier: Apache-2.0
// Forms of operators whose numbers are tensors that may be computed while the model runs: the shape of a reshape, the bounds
// of a slice, the axes of a reduction. As soon as those are constants, such a node stands for one of the plain operator with
// attributes (resolve_dynamic), which is what passes, kernels and exporters know.
#ifndef OCTET_OPS_DYNAMIC_H_
#define OCTET_OPS_DYNAMIC_H_

#include <optional>

#include "ops/define.h"

namespace octet {

struct DynamicSplitAttrs {
  std::int64_t axis = 0;
  std::int64_t num_outputs = 1;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("num_outputs", num_outputs);
  }
};

// Attributes are those of the plain operator, without those that inputs give. All inputs after the first are vectors (or
// single numbers) of i32 or i64.
extern const Op kDynamicReshape;    // src, shape
extern const Op kDynamicExpand;     // src, shape
extern const Op kDynamicTile;       // src, repeats
extern const Op kDynamicSlice;      // src, starts, ends, axes (optional: the first ones), steps (optional: 1)
extern const Op kDynamicPad;        // src, pads, value (optional: 0; one element of any type), axes (optional: all)
extern const Op kDynamicSplit;      // src, sizes (optional: as even as they get, the last part what is left)
extern const Op kDynamicSqueeze;    // src, axes
extern const Op kDynamicUnsqueeze;  // src, axes
// src, axes; none: all
extern const Op kDynamicReduceMean, kDynamicReduceSum, kDynamicReduceMax, kDynamicReduceMin, kDynamicReduceProd,
    kDynamicReduceSumSquare, kDynamicReduceL1, kDynamicReduceL2, kDynamicReduceLogSum, kDynamicReduceLogSumExp;

// The dynamic form of a reduction.
const Op& dynamic_reduction(const Op& reduction);

// The node of the plain operator, with the dynamic one's name and outputs, if the inputs that give its attributes are
// constants. Nothing if they are not, or if the node is of no dynamic form. Error: from values that make no sense.
Result<std::optional<Node>> resolve_dynamic(const Node& node, std::span<const Tensor* const> inputs);

// Parts of `length` as even as they get: all of ceil(length / parts), the last what is left.
std::optional<std::vector<std::int64_t>> even_parts(std::int64_t length, std::int64_t parts);

}  // namespace octet

#endif  // OCTET_OPS_DYNAMIC_H_
