// SPDX-License-Identifier: Apache-2.0
// One execution context of a Plan. Not thread-safe; use one Executor per thread that runs the model.
#ifndef OCTET_RUNTIME_EXECUTOR_H_
#define OCTET_RUNTIME_EXECUTOR_H_

#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/aligned_buffer.h"
#include "runtime/plan.h"

namespace octet {

class Executor {
 public:
  // num_threads >= 1. Reserves all memory that running will need.
  Executor(std::shared_ptr<const Plan> plan, int num_threads);

  const Plan& plan() const { return *plan_; }
  int num_threads() const { return threads_.num_threads(); }

  // The elements of graph input or output i, dense. Inputs keep their values from run to run; outputs are valid until the
  // next run. An output whose size depends on values is empty, and its shape has unknown dimensions, until the first run.
  std::span<std::byte> input(std::size_t i);
  std::span<const std::byte> output(std::size_t i) const;
  const Shape& output_shape(std::size_t i) const;

  // Error: from a dynamic step (see Plan) whose values make no sense; without such steps there is none, and nothing is
  // allocated.
  Result<void> run();

  // Runs and calls `after_step` after each node, when its outputs (and still its inputs) are in memory. Inputs of unknown size
  // are not shown: their data is null. With PlanOptions::shares_memory, rows of slices lie apart, and an output may have taken
  // the place of an input.
  using StepCallback = std::function<void(std::size_t step, const Node& node, std::span<const ConstView> inputs,
                                          std::span<const View> outputs)>;
  Result<void> run(const StepCallback& after_step);

  // One step alone: all earlier ones must have run on the present inputs. `replacement` runs instead of the plan's operator
  // (made for the same node); a step may be run again before the next.
  Result<void> run_step(std::size_t step, const Operator* replacement = nullptr);
  std::span<const View> step_outputs(std::size_t step) const { return steps_[step].outputs; }

  // Name of the kernel of a step, "reference" without one, "view" where the output is the input's memory, "slices" where all
  // inputs were written into the output, "dynamic" for a dynamic step.
  const char* kernel_name(std::size_t step) const;

 private:
  struct BoundStep {
    std::vector<ConstView> inputs;
    std::vector<View> outputs;
    std::vector<ConstView> fused_inputs;  // of Plan::Step::fused
    std::size_t dst_row_stride = 0;  // of a slice
    const char* in_place = nullptr;  // "view" or "slices": the output is in memory already, nothing to do
  };
  void bind();
  void find_last_readers();
  Result<void> run_dynamic(std::size_t step);
  Tensor value(TensorId id) const;
  void release_inputs(std::size_t step);  // values outside the arena that no later step reads

  std::shared_ptr<const Plan> plan_;
  ThreadPool threads_;
  AlignedBuffer arena_;
  AlignedBuffer scratch_;
  std::vector<BoundStep> steps_;
  // Of tensors without a fixed shape, by TensorId: their values, as constants, and the last step that reads them.
  std::unordered_map<TensorId, Tensor> values_;
  std::unordered_map<TensorId, std::size_t> last_readers_;
};

}  // namespace octet

#endif  // OCTET_RUNTIME_EXECUTOR_H_
