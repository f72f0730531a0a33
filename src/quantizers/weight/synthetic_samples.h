// SPDX-License-Identifier: Apache-2.0
// Inputs made up where there are no calibration data: enough to learn how large the activations of each channel are.
#ifndef OCTET_QUANTIZERS_WEIGHT_SYNTHETIC_SAMPLES_H_
#define OCTET_QUANTIZERS_WEIGHT_SYNTHETIC_SAMPLES_H_

#include <memory>

#include "calibration/calibrate.h"

namespace octet {

// Whether every input of the graph is a float32 tensor of fixed shape: samples are then like real ones in their moments.
bool has_float_inputs(const Graph& graph);

// `size` samples, the same on every machine. Images (four dimensions) are noise of equal power in each octave of frequency, as
// photographs have, with mean 0 and standard deviation 1 over all samples, as most networks' preprocessing gives; other
// float tensors are independent normal numbers; integers are 0 or 1, which every mask, position and vocabulary has.
std::unique_ptr<SampleSource> make_samples(const Graph& graph, std::size_t size);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_SYNTHETIC_SAMPLES_H_
