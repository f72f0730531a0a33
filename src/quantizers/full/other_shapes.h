// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_OTHER_SHAPES_H_
#define OCTET_QUANTIZERS_FULL_OTHER_SHAPES_H_

#include "ir/graph.h"

namespace octet {

// `changed` at other input shapes. It was made of `base` by giving constants other values and by adding nodes that take
// any shape; `other` is the network of `base`, imported at those other shapes. Attributes and constants that went from
// `base` to `changed` as they are (the target of a reshape, a position table) come from `other`; what is new stays.
// Error: kUnsupported naming a node of `base` that `other` has not, or has in another form: the passes do not make the
// same of all shapes.
Result<Graph> at_shapes_of(const Graph& changed, const Graph& base, const Graph& other);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_OTHER_SHAPES_H_
