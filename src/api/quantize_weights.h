// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_QUANTIZE_WEIGHTS_H_
#define OCTET_API_QUANTIZE_WEIGHTS_H_

#include "config/quant_config.h"
#include "exporters/ms/ms_exporter.h"
#include "octet/convert.h"

namespace octet {

// Weight quantization as the configuration asks; what became of which weights goes into the report.
// Error: kUnsupported for what this version cannot do, and those of quantize_weight_tensors().
Result<Graph> quantize_weights(Graph graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report);

// How the output file stores integer weights.
MsExportOptions weight_storage(const QuantConfig& config);

}  // namespace octet

#endif  // OCTET_API_QUANTIZE_WEIGHTS_H_
