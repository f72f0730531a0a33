// SPDX-License-Identifier: Apache-2.0
// Tensors of TensorFlow's formats. float16 becomes float32.
#ifndef OCTET_IMPORTERS_TENSORFLOW_TF_TENSOR_H_
#define OCTET_IMPORTERS_TENSORFLOW_TF_TENSOR_H_

#include <span>
#include <string>

#include "importers/copy_budget.h"
#include "importers/tensorflow/tensorflow.pb.h"
#include "ir/tensor.h"

namespace octet {

// TensorFlow's number of a type. float16 is kFloat16 here. Error: kUnsupported naming it.
Result<DataType> tf_data_type(int dtype);
// The same for what the graph computes with: float32 in place of float16.
Result<DataType> tf_computed_type(int dtype);

// A fixed shape. Error: kInvalidModel.
Result<Shape> tf_fixed_shape(const tensorflow::TensorShapeProto& shape);

// Dense little-endian elements. Error: kInvalidModel if there are too many or too few.
Result<Tensor> tf_tensor_of_bytes(int dtype, const tensorflow::TensorShapeProto& shape,
                                  std::span<const std::byte> bytes, std::string name);
Result<Tensor> tf_tensor(const tensorflow::TensorProto& tensor, std::string name, CopyBudget& budget);

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_TF_TENSOR_H_
