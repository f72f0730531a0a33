// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_QUANTIZE_FULL_H_
#define OCTET_API_QUANTIZE_FULL_H_

#include "config/quant_config.h"
#include "ir/graph.h"
#include "octet/convert.h"
#include "quantizers/full/full_quantizer.h"

namespace octet {

// Whether activations may be fused into the layers before them, for the configuration's target.
bool fuses_activations(const QuantConfig& config);

// The float graph that full quantization starts from: with compatibility=MINDSPORE and for targets with tools of their own it
// has the original's names and order.
Graph prepare_for_full_quantization(Graph graph, const QuantConfig& config);

// Full quantization as the configuration asks, `graph` as above.
Result<FullQuantResult> run_full_quantization(const Graph& graph, const QuantConfig& config, const SampleSource& samples, int num_threads,
                                              const ConvertOptions& options);

// The same without running anything.
Result<FullQuantForecast> forecast_full_quantization(const Graph& graph, const QuantConfig& config, int num_threads);

}  // namespace octet

#endif  // OCTET_API_QUANTIZE_FULL_H_
