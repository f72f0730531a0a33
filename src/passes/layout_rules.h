// SPDX-License-Identifier: Apache-2.0
// How operators that do not care for the layout of an image are moved from NCHW to NHWC, and back.
#ifndef OCTET_PASSES_LAYOUT_RULES_H_
#define OCTET_PASSES_LAYOUT_RULES_H_

#include <array>

#include "ir/graph.h"

namespace octet {

inline constexpr std::array<std::int64_t, 4> kNchwToNhwc = {0, 2, 3, 1};
inline constexpr std::array<std::int64_t, 4> kNhwcToNchw = {0, 3, 1, 2};

// From one layout of images to the other. Dimension i of the result is dimension perm[i] of the source; dimension d of the
// source becomes dimension inverse[d].
struct LayoutChange {
  Layout from, to;
  std::array<std::int64_t, 4> perm, inverse;
};
inline constexpr LayoutChange kToNhwc = {Layout::kNchw, Layout::kNhwc, kNchwToNhwc, kNhwcToNchw};
inline constexpr LayoutChange kToNchw = {Layout::kNhwc, Layout::kNchw, kNhwcToNchw, kNchwToNhwc};

struct LayoutRule {
  const Op* op;
  // Renumbers axes in the attributes. False: this node cannot be moved (and was not changed).
  bool (*renumber)(Node& node, const LayoutChange& change);
  bool permute_constants = false;  // constant operands broadcast against the image
  bool drops_layout = false;       // the result is no image any more, and the same in both layouts
};

// Renumbers the node's axes by the first rule that fits it, and returns that rule. Null: the node has to stay in the layout
// of the source model, and was not changed.
const LayoutRule* apply_layout_rule(Node& node, const LayoutChange& change);

}  // namespace octet

#endif  // OCTET_PASSES_LAYOUT_RULES_H_
