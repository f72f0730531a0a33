// SPDX-License-Identifier: Apache-2.0
// A graph made ready to run on this processor. Immutable; any number of Executors on any threads may share it.
#ifndef OCTET_RUNTIME_PLAN_H_
#define OCTET_RUNTIME_PLAN_H_

#include <memory>
#include <vector>

#include "runtime/operator.h"
#include "runtime/slice_placement.h"

namespace octet {

struct PlanOptions {
  CpuFeatures cpu = cpu_features();
  // Inputs of concatenations may be slices of the output (slice_placement.h), and what lies between the steps of a fused
  // operator may lie where the second one writes. Not for those who look at tensors between the steps, which are dense and
  // whole without.
  bool shares_memory = false;
};

class Plan {
 public:
  struct Step {
    std::size_t node;  // index into graph().nodes
    // Null: a dynamic step. Sizes that it reads or makes are known only while running; the node's reference evaluates it, and
    // allocates.
    std::unique_ptr<Operator> op;
    // Null, or an operator with the inputs of the step before and of this one and the outputs of this one, which gives their
    // bits: it runs instead of both unless somebody wants to see what lies between, which nothing else reads.
    std::unique_ptr<Operator> fused{};
  };

  // Error: kInvalidArgument if a graph input has a symbolic dimension, kUnsupported if a node cannot run.
  static Result<std::shared_ptr<const Plan>> make(Graph graph, const PlanOptions& options = {});

  const Graph& graph() const { return graph_; }
  const std::vector<Step>& steps() const { return steps_; }

  std::size_t num_dynamic_steps() const;

  // Offset of a computed tensor or graph input in the arena; views share offsets. Only of tensors with a fixed shape: the others
  // live outside the arena, while they are needed.
  std::size_t offset(TensorId tensor) const { return offsets_[static_cast<std::size_t>(tensor)]; }
  // The tensor's place in the memory of a concatenation's output, if it has one.
  const Slice& slice(TensorId tensor) const { return slices_[static_cast<std::size_t>(tensor)]; }
  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t scratch_bytes(int num_threads) const;

 private:
  Plan() = default;
  // storage: by TensorId, the tensor in whose memory it lies.
  void place_tensors(std::span<const TensorId> storage);

  Graph graph_;
  MemoryPool packed_memory_;  // of the operators
  std::vector<Step> steps_;
  std::vector<Slice> slices_;         // by TensorId
  std::vector<std::size_t> offsets_;  // by TensorId
  std::size_t arena_bytes_ = 0;
};

std::size_t tensor_bytes(const Tensor& tensor);

}  // namespace octet

#endif  // OCTET_RUNTIME_PLAN_H_
