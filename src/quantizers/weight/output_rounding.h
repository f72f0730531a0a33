// SPDX-License-Identifier: Apache-2.0
// Rounding that keeps a layer's outputs, not its single weights: an error made at one weight is made up for at those that read
// correlated inputs.
#ifndef OCTET_QUANTIZERS_WEIGHT_OUTPUT_ROUNDING_H_
#define OCTET_QUANTIZERS_WEIGHT_OUTPUT_ROUNDING_H_

#include <map>

#include "base/thread_pool.h"
#include "calibration/calibrate.h"
#include "quantizers/weight/integer_weights.h"

namespace octet {

// Second moments of a tensor's last dimension: H[i, j] = sum over rows x of x[i] * x[j], of a few hundred rows per sample,
// evenly spread.
class MomentObserver : public Observer {
 public:
  Result<void> observe(const ConstView& values) override;
  void merge(Observer& later) override;
  std::unique_ptr<Observer> fresh() const override;
  std::size_t memory_bytes(const Shape& shape) const override;

  std::size_t size() const { return size_; }
  const std::vector<double>& sums() const { return sums_; }  // [size, size]

 private:
  std::size_t size_ = 0;
  std::vector<double> sums_;
};

// By tensor: the moments of the inputs of those layers that take one row at a time (fully connected, convolutions of one
// pixel) among `weights`. Error: what the samples give.
Result<std::map<TensorId, std::unique_ptr<MomentObserver>>> observe_moments(const Graph& graph, const std::vector<WeightTensor>& weights,
                                                                            const SampleSource& samples, int num_threads);

// The layer's input whose moments decide; kNoTensor if the node takes more than a row at a time.
TensorId row_input(const Graph& graph, const Node& node);

// Rounds weights [channels, K] again, on the steps that `integers` has: with H the moments (plus a share of their mean on
// the diagonal, so that what samples did not show is not taken for zero), inputs in descending order of H[i, i], and
// H = U D U^T with U of unit diagonal and upper triangular,
//   q[k] = nearest code of  w[k] + sum over j < k of (w[j] - dequantized q[j]) * U[j, k]
// Source: Frantar et al. 2022, "GPTQ" (arXiv:2210.17323); in this form Chee et al. 2023, "QuIP" (arXiv:2307.13304), section 4.
void round_for_outputs(std::span<const float> weights, const MomentObserver& moments, ThreadPool& threads, IntegerWeights& integers);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_OUTPUT_ROUNDING_H_
