// SPDX-License-Identifier: Apache-2.0
#include "report/summary_json.h"

#include <nlohmann/json.hpp>

namespace octet {

std::string summary_json(const ReportSummary& summary) {
  nlohmann::ordered_json document = {{"model", summary.model},
                                     {"quantization", summary.quantization},
                                     {"range_method", summary.range_method},
                                     {"equalized", summary.equalized},
                                     {"bias_corrected", summary.bias_corrected},
                                     {"float_weight_bytes", summary.float_weight_bytes},
                                     {"quantized_weight_bytes", summary.quantized_weight_bytes},
                                     {"rounds", summary.num_rounds},
                                     {"outputs", nlohmann::ordered_json::array()},
                                     {"nodes", nlohmann::ordered_json::array()}};
  for (const auto& [name, cosine] : summary.outputs) document["outputs"].push_back({{"name", name}, {"cosine", cosine}});
  for (const NodeSummary& node : summary.nodes) {
    nlohmann::ordered_json entry = {{"name", node.name},
                                    {"type", node.type},
                                    {"weight_bits", node.weight_bits},
                                    {"activation_bits", node.activation_bits},
                                    {"weight_bytes", node.weight_bytes},
                                    {"cosine", node.cosine},
                                    {"mean_square_error", node.mean_square_error}};
    if (!node.float_reason.empty()) entry["float_reason"] = node.float_reason;
    document["nodes"].push_back(std::move(entry));
  }
  return document.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace octet
