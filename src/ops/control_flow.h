// SPDX-License-Identifier: Apache-2.0
// Operators that run graphs of their own. Such a graph reads nothing from outside but its inputs: values of the outer graph
// that it needs are inputs of the node, behind the others, and of the graph ("captured"); constants lie inside.
//
// The inner graphs run by references, and no pass looks into them.
#ifndef OCTET_OPS_CONTROL_FLOW_H_
#define OCTET_OPS_CONTROL_FLOW_H_

#include <memory>

#include "ops/define.h"

namespace octet {

// inputs: condition (bool, one element), what then_branch captures (num_then of them), what else_branch captures.
// outputs: those of the branch that runs.
struct IfAttrs {
  std::shared_ptr<const Graph> then_branch, else_branch;
  std::int64_t num_then = 0;
  void visit(AttrVisitor& v) {
    v.visit("num_then", num_then);
    v.visit("then", then_branch);
    v.visit("else", else_branch);
  }
};

// inputs: trip count (i64, optional: no limit), condition (bool, optional: true), num_carried values, captured ones.
// body: iteration (i64), condition, carried, captured -> condition, carried, any number of rows.
// outputs: the carried values at the end; the rows of all iterations, stacked along a new first dimension.
struct LoopAttrs {
  std::shared_ptr<const Graph> body;
  std::int64_t num_carried = 0;
  void visit(AttrVisitor& v) {
    v.visit("num_carried", num_carried);
    v.visit("body", body);
  }
};

// inputs: states, sequences, captured ones. body: states, one slice of each sequence, captured -> states, rows.
// outputs: the states at the end; the rows stacked along output_axes[k].
// The last 4 lists have one entry per sequence or per kind of row; reversed ones are read from, or stacked at, the end.
struct ScanAttrs {
  std::shared_ptr<const Graph> body;
  std::int64_t num_states = 0;
  std::vector<std::int64_t> input_axes, output_axes;
  std::vector<std::int64_t> input_reversed, output_reversed;  // 0 or 1
  void visit(AttrVisitor& v) {
    v.visit("num_states", num_states);
    v.visit("input_axes", input_axes);
    v.visit("output_axes", output_axes);
    v.visit("input_reversed", input_reversed);
    v.visit("output_reversed", output_reversed);
    v.visit("body", body);
  }
};

extern const Op kIf, kLoop, kScan;

}  // namespace octet

#endif  // OCTET_OPS_CONTROL_FLOW_H_
