// SPDX-License-Identifier: Apache-2.0
// Weights that a `.ms` file holds packed. The table of encodings is in ms_weights.cc.
#ifndef OCTET_IMPORTERS_MS_MS_WEIGHTS_H_
#define OCTET_IMPORTERS_MS_MS_WEIGHTS_H_

#include <vector>

#include "base/error.h"
#include "ir/tensor.h"
#include "msl2/msl2_generated.h"

namespace octet {

bool is_ms_packed(const msl2::Tensor& tensor);

// The elements, as bytes of `type`. `quant` (null: none) are the tensor's parameters. Memory for the elements is the caller's
// to bound. Error: kInvalidModel if the data is not that many elements in the encoding, kUnsupported for encodings that Octet
// does not read.
Result<std::vector<std::byte>> unpack_ms_weights(const msl2::Tensor& tensor, DataType type, const Shape& shape,
                                                 const QuantParams* quant);

}  // namespace octet

#endif  // OCTET_IMPORTERS_MS_MS_WEIGHTS_H_
