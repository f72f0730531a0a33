// SPDX-License-Identifier: Apache-2.0
// Runs graphs in text form through Plan and Executor, on several numbers of threads and instruction sets.
#ifndef OCTET_RUNTIME_RUNTIME_TEST_SUPPORT_H_
#define OCTET_RUNTIME_RUNTIME_TEST_SUPPORT_H_

#include <algorithm>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "ir/text.h"
#include "ir/verifier.h"
#include "kernels/kernel_test.h"
#include "ops/concat.h"
#include "ops/evaluate.h"
#include "ops/pad.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/table.h"
#include "ops/transpose.h"
#include "runtime/executor.h"

namespace octet {

inline Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message << "\n" << text;
  return graph ? std::move(*graph) : Graph{};
}

// A constant of random elements: floats and int32 small, int8 over its whole range (-127 to 127 for weights).
inline Tensor random_tensor(const Tensor& like, Random& random, int lowest = -128) {
  const auto n = static_cast<std::size_t>(num_elements(like.shape).value());
  Tensor tensor;
  switch (like.type) {
    case DataType::kFloat32: tensor = make_constant(like.name, like.shape, random.reals(n, -1.0f, 1.0f)); break;
    case DataType::kInt8: tensor = make_constant(like.name, like.shape, random.int8s(n, lowest)); break;
    case DataType::kInt32: tensor = make_constant(like.name, like.shape, random.int32s(n, -1000, 1000)); break;
    default: tensor = like;
  }
  tensor.quant = like.quant;
  return tensor;
}

inline std::vector<Tensor> random_inputs(const Graph& graph, Random& random) {
  std::vector<Tensor> inputs;
  for (const TensorId id : graph.inputs) inputs.push_back(random_tensor(graph.tensor(id), random));
  return inputs;
}

// Random elements for all constants whose name does not start with "k".
inline void randomize_constants(Graph& graph, Random& random) {
  for (Tensor& tensor : graph.tensors)
    if (tensor.is_constant && tensor.name[0] != 'k') tensor = random_tensor(tensor, random, -127);
}

struct RunOptions {
  int num_threads = 1;
  CpuFeatures cpu = cpu_features();
  bool shares_memory = false;
};

// This machine and lesser ones, with slices and without.
inline std::vector<RunOptions> all_run_options() {
  std::vector<CpuFeatures> machines = {CpuFeatures{}, cpu_features()};
  if (cpu_features().has(Isa::kAvx2) && cpu_features().best() != Isa::kAvx2) machines.push_back(features_up_to(Isa::kAvx2));
  std::vector<RunOptions> list;
  for (const CpuFeatures& cpu : machines)
    for (const int num_threads : {1, 2, 3, 7}) list.push_back({num_threads, cpu, num_threads > 1});
  return list;
}

// The outputs as constants. Runs twice: the second run must not see what the first left.
inline std::vector<Tensor> execute(const Graph& graph, const std::vector<Tensor>& inputs, const RunOptions& options) {
  const auto plan = Plan::make(graph, {options.cpu, options.shares_memory});
  if (!plan) ADD_FAILURE() << plan.error().message;
  if (!plan) return {};
  Executor executor(*plan, options.num_threads);
  std::vector<Tensor> outputs;
  for (int run = 0; run < 2; ++run) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(executor.input(i).size(), inputs[i].data.size_bytes());
      if (run == 0) std::ranges::copy(inputs[i].data.bytes(), executor.input(i).begin());
    }
    EXPECT_TRUE(executor.run());
    std::vector<Tensor> results;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
      const Tensor& tensor = graph.tensor(graph.outputs[i]);
      const auto bytes = executor.output(i);
      results.push_back(make_constant(tensor.name, tensor.type, tensor.shape, {bytes.begin(), bytes.end()}));
    }
    for (std::size_t i = 0; run == 1 && i < results.size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(results[i].data.bytes(), outputs[i].data.bytes())) << "the second run differs";
    }
    outputs = std::move(results);
  }
  return outputs;
}

// Sums of at most some hundred products, in another order than the reference's: a relative error (to the largest output)
// of 1e-5 is far above float rounding.
inline void expect_near(const Tensor& expected, const Tensor& actual, const std::string& what) {
  ASSERT_EQ(expected.shape, actual.shape) << what;
  ASSERT_EQ(expected.type, actual.type) << what;
  if (expected.type != DataType::kFloat32) {
    EXPECT_TRUE(std::ranges::equal(expected.data.bytes(), actual.data.bytes())) << what;
    return;
  }
  float largest = 0.0f;
  for (const float value : expected.values<float>()) largest = std::max(largest, std::fabs(value));
  for (std::size_t i = 0; i < expected.values<float>().size(); ++i)
    ASSERT_NEAR(expected.values<float>()[i], actual.values<float>()[i], 1e-5f * largest) << what << " element " << i;
}

inline std::string describe(const Graph& graph, const RunOptions& options) {
  return fmt::format("{} threads, tiers {}{}\n{}", options.num_threads, options.cpu.tiers, options.shares_memory ? ", shared memory" : "", print_graph(graph, {.max_constant_elements = 8}));
}

// The runtime against evaluate_graph, on random inputs and constants.
inline void expect_float_runs(std::string_view text, unsigned seed = 1) {
  Random random(seed);
  Graph graph = parsed(text);
  randomize_constants(graph, random);
  const auto inputs = random_inputs(graph, random);
  const auto expected = evaluate_graph(graph, inputs);
  ASSERT_TRUE(expected) << expected.error().message;
  for (const RunOptions& options : all_run_options()) {
    const auto outputs = execute(graph, inputs, options);
    ASSERT_EQ(outputs.size(), expected->size());
    for (std::size_t i = 0; i < outputs.size(); ++i) expect_near((*expected)[i], outputs[i], describe(graph, options));
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace octet

#endif  // OCTET_RUNTIME_RUNTIME_TEST_SUPPORT_H_
