// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_FULL_FULL_TEST_SUPPORT_H_
#define OCTET_QUANTIZERS_FULL_FULL_TEST_SUPPORT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ir/text.h"
#include "kernels/kernel_test.h"
#include "ops/table.h"
#include "quantizers/full/ranges.h"

namespace octet {

inline Graph parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) ADD_FAILURE() << graph.error().message << "\n" << text;
  return graph ? std::move(*graph) : Graph{};
}

inline std::string graph_text(std::string_view text) { return print_graph(parsed(text)); }

// Samples of random floats in [-1, 1], the same for the same index whoever asks.
class RandomSamples : public SampleSource {
 public:
  explicit RandomSamples(std::size_t size) : size_(size) {}
  std::size_t size() const override { return size_; }
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    Random random(static_cast<unsigned>(index + 1));
    for (const auto& input : inputs) {
      const auto values = random.reals(input.size() / sizeof(float), -1.0f, 1.0f);
      std::memcpy(input.data(), values.data(), input.size());
    }
    if (index == nan_index) {
      const float nan = std::nanf("");
      std::memcpy(inputs[0].data(), &nan, sizeof(nan));
    }
    if (index == broken_index) return Error{ErrorCode::kIo, "sample cannot be read"};
    return {};
  }
  std::size_t nan_index = SIZE_MAX, broken_index = SIZE_MAX;

 private:
  std::size_t size_;
};

// Random weights for all float constants.
inline void randomize_constants(Graph& graph) {
  Random random(7);
  for (Tensor& tensor : graph.tensors) {
    if (!tensor.is_constant || tensor.type != DataType::kFloat32) continue;
    tensor = make_constant(tensor.name, tensor.shape, random.reals(static_cast<std::size_t>(*num_elements(tensor.shape)), -0.5f, 0.5f));
  }
}

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_FULL_TEST_SUPPORT_H_
