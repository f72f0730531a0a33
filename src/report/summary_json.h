// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_REPORT_SUMMARY_JSON_H_
#define OCTET_REPORT_SUMMARY_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

namespace octet {

// One node of the quantized graph, over all rounds.
struct NodeSummary {
  std::string name, type;
  int weight_bits = 32, activation_bits = 32;  // 32: float, or nothing of the kind
  std::uint64_t weight_bytes = 0;
  double cosine = 1;             // mean over rounds, of the first output with the float node's
  double mean_square_error = 0;  // likewise
  std::string float_reason;      // why it stays float; empty if it does not
};

struct ReportSummary {
  std::string model, quantization;  // file name; "FULL_QUANT"
  std::string range_method;         // empty: none
  bool equalized = false, bias_corrected = false;
  std::uint64_t float_weight_bytes = 0, quantized_weight_bytes = 0;
  std::size_t num_rounds = 0;
  std::vector<std::pair<std::string, double>> outputs;       // name and mean cosine
  std::vector<std::pair<std::string, std::string>> reasons;  // of nodes that stay float: name and why
  std::vector<NodeSummary> nodes;
};

std::string summary_json(const ReportSummary& summary);

}  // namespace octet

#endif  // OCTET_REPORT_SUMMARY_JSON_H_
