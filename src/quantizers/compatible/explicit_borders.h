// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_QUANTIZERS_COMPATIBLE_EXPLICIT_BORDERS_H_
#define OCTET_QUANTIZERS_COMPATIBLE_EXPLICIT_BORDERS_H_

#include <map>

#include "ir/graph.h"

namespace octet {

// A float graph that says by nodes where its values are to be quantized, for compilers that choose the integer operators
// themselves (TensorRT's explicit quantization):
//
//   x -> Op(weights, bias) -> y      becomes      x -> quantize -> dequantize -> Op(int8 weights -> dequantize, bias) -> y
//
// for the activations of nodes in `quantized` (by index) that `params` has. Weights of layers get a symmetric scale, or one
// per output channel; a bias stays float, as TensorRT adds it.
Graph with_explicit_borders(const Graph& graph, const std::vector<bool>& quantized, const std::map<TensorId, QuantParams>& params,
                            bool per_channel);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_COMPATIBLE_EXPLICIT_BORDERS_H_
