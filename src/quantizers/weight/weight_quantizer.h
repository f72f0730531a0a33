// SPDX-License-Identifier: Apache-2.0
// Weight quantization: constant weights become integers, activations and arithmetic stay float32.
#ifndef OCTET_QUANTIZERS_WEIGHT_WEIGHT_QUANTIZER_H_
#define OCTET_QUANTIZERS_WEIGHT_WEIGHT_QUANTIZER_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "calibration/calibrate.h"
#include "quantizers/weight/integer_weights.h"

namespace octet {

struct WeightQuantOptions {
  int bits = 8;  // 1..16
  // Bits are chosen tensor by tensor so that the relative error of each stays near this; `bits` is not used then.
  std::optional<double> relative_error;
  bool per_channel = true;
  bool bias_correction = true;          // keep the mean (and as MindSpore Lite, the variance) of each channel
  std::int64_t min_size = 0;            // weights with more elements are quantized
  std::int64_t min_channels = 16;       // convolution weights with more channels are quantized
  bool like_mindspore = false;          // its arithmetic and its rules, exactly
  bool original_reads = true;           // scales where MindSpore Lite's runtime takes them: of recurrent layers one per direction
  bool at_load = true;                  // false: dequantized inside the layers
  // Below 8 bits and with mixed bits, what Octet's own rounding sees of the layers' inputs; null: samples are made up where
  // the model's inputs allow it.
  const SampleSource* samples = nullptr;
  int num_threads = 1;
  std::vector<std::string> skip_nodes;  // stay float
  std::vector<std::string> skip_ops;
  std::function<void(std::size_t done, std::size_t total)> progress;
};

// Weights that became integers.
struct QuantizedWeightTensor {
  std::string tensor, node;  // the first node that reads them
  int bits;
  bool per_channel;
  std::size_t elements;
  double relative_error;  // sqrt(sum of squared errors / sum of squared weights)
};

// Weights that stayed float, and why.
struct FloatWeightTensor {
  std::string tensor, node, op, reason;
  std::size_t elements;
};

struct WeightQuantResult {
  Graph graph;
  std::size_t num_nodes = 0;  // that read integer weights
  std::vector<QuantizedWeightTensor> quantized;
  std::vector<FloatWeightTensor> kept;
};

// The graph with weights as integer constants and a dequantize node behind each. Float weights are read one tensor at a time,
// and let go when nobody else holds the graph.
// Error: kNotFound for a name of skip_nodes that is no node, kInvalidModel for weights that are not finite.
Result<WeightQuantResult> quantize_weight_tensors(Graph graph, const WeightQuantOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_WEIGHT_QUANTIZER_H_
