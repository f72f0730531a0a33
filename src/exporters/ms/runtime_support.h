// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_EXPORTERS_MS_RUNTIME_SUPPORT_H_
#define OCTET_EXPORTERS_MS_RUNTIME_SUPPORT_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet {

// A node of a quantized graph that Octet runs and MindSpore Lite 2.0.0's runtime does not (on x86-64; measured, see
// docs/formats/ms_int8_operators.md).
struct RuntimeGap {
  std::string node, op;
  std::string reason;  // what that runtime does instead
};

// In the order of the nodes; empty if that runtime can run the whole file.
std::vector<RuntimeGap> find_mindspore_gaps(const Graph& graph);

}  // namespace octet

#endif  // OCTET_EXPORTERS_MS_RUNTIME_SUPPORT_H_
