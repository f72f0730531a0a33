// SPDX-License-Identifier: Apache-2.0
// The folder that debug_info_save_path asks for.
#ifndef OCTET_REPORT_DEBUG_REPORT_H_
#define OCTET_REPORT_DEBUG_REPORT_H_

#include "calibration/calibrate.h"
#include "report/summary_json.h"

namespace octet {

// What a node is called in the output format, and the constants that the format adds to its inputs.
struct ReportNodeForm {
  std::string type;
  std::vector<Tensor> added_inputs;
};

struct DebugReportOptions {
  std::string folder;           // made if missing
  std::size_t num_rounds = 1;   // samples compared, the first ones: all for full quantization, 1 for weight quantization
  std::function<ReportNodeForm(const Graph& graph, const Node& node)> node_form;
  // Names of graph inputs and outputs as MindSpore Lite's runtime shows them ("CpuFP32SubGraph3_3_duplicate_x", "y_duplicate");
  // the number is how many times it had loaded a model before: 1 for weight quantization, 2 for full quantization, 3 with bias
  // correction. 0: plain names.
  int original_loads = 0;
  ReportSummary summary;        // nodes and cosines are filled in here
  std::function<void(std::size_t done, std::size_t total)> progress;  // may be empty
};

// Writes quant_param.csv (unless nothing has parameters), round_<i>.csv, output_summary.csv and summary.json. The graphs' nodes
// are matched by name and their inputs must have equal types and shapes. Memory: the activations of one sample.
// Error: kIo for the folder, what loading samples and Plan::make give.
Result<void> write_debug_report(const Graph& float_graph, const Graph& quantized, const SampleSource& samples, const DebugReportOptions& options);

}  // namespace octet

#endif  // OCTET_REPORT_DEBUG_REPORT_H_
