// SPDX-License-Identifier: Apache-2.0
// Removes nodes and tensors that no graph output needs.
#include "passes/passes.h"

namespace octet {

Result<PassStats> remove_dead(Graph& graph) {
  PassStats stats;
  stats.changed = remove_dead_code(graph);
  return stats;
}

}  // namespace octet
