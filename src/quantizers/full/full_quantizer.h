// SPDX-License-Identifier: Apache-2.0
// Full quantization: weights and activations int8, integer operators, calibrated on samples.
#ifndef OCTET_QUANTIZERS_FULL_FULL_QUANTIZER_H_
#define OCTET_QUANTIZERS_FULL_FULL_QUANTIZER_H_

#include <string>
#include <vector>

#include "calibration/calibrate.h"
#include "quantizers/full/range_methods.h"
#include "targets/target_profile.h"

namespace octet {

struct FullQuantOptions {
  RangeMethod range_method = RangeMethod::kBest;
  bool per_channel = true;
  bool bias_correction = true;
  bool equalize = true;  // try cross-layer equalization
  std::optional<double> smoothing_exponent;  // of equalization; absent: the best (equalization.h)
  bool settle_borders = true;  // nodes whose int8 form takes more conversions than it saves stay float (on the CPU)
  int bits = 8;          // 1..8; below 8 fewer levels in int8 storage
  std::vector<std::string> skip_nodes;  // stay float
  std::vector<std::string> skip_ops;    // operators (by name) that stay float
  const TargetProfile* target = &kCpuTarget;
  CalibrationOptions calibration;
};

// Why a node stays float.
struct FloatNode {
  std::string node, op, reason;
};

struct FullQuantResult {
  Graph graph;
  Graph reference;  // the float graph with the same nodes whose tensors hold the same values, channels rescaled as in `graph`
  std::size_t num_quantized_nodes = 0;
  std::vector<FloatNode> float_nodes;  // those that compute in float, in order
  RangeMethod range_method = RangeMethod::kMinMax;  // that was taken
  bool is_equalized = false;           // channels were rescaled first
  bool bias_corrected = false;         // false too if correction was found to lower the outputs' cosine
  double cosine = 1.0;                 // mean over the checked calibration samples, int8 outputs against float ones
};

// Quantizes a float graph that the passes have brought to NHWC with fixed shapes. Ranges cover the samples of
// options.calibration.profiles, too; candidates are compared, and errors of biases measured, on `samples` alone.
// Error: kNotFound if a name of skip_nodes is no node (with the nearest names), kInvalidData from the samples.
Result<FullQuantResult> quantize_full(const Graph& graph, const SampleSource& samples, const FullQuantOptions& options);

// What quantize_full() would do, without running anything: what would be quantized, what not and why, and what calibration
// takes: observers and activations of every thread. It does not depend on the number of samples.
struct FullQuantForecast {
  std::size_t num_quantized_nodes = 0;
  std::vector<FloatNode> float_nodes;
  std::size_t calibration_bytes = 0;
};
Result<FullQuantForecast> forecast_full(const Graph& graph, const FullQuantOptions& options);

// Bytes that observing `points` takes on `num_threads` threads, each with its own executor of `plan` and set of observers.
std::size_t calibration_bytes(const Plan& plan, std::span<const StatisticPoint> points, int num_threads);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_FULL_QUANTIZER_H_
