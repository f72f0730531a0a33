// SPDX-License-Identifier: Apache-2.0
// The CSV files of debug_info_save_path, in MindSpore Lite's columns and number formats: six significant digits, and a comma at
// the end of each line.
#ifndef OCTET_REPORT_CSV_H_
#define OCTET_REPORT_CSV_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/layer_comparison.h"

namespace octet {

// How a report names things.
struct ReportNames {
  std::vector<std::string> node_types;  // by node of the quantized graph: "Conv2DFusion"
  // Of a tensor in rows of rounds and of outputs; quant_param.csv has the graph's own names.
  std::function<std::string(const std::string& tensor, bool is_quantized)> tensor;
};

// quant_param.csv: a line per parameter of each node's tensors. Empty if there is none.
std::string quant_param_csv(const Graph& quantized, const ReportNames& names);

// round_<n>.csv
std::string round_csv(const Graph& quantized, const RoundComparison& round, const ReportNames& names);

// output_summary.csv: its header, and the lines of one round.
std::string output_summary_header();
std::string output_summary_lines(std::size_t round_index, const RoundComparison& round, const ReportNames& names);

}  // namespace octet

#endif  // OCTET_REPORT_CSV_H_
