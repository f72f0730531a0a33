// SPDX-License-Identifier: Apache-2.0
// How a node runs: an Operator is made once per node when the Plan is made, with its kernel chosen and weights packed.
#ifndef OCTET_RUNTIME_OPERATOR_H_
#define OCTET_RUNTIME_OPERATOR_H_

#include <memory>
#include <span>

#include "base/cpu_features.h"
#include "base/memory_pool.h"
#include "base/thread_pool.h"
#include "ir/graph.h"

namespace octet {

// Of a tensor whose shape is fixed.
inline std::size_t element_count(const Tensor& tensor) { return static_cast<std::size_t>(num_elements(tensor.shape).value_or(0)); }

// What an operator sees while it runs.
struct RunContext {
  std::span<const ConstView> inputs;  // data == null: absent
  std::span<const View> outputs;
  std::byte* scratch = nullptr;  // Operator::scratch_bytes() for this operator alone, 64-byte aligned
  ThreadPool* threads = nullptr;
  // Elements from row to row (along the last dimension) of outputs[0]; 0: rows follow each other. Others only for operators
  // that can_write_rows_apart().
  std::size_t dst_row_stride = 0;

  std::size_t row_stride(std::size_t row) const { return dst_row_stride == 0 ? row : dst_row_stride; }
};

struct OperatorContext;

class Operator {
 public:
  virtual ~Operator() = default;

  // Computes the outputs. Shapes and types are those the operator was made for; it cannot fail, and allocates nothing.
  virtual void run(const RunContext& context) const = 0;

  // Memory that run() needs for itself, with `num_threads` threads.
  virtual std::size_t scratch_bytes(int /*num_threads*/) const { return 0; }

  // It obeys RunContext::dst_row_stride, and writes nothing between the rows.
  virtual bool can_write_rows_apart() const { return false; }

  // Its output may lie in the memory of input i: each element is read before it is written.
  virtual bool can_overwrite(std::size_t /*i*/) const { return false; }

  // An operator that runs instead of this one and that of the next node, which alone reads this one's only output: its inputs
  // are those of `node` (this one's), then those of next.node, its outputs those of the latter, with the bits of both. Null if
  // there is none. It may use this operator, which lives longer, and writes rows apart if the next node's operator can.
  virtual std::unique_ptr<Operator> fused_with(const OperatorContext& /*next*/, const Node& /*node*/) const { return nullptr; }

  // A concatenation along the last axis that leaves alone inputs which lie where they belong in the output (slice_placement.h).
  virtual bool joins_slices() const { return false; }

  // Name of the kernel it chose ("gemm_qs8_qc8w_6x16__avx2"), for people.
  virtual const char* kernel_name() const { return "reference"; }
};

// What an operator is made from.
struct OperatorContext {
  const Graph& graph;
  const Node& node;
  CpuFeatures cpu;
  MemoryPool& memory;  // for what run() reads: lives as long as the operator
  // Set entry i to true if run() does not need constant input i any more (its values were packed).
  std::vector<bool>& packed_inputs;

  const Tensor& input(std::size_t i) const { return graph.tensor(node.inputs[i]); }
  bool has_input(std::size_t i) const { return i < node.inputs.size() && node.inputs[i] != kNoTensor; }
  const Tensor& output(std::size_t i = 0) const { return graph.tensor(node.outputs[i]); }
};

// Makes the operator for the node, or returns null if it does not take these types or attributes (the next entry of the
// table is asked).
using MakeOperator = Result<std::unique_ptr<Operator>> (*)(const OperatorContext& context);

// Asks the table's entries for the node's operator in order; the last resorts are the reference evaluations
// (operators/reference.h). Error: kUnsupported if nothing runs the node.
Result<std::unique_ptr<Operator>> make_operator(const OperatorContext& context);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATOR_H_
