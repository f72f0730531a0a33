// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/auto_tune.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "quantizers/full/fidelity.h"

namespace octet {
namespace {

constexpr double kLeastError = 1.0 / 1024, kLargestError = 0.5;
constexpr int kRounds = 7;  // to about 5 % of the error, 1 % of the size

}  // namespace

Result<AutoTuneResult> auto_tune_weights(const Graph& graph, const WeightQuantOptions& options, const SampleSource& samples,
                                         double target) {
  OCTET_ASSIGN_OR_RETURN(const auto float_plan, Plan::make(graph));
  const auto attempt = [&](double error) -> Result<AutoTuneResult> {
    WeightQuantOptions candidate = options;
    candidate.relative_error = error;
    OCTET_ASSIGN_OR_RETURN(WeightQuantResult quantized, quantize_weight_tensors(graph, candidate));
    OCTET_ASSIGN_OR_RETURN(const double cosine, mean_output_cosine(float_plan, quantized.graph, samples, options.num_threads));
    OCTET_LOG(kInfo, "relative error {:.5f} of the weights: cosine {:.5f}", error, cosine);
    return AutoTuneResult{std::move(quantized), error, cosine};
  };
  std::optional<AutoTuneResult> best;
  double lo = std::log2(kLeastError), hi = std::log2(kLargestError);
  double next = std::clamp(std::log2(options.relative_error.value_or(0.02)), lo, hi);
  for (int round = 0; round < kRounds; ++round) {
    OCTET_ASSIGN_OR_RETURN(AutoTuneResult found, attempt(std::exp2(next)));
    if (found.cosine >= target) {
      lo = next;
      best = std::move(found);
    } else {
      hi = next;
    }
    next = (lo + hi) / 2;
  }
  if (best) return std::move(*best);
  OCTET_ASSIGN_OR_RETURN(AutoTuneResult finest, attempt(kLeastError));
  if (finest.cosine >= target) return finest;
  return make_error(ErrorCode::kInvalidData,
                    "auto_tune: with a relative error of {:.4f} in the weights the outputs' cosine is {:.5f}, below {}; leave sensitive nodes "
                    "in float with skip_quant_node, or set auto_tune=false",
                    kLeastError, finest.cosine, target);
}

}  // namespace octet
