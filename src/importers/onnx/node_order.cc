// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/node_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <unordered_map>

#include "importers/onnx/handlers.h"

namespace octet {
namespace {

constexpr int kGiven = -1;  // an input or initializer of the graph, in place of the node that makes a tensor

using Producers = std::unordered_map<std::string, int>;

std::string node_label(const onnx::NodeProto& node) {
  return fmt::format("node '{}' ({})", onnx_node_name(node), node.op_type());
}

Result<Producers> find_producers(const onnx::GraphProto& graph) {
  Producers producers;
  for (const auto& input : graph.input()) producers.emplace(input.name(), kGiven);
  for (const auto& initializer : graph.initializer()) producers.emplace(initializer.name(), kGiven);
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (output.empty()) continue;
      const auto [entry, is_new] = producers.emplace(output, i);
      if (is_new) continue;
      return make_error(ErrorCode::kInvalidModel, "{}: its output '{}' is already made by {}", node_label(graph.node(i)), output,
                        entry->second == kGiven ? "a graph input or initializer" : node_label(graph.node(entry->second)));
    }
  }
  return producers;
}

// How the report calls the operator; nothing if it is supported.
std::optional<std::string> unsupported_name(const onnx::NodeProto& node, std::int64_t opset) {
  const std::string type = qualified_onnx_type(node);
  const OnnxOperator* known = find_onnx_operator(type);
  if (known == nullptr) return node.op_type().empty() ? "(no operator)" : type;
  if (known->since_opset <= opset) return std::nullopt;
  return fmt::format("{} (of opset {}, the model has {})", node.op_type(), known->since_opset, opset);
}

constexpr std::size_t kMaxNames = 10;
struct Group {
  std::size_t count = 0;
  std::vector<std::string> names;
};
using UnsupportedGroups = std::map<std::string, Group>;

void find_unsupported(const onnx::GraphProto& graph, std::int64_t opset, UnsupportedGroups& unsupported) {
  for (const auto& node : graph.node()) {
    for (const auto& attribute : node.attribute())
      if (attribute.has_g()) find_unsupported(attribute.g(), opset, unsupported);
    const std::optional<std::string> name = unsupported_name(node, opset);
    if (!name) continue;
    Group& group = unsupported[*name];
    if (group.count++ < kMaxNames) group.names.push_back(fmt::format("'{}'", onnx_node_name(node)));
  }
}

}  // namespace

void for_each_read_name(const onnx::NodeProto& node, const std::function<void(const std::string&)>& visit) {
  for (const std::string& name : node.input()) visit(name);
  for (const auto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    for (const auto& inner : attribute.g().node()) for_each_read_name(inner, visit);
    for (const auto& output : attribute.g().output()) visit(output.name());
  }
}

Result<std::vector<int>> node_order(const onnx::GraphProto& graph, const std::function<bool(const std::string&)>& is_outer) {
  OCTET_ASSIGN_OR_RETURN(const Producers producers, find_producers(graph));
  std::vector<std::vector<int>> consumers(static_cast<std::size_t>(graph.node_size()));
  std::vector<int> num_missing(consumers.size(), 0);  // inputs whose node is not in the order yet
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& input : graph.node(i).input()) {
      if (input.empty()) continue;
      const auto producer = producers.find(input);
      if (producer == producers.end() && is_outer(input)) continue;
      if (producer == producers.end()) {
        return make_error(ErrorCode::kInvalidModel, "{}: its input '{}' is neither a graph input, an initializer nor a node's output",
                          node_label(graph.node(i)), input);
      }
      if (producer->second == kGiven) continue;
      consumers[static_cast<std::size_t>(producer->second)].push_back(i);
      ++num_missing[static_cast<std::size_t>(i)];
    }
    // What only the graphs inside the node read.
    const auto& inputs = graph.node(i).input();
    for_each_read_name(graph.node(i), [&](const std::string& name) {
      const auto producer = producers.find(name);
      if (producer == producers.end() || producer->second == kGiven || producer->second == i) return;
      if (std::find(inputs.begin(), inputs.end(), name) != inputs.end()) return;
      consumers[static_cast<std::size_t>(producer->second)].push_back(i);
      ++num_missing[static_cast<std::size_t>(i)];
    });
  }

  std::priority_queue<int, std::vector<int>, std::greater<>> ready;  // the first in the file goes first
  for (std::size_t i = 0; i < num_missing.size(); ++i)
    if (num_missing[i] == 0) ready.push(static_cast<int>(i));
  std::vector<int> order;
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const int consumer : consumers[static_cast<std::size_t>(node)])
      if (--num_missing[static_cast<std::size_t>(consumer)] == 0) ready.push(consumer);
  }
  for (std::size_t i = 0; i < num_missing.size(); ++i) {
    if (num_missing[i] > 0)
      return make_error(ErrorCode::kInvalidModel, "{}: lies on or behind a cycle of nodes", node_label(graph.node(static_cast<int>(i))));
  }
  return order;
}

Result<void> check_operators(const onnx::GraphProto& graph, std::int64_t opset) {
  UnsupportedGroups unsupported;
  find_unsupported(graph, opset, unsupported);
  if (unsupported.empty()) return {};
  std::string message = fmt::format("{} operator{} not supported:", unsupported.size(), unsupported.size() == 1 ? " is" : "s are");
  for (const auto& [name, group] : unsupported) {
    message += fmt::format("\n  {}: {} node{}: {}{}", name, group.count, group.count == 1 ? "" : "s", fmt::join(group.names, ", "),
                           group.count > kMaxNames ? ", ..." : "");
  }
  message += "\nExport the model without them: for inference, with fixed input shapes, and simplified (constants folded).";
  return Error{ErrorCode::kUnsupported, std::move(message)};
}

}  // namespace octet
