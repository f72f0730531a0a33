// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_EXPORTERS_MS_COMPUTED_SHAPES_H_
#define OCTET_EXPORTERS_MS_COMPUTED_SHAPES_H_

#include "ir/graph.h"

namespace octet {

// Brings what computes shapes into forms that `.ms` files have:
//
//   shape_of {start, end}            becomes     shape_of -> slice
//   dynamic_reshape {allow_zero}     becomes     dynamic_reshape, where the target holds sizes of tensors and constants but 0:
//                                                then nothing in it stands for "as in src"
void simplify_computed_shapes(Graph& graph);

}  // namespace octet

#endif  // OCTET_EXPORTERS_MS_COMPUTED_SHAPES_H_
