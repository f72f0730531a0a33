// SPDX-License-Identifier: Apache-2.0
// Full quantization node by node, as MindSpore Lite does it: for compatibility=MINDSPORE, and for targets whose own tools read
// the file (NVGPU, DSP, ASCEND, KIRIN).
#ifndef OCTET_QUANTIZERS_COMPATIBLE_COMPATIBLE_QUANTIZER_H_
#define OCTET_QUANTIZERS_COMPATIBLE_COMPATIBLE_QUANTIZER_H_

#include "quantizers/full/full_quantizer.h"

namespace octet {

struct CompatibleQuantOptions {
  bool is_original = true;   // false: Octet's robust form of the range methods
  RangeMethod range_method = RangeMethod::kMinMax;  // not kBest
  bool per_channel = true;
  bool bias_correction = true;
  std::vector<std::string> skip_nodes, skip_ops;
  const TargetProfile* target = &kCpuTarget;
  // For targets without int8 weights: quantize and dequantize nodes (explicit_borders.h) in place of parameters on tensors.
  bool explicit_borders = false;
  CalibrationOptions calibration;
};

// Quantizes what as_original() (original_graph.h) made of a float graph.
//   - Nodes: those in the target's list. Every edge between a float and an int8 node gets a cast of its own, named
//     `<node>_dtype_cast_<input, from 1>_pre`; parameters are not unified.
//   - Parameters: compatible_params.h. Float tensors at casts carry theirs too, as the reports show them. KL makes all ranges
//     symmetric.
//   - Bias correction, of convolutions only: the mean over samples of what the int8 layer, fed the quantized float input, falls
//     short of the float layer by, per channel.
//   - Targets without int8 weights: the float graph with parameters on the tensors of the listed nodes, and no casts; or, where
//     the file has no such parameters, with explicit borders.
// Error: as quantize_full().
Result<FullQuantResult> quantize_compatible(const Graph& graph, const SampleSource& samples, const CompatibleQuantOptions& options);

// As forecast_full().
Result<FullQuantForecast> forecast_compatible(const Graph& graph, const CompatibleQuantOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_COMPATIBLE_COMPATIBLE_QUANTIZER_H_
