// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_BORDERS_H_
#define OCTET_QUANTIZERS_FULL_BORDERS_H_

#include "quantizers/full/ranges.h"

namespace octet {

// Leaves nodes float whose int8 form would take more conversions between float and int8 (in elements) than their float form: an
// add between two layer norms, the softmax of an attention. As many make it float, too, where it computes: that is more exact.
// Layers with weights stay int8, and give floats themselves (Selection::float_result) where only float nodes or nobody
// else than the user read them: logits that int8 would round keep their order.
void settle_borders(const Graph& graph, Selection& selection);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_BORDERS_H_
