// SPDX-License-Identifier: Apache-2.0
// Operators under test are written as the text form of a graph whose inputs are constants.
#ifndef OCTET_OPS_OP_TEST_H_
#define OCTET_OPS_OP_TEST_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ir/text.h"
#include "ops/evaluate.h"
#include "ops/table.h"

namespace octet {

// A test failure and an empty graph if it cannot be parsed.
inline Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message;
  return graph ? std::move(*graph) : Graph{};
}

// All outputs of the graph; a test failure and nothing if it cannot be parsed or run.
inline std::vector<Tensor> run_graph(std::string_view text) {
  const auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message;
  if (!graph) return {};
  auto outputs = evaluate_graph(*graph, {});
  if (!outputs) ADD_FAILURE() << outputs.error().message;
  return outputs ? std::move(*outputs) : std::vector<Tensor>();
}

// The elements of the first output.
template <typename T>
std::vector<T> run_op(std::string_view text) {
  const auto outputs = run_graph(text);
  if (outputs.empty()) return {};
  const auto values = outputs[0].values<T>();
  return {values.begin(), values.end()};
}

// Why the graph cannot be parsed (shape inference is part of that) or run; empty if it can.
inline std::string op_error(std::string_view text) {
  const auto graph = parse_graph(text, find_op);
  if (!graph) return graph.error().message;
  const auto outputs = evaluate_graph(*graph, {});
  return outputs ? "" : outputs.error().message;
}

// Type and shape of the graph's first output: "f32[1,N]".
inline std::string output_type(std::string_view text) {
  const auto graph = parse_graph(text, find_op);
  if (!graph) return graph.error().message;
  const Tensor& output = graph->tensor(graph->outputs[0]);
  return std::string(data_type_name(output.type)) + print_shape(*graph, output.shape);
}

}  // namespace octet

#endif  // OCTET_OPS_OP_TEST_H_
