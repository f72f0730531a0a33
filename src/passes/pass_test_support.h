// SPDX-License-Identifier: Apache-2.0
// Passes under test read and give the text form of a graph; that a pass keeps the results is checked by evaluation.
#ifndef OCTET_PASSES_PASS_TEST_SUPPORT_H_
#define OCTET_PASSES_PASS_TEST_SUPPORT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "ir/text.h"
#include "ir/verifier.h"
#include "ops/evaluate.h"
#include "ops/table.h"
#include "passes/passes.h"

namespace octet {

using PassFunction = Result<PassStats> (*)(Graph& graph);

inline Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message << "\n" << text;
  return graph ? std::move(*graph) : Graph{};
}

// The graph as print_graph writes it, so that expected texts may leave out types and indent as they like.
inline std::string graph_text(std::string_view text) { return print_graph(parsed(text)); }

// The graph after the pass; a test failure if the pass or the verifier fails.
inline Graph passed(PassFunction pass, std::string_view text, PassStats* stats = nullptr) {
  Graph graph = parsed(text);
  const auto result = pass(graph);
  if (!result) ADD_FAILURE() << result.error().message;
  if (result && stats != nullptr) *stats = *result;
  if (const auto valid = verify(graph); !valid) ADD_FAILURE() << valid.error().message << "\n" << print_graph(graph);
  return graph;
}

inline std::string run_pass(PassFunction pass, std::string_view text) { return print_graph(passed(pass, text)); }

inline PassStats pass_stats(PassFunction pass, std::string_view text) {
  PassStats stats;
  passed(pass, text, &stats);
  return stats;
}

// The message of the pass's error; empty if there is none.
inline std::string pass_error(PassFunction pass, std::string_view text) {
  Graph graph = parsed(text);
  const auto result = pass(graph);
  return result ? "" : result.error().message;
}

inline Result<PassStats> all_of_them(Graph& graph) {
  if (auto done = run_passes(graph); !done) return std::move(done).error();
  return PassStats{};
}

inline std::vector<Tensor> random_inputs(const Graph& graph, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> real(-2.0f, 2.0f);
  std::vector<Tensor> inputs;
  for (const TensorId id : graph.inputs) {
    const Tensor& tensor = graph.tensor(id);
    std::vector<float> values(static_cast<std::size_t>(num_elements(tensor.shape).value()));
    for (float& value : values) value = real(engine);
    inputs.push_back(make_constant(tensor.name, tensor.shape, values));
  }
  return inputs;
}

// Float results may differ by the rounding of sums in another order and of folded factors: some hundred products of numbers
// around 1, so 1e-4 of the largest output is far above rounding and far below any mistake.
inline void expect_equal_outputs(const Graph& before, const Graph& after, const std::string& what) {
  const auto inputs = random_inputs(before, 11);
  const auto expected = evaluate_graph(before, inputs);
  const auto actual = evaluate_graph(after, inputs);
  ASSERT_TRUE(expected) << expected.error().message;
  ASSERT_TRUE(actual) << what << ": " << actual.error().message << "\n" << print_graph(after);
  ASSERT_EQ(expected->size(), actual->size());
  for (std::size_t i = 0; i < expected->size(); ++i) {
    const Tensor& e = (*expected)[i];
    const Tensor& a = (*actual)[i];
    EXPECT_EQ(e.name, a.name) << what;
    ASSERT_EQ(e.shape, a.shape) << what;
    ASSERT_EQ(e.type, a.type) << what;
    if (e.type != DataType::kFloat32) continue;
    float largest = 1.0f;
    for (const float value : e.values<float>()) largest = std::max(largest, std::fabs(value));
    for (std::size_t k = 0; k < e.values<float>().size(); ++k)
      ASSERT_NEAR(e.values<float>()[k], a.values<float>()[k], 1e-4f * largest)
          << what << ": output '" << e.name << "' element " << k << "\n" << print_graph(after);
  }
}

// Evaluates before and after the pass on random inputs. Names of inputs and outputs must stay.
inline void expect_keeps_results(PassFunction pass, std::string_view text, const std::string& what = "pass") {
  const Graph before = parsed(text);
  const Graph after = passed(pass, text);
  const auto names = [](const Graph& graph, const std::vector<TensorId>& ids) {
    std::vector<std::string> result;
    for (const TensorId id : ids) result.push_back(graph.tensor(id).name);
    return result;
  };
  EXPECT_EQ(names(before, before.inputs), names(after, after.inputs)) << what;
  EXPECT_EQ(names(before, before.outputs), names(after, after.outputs)) << what;
  expect_equal_outputs(before, after, what);
}

}  // namespace octet

#endif  // OCTET_PASSES_PASS_TEST_SUPPORT_H_
