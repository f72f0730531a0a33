// SPDX-License-Identifier: Apache-2.0
// The last resorts: the operator's own float32 evaluation, one element after the other on one thread. It allocates.
// Values that an operator cannot take (a gather's index outside its tensor) give zeros and a logged error.
#ifndef OCTET_RUNTIME_OPERATORS_REFERENCE_H_
#define OCTET_RUNTIME_OPERATORS_REFERENCE_H_

#include "runtime/operator.h"

namespace octet {

// Both return an error for types that the evaluation does not know.
//
// For floats, plain integers, and operators that keep the elements. Null where a quantized tensor takes part otherwise.
Result<std::unique_ptr<Operator>> make_reference(const OperatorContext& context);

// For int8: dequantizes the inputs, evaluates in float32, quantizes the outputs:
//   dst = clamp(round_half_even(float(result / dst_scale)) + zero_point). Right for every operator, and slow.
// Null unless all quantized inputs are int8 or int32, and all outputs int8 with one scale or not quantized.
Result<std::unique_ptr<Operator>> make_quantized_reference(const OperatorContext& context);

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_REFERENCE_H_
