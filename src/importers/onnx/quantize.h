// SPDX-License-Identifier: Apache-2.0
// Quantized tensors on the way into and out of operators.
#ifndef OCTET_IMPORTERS_ONNX_QUANTIZE_H_
#define OCTET_IMPORTERS_ONNX_QUANTIZE_H_

#include "importers/onnx/onnx_graph.h"

namespace octet {

// Scale and zero point as tensors: one number; one per element of `axis`; or, with a block size, one per block along
// it.
struct LinearQuant {
  TensorId scale = kNoTensor;       // 1 if absent
  TensorId zero_point = kNoTensor;  // 0 if absent
  std::int64_t axis = 1;
  std::int64_t block_size = 0;
};

// The real values of x; a constant of a constant. They are the node's output if `name` is empty, else on the way to it.
Result<TensorId> add_dequantized(const OnnxNode& node, OnnxGraph& graph, std::string_view name, TensorId x,
                                 const LinearQuant& quant);

// Makes the node's output `output` the integers of x. Error: kUnsupported for other types than of 8 and 16 bits.
Result<void> add_quantized(const OnnxNode& node, OnnxGraph& graph, TensorId x, DataType type, const LinearQuant& quant,
                           std::size_t output);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_QUANTIZE_H_
