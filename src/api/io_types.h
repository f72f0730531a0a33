// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_IO_TYPES_H_
#define OCTET_API_IO_TYPES_H_

#include "ir/graph.h"

namespace octet {

// Makes the float inputs of a quantized graph int8: who runs the model quantizes its inputs itself, with the parameters of the
// graph input. Layers that read the input in float get a dequantize node. Names stay.
// Error: kInvalidArgument naming an input that no int8 layer reads.
Result<void> make_inputs_int8(Graph& graph);

// The same for float outputs. Error: kInvalidArgument naming an output that a float layer makes.
Result<void> make_outputs_int8(Graph& graph);

// Constants in float16 where they are float32; those with values beyond float16's range stay. Returns how many changed.
std::size_t store_constants_as_float16(Graph& graph);

}  // namespace octet

#endif  // OCTET_API_IO_TYPES_H_
