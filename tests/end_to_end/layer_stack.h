// SPDX-License-Identifier: Apache-2.0
// Models of any size: a stack of layers with random weights, written without ever being in memory.
#ifndef OCTET_TESTS_END_TO_END_LAYER_STACK_H_
#define OCTET_TESTS_END_TO_END_LAYER_STACK_H_

#include <cstdint>
#include <string>

#include "end_to_end/program.h"

namespace octet {

struct LayerStack {
  std::int64_t width;           // of layers: weights [width, width]
  std::int64_t num_layers;      // MatMul and Add, Gemm, and Gemm of transposed weights in turn, Relu behind each
  bool takes_ids = true;        // rows of a table [width, width] by int64 ids [4]; false: float32 [4, width]
  bool external_data = true;    // weights in NAME.data beside the model, else inside

  std::uint64_t weight_bytes() const;
};

// Writes the model to NAME in the folder and gives its path.
std::string write_layer_stack(const ScratchFolder& folder, const std::string& name, const LayerStack& stack);

// A configuration file for 8-bit weights in the folder.
std::string write_weight_config(const ScratchFolder& folder);

}  // namespace octet

#endif  // OCTET_TESTS_END_TO_END_LAYER_STACK_H_
