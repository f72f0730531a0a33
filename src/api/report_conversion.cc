// SPDX-License-Identifier: Apache-2.0
#include "api/report_conversion.h"

#include <filesystem>

#include "exporters/ms/ms_exporter.h"
#include "report/debug_report.h"

namespace octet {

Result<void> report_conversion(const ConversionToReport& conversion, const QuantConfig& config, const ConvertOptions& options) {
  if (!wants_report(config)) return {};
  DebugReportOptions report;
  report.folder = config.common.debug_info_save_path;
  report.num_rounds = conversion.num_rounds;
  report.node_form = [](const Graph& graph, const Node& node) {
    MsNodeForm form = ms_node_form(graph, node);
    return ReportNodeForm{std::move(form.type), std::move(form.added_inputs)};
  };
  if (config.common.compatibility == Compatibility::kMindSpore) report.original_loads = conversion.original_loads;
  report.summary = conversion.summary;
  report.summary.model = std::filesystem::path(options.model_file).filename().string();
  if (options.progress) report.progress = [&](std::size_t done, std::size_t total) { options.progress("comparing", done, total); };
  return write_debug_report(conversion.float_graph, conversion.quantized, conversion.samples, report);
}

}  // namespace octet
