// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_WEIGHT_AUTO_TUNE_H_
#define OCTET_QUANTIZERS_WEIGHT_AUTO_TUNE_H_

#include "quantizers/weight/weight_quantizer.h"

namespace octet {

// What outputs are to keep on real inputs. On made-up ones a quarter of that error is asked for: networks tuned to 0.995 on them
// kept less on images (MobileNetV2 0.9876, SqueezeNet 1.1 0.9911, MobileNetV1 0.75 0.9938), and EfficientNet-Lite0 has 3.4 times the error there.
inline constexpr double kAutoTuneCosine = 0.995;
inline constexpr double kAutoTuneMadeUpCosine = 1 - (1 - kAutoTuneCosine) / 4;

struct AutoTuneResult {
  WeightQuantResult quantized;
  double relative_error;  // that was found
  double cosine;          // mean over the samples, first output, against the float model
};

// The largest relative error per tensor, and with it the smallest model, whose outputs on `samples` keep a mean cosine of
// `target`: by halving the range [1/1024, 1/2] of errors in their logarithm, from options.relative_error on.
// Error: as quantize_weight_tensors() and the samples; kInvalidData if even the least error does not keep the cosine.
Result<AutoTuneResult> auto_tune_weights(const Graph& graph, const WeightQuantOptions& options, const SampleSource& samples,
                                         double target = kAutoTuneCosine);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_AUTO_TUNE_H_
