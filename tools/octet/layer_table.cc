// SPDX-License-Identifier: Apache-2.0
#include "octet/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace octet {

std::vector<LayerRow> layer_rows(const std::vector<NodeTime>& layers, const std::vector<NodeTime>& other, const MachinePeak& peak,
                                 int num_threads) {
  double total_ms = 0;
  for (const NodeTime& layer : layers) total_ms += layer.ms;
  std::map<std::string, const NodeTime*> others;
  for (const NodeTime& layer : other) others[layer.node] = &layer;
  std::vector<LayerRow> rows;
  for (const NodeTime& layer : layers) {
    LayerRow& row = rows.emplace_back();
    row.node = layer.node;
    row.op = layer.op;
    row.kernel = layer.kernel;
    row.ms = layer.ms;
    row.share = total_ms > 0 ? layer.ms / total_ms : 0;
    row.gmacs = layer.ms > 0 ? static_cast<double>(layer.macs) / (layer.ms * 1e6) : 0;
    row.fraction_of_peak = row.gmacs / ((layer.is_int8 ? peak.qs8_gmacs : peak.f32_gmacs) * num_threads);
    const auto found = others.find(layer.node);
    if (found == others.end()) continue;
    row.other_ms = found->second->ms;
    row.other_kernel = found->second->kernel;
    others.erase(found);
  }
  for (const NodeTime& layer : other) {
    if (others.count(layer.node) == 0) continue;
    LayerRow& row = rows.emplace_back();
    row.node = layer.node;
    row.op = layer.op;
    row.other_ms = layer.ms;
    row.other_kernel = layer.kernel;
  }
  return rows;
}

void print_layers(const std::vector<LayerRow>& rows, bool has_other) {
  std::size_t node_width = 4, kernel_width = 6;
  for (const LayerRow& row : rows) {
    node_width = std::max(node_width, row.node.size());
    kernel_width = std::max(kernel_width, row.kernel.size());
  }
  const auto cell = [](double value, const char* format) { return value > 0 ? fmt::format(fmt::runtime(format), value) : std::string("-"); };
  fmt::print("\n{:{}}  {:16}  {:{}}  {:>8}  {:>6}  {:>7}  {:>7}", "node", node_width, "operator", "kernel", kernel_width, "ms", "%",
             "GMAC/s", "of peak");
  fmt::print("{}\n", has_other ? fmt::format("  {:>8}  {:>7}", "other ms", "/ other") : "");
  for (const LayerRow& row : rows) {
    fmt::print("{:{}}  {:16}  {:{}}  {:>8}  {:>6}  {:>7}  {:>7}", row.node, node_width, row.op, row.kernel, kernel_width,
               cell(row.ms, "{:.4f}"), cell(row.share * 100, "{:.1f}"), cell(row.gmacs, "{:.1f}"), cell(row.fraction_of_peak * 100, "{:.0f} %"));
    if (has_other) {
      const bool both = row.ms > 0 && row.other_ms > 0;
      fmt::print("  {:>8}  {:>7}", cell(row.other_ms, "{:.4f}"), both ? fmt::format("{:.2f}", row.other_ms / row.ms) : "-");
    }
    fmt::print("\n");
  }
}

}  // namespace octet
