// SPDX-License-Identifier: Apache-2.0
// Tensors of the file: element types, shapes, quantization parameters and the bytes of constants.
#ifndef OCTET_IMPORTERS_TFLITE_TFLITE_TENSOR_H_
#define OCTET_IMPORTERS_TFLITE_TFLITE_TENSOR_H_

#include <optional>
#include <string>

#include "importers/copy_budget.h"
#include "ir/tensor.h"
#include "tfl3/tfl3_generated.h"

namespace octet {

// A tensor as Octet holds it. Quantized uint8 is int8 with the zero point lowered by 128.
struct TfliteTensor {
  DataType type = DataType::kFloat32;
  Shape shape;            // what the file says first; free dimensions may take another size
  Shape free;             // -1 where the size is free, else as in shape
  bool has_shape = true;  // false: the file says nothing
  std::optional<QuantParams> quant;
  bool is_shifted = false;  // uint8 in the file, int8 here
};

// Error: kUnsupported for types and kinds of quantization that Octet does not have, kInvalidModel for shapes and
// parameters that make no sense.
Result<TfliteTensor> describe_tflite_tensor(const tfl3::Tensor& tensor, std::string_view name);

// A constant. float16 becomes float32, int4 becomes int8.
// Error: kInvalidModel if the bytes do not fit type and shape, kUnsupported for sparse ones.
Result<Tensor> read_tflite_constant(const tfl3::Tensor& tensor, const tfl3::Buffer& buffer, std::string name,
                                    CopyBudget& budget);

}  // namespace octet

#endif  // OCTET_IMPORTERS_TFLITE_TFLITE_TENSOR_H_
