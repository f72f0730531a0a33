// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_QUANTIZE_FULL_H_
#define OCTET_API_QUANTIZE_FULL_H_

#include "api/ascend_profiles.h"
#include "config/quant_config.h"
#include "ir/graph.h"
#include "octet/convert.h"

namespace octet {

// Whether activations may be fused into the layers before them, for the configuration's target.
bool fuses_activations(const QuantConfig& config);

// Full quantization as the configuration asks, with its reports. The ranges cover the samples of `profiles`, too: the same model
// at further input shapes. Error: those of the samples and of the quantizers.
Result<Graph> quantize_full(const Graph& graph, std::span<const ProfileGraph> profiles, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report);

// What it would do, without running anything: nodes, reasons, and the memory of calibration.
Result<void> forecast_full(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report);

}  // namespace octet

#endif  // OCTET_API_QUANTIZE_FULL_H_
