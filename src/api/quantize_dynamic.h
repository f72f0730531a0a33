// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_QUANTIZE_DYNAMIC_H_
#define OCTET_API_QUANTIZE_DYNAMIC_H_

#include "config/quant_config.h"
#include "ir/graph.h"
#include "octet/convert.h"

namespace octet {

// Dynamic quantization as the configuration asks; what stays float goes into the report. Writes the folder of debug_info_save_path.
// Error: those of the quantizer, the samples and the folder.
Result<Graph> quantize_dynamic(const Graph& graph, const QuantConfig& config, const ConvertOptions& options, ConvertReport& report);

}  // namespace octet

#endif  // OCTET_API_QUANTIZE_DYNAMIC_H_
