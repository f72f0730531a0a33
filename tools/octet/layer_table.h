// SPDX-License-Identifier: Apache-2.0
// The time of each node of one or two models, as a table.
#ifndef OCTET_TOOLS_OCTET_LAYER_TABLE_H_
#define OCTET_TOOLS_OCTET_LAYER_TABLE_H_

#include <string>
#include <vector>

#include "octet/benchmark.h"

namespace octet {

// One line of the table. Nodes that the first model lacks (casts of the second, say) have only other_ms, and the reverse.
struct LayerRow {
  std::string node, op, kernel;
  double ms = 0;
  double share = 0;             // of the first model's time
  double gmacs = 0;             // 10^9 multiply-accumulates per second; 0: the node has none
  double fraction_of_peak = 0;  // of all threads
  double other_ms = 0;          // the node of the same name in the other model; 0: it has none
  std::string other_kernel;
};

// Rows in the first model's order, then nodes of the other model alone. `other` may be empty.
std::vector<LayerRow> layer_rows(const std::vector<NodeTime>& layers, const std::vector<NodeTime>& other, const MachinePeak& peak,
                                 int num_threads);

void print_layers(const std::vector<LayerRow>& rows, bool has_other);

}  // namespace octet

#endif  // OCTET_TOOLS_OCTET_LAYER_TABLE_H_
