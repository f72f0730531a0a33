// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_REPORT_CONVERSION_H_
#define OCTET_API_REPORT_CONVERSION_H_

#include "calibration/calibrate.h"
#include "config/quant_config.h"
#include "octet/convert.h"
#include "report/summary_json.h"

namespace octet {

// What a quantization did, for the folder of debug_info_save_path.
struct ConversionToReport {
  const Graph& float_graph;    // with the quantized graph's node names
  const Graph& quantized;
  const SampleSource& samples;
  std::size_t num_rounds = 1;  // full quantization: all samples; weights only: one
  int original_loads = 1;      // compatibility=MINDSPORE: see DebugReportOptions
  ReportSummary summary;       // what is known of methods and reasons
};

// Whether the configuration names a folder for reports.
inline bool wants_report(const QuantConfig& config) { return !config.common.debug_info_save_path.empty(); }

// Writes the reports; nothing if the configuration names no folder.
Result<void> report_conversion(const ConversionToReport& conversion, const QuantConfig& config, const ConvertOptions& options);

}  // namespace octet

#endif  // OCTET_API_REPORT_CONVERSION_H_
