// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_PREPARE_H_
#define OCTET_API_PREPARE_H_

#include "passes/pass.h"

namespace octet {

// Changes the layout of all 4-D graph inputs (that have one) to `layout`: a transpose behind each leads back to what the
// model reads, and cancels with the layout conversion. Names stay.
void set_input_layout(Graph& graph, Layout layout);

// The same for graph outputs. One that is a graph input keeps that one's layout.
void set_output_layout(Graph& graph, Layout layout);

}  // namespace octet

#endif  // OCTET_API_PREPARE_H_
