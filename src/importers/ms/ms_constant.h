// SPDX-License-Identifier: Apache-2.0
// Tensors of the file: element types, dimensions, quantization parameters and the bytes of constants.
#ifndef OCTET_IMPORTERS_MS_MS_CONSTANT_H_
#define OCTET_IMPORTERS_MS_MS_CONSTANT_H_

#include <optional>
#include <string>

#include "base/error.h"
#include "importers/copy_budget.h"
#include "ir/tensor.h"
#include "msl2/msl2_generated.h"

namespace octet {

// Halves become float32. Error: kUnsupported for types that Octet does not have.
Result<DataType> ms_element_type(const msl2::Tensor& tensor, std::string_view name);

// Dimensions as they are in the file; -1 is one known at run time only. Error: kInvalidModel below -1 or above the
// limits.
Result<Shape> ms_dims(const msl2::Tensor& tensor, std::string_view name);

bool is_ms_constant(const msl2::Tensor& tensor);
bool is_ms_float(const msl2::Tensor& tensor);               // 16, 32 or 64 bits

// The parameters of an integer tensor; nothing if it has none or is a float. `axis` (negative: from the end) is the
// dimension that several parameters belong to. Error: kInvalidModel if they are no numbers or do not fit the axis, or
// an int8 tensor has none.
Result<std::optional<QuantParams>> ms_quant_params(const msl2::Tensor& tensor, std::string_view name, DataType type,
                                                   const Shape& shape, std::int64_t axis);

// A constant with its elements unpacked. Quantized ones stay integers, with their parameters; but the codes of `FSE` are
// float weights. Error: kInvalidModel if the bytes do not fit type and dimensions, kUnsupported for encodings without a
// line in ms_weights.h.
Result<Tensor> read_ms_constant(const msl2::Tensor& tensor, std::string name, std::int64_t axis, CopyBudget& budget);

}  // namespace octet

#endif  // OCTET_IMPORTERS_MS_MS_CONSTANT_H_
