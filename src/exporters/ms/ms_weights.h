// SPDX-License-Identifier: Apache-2.0
// How integer weights are stored: the smallest of the allowed encodings.
#ifndef OCTET_EXPORTERS_MS_MS_WEIGHTS_H_
#define OCTET_EXPORTERS_MS_MS_WEIGHTS_H_

#include "exporters/ms/ms_exporter.h"
#include "ir/tensor.h"
#include "msl2/msl2_generated.h"

namespace octet {

struct PackedWeights {
  msl2::WeightQuantCompressType type = msl2::WeightQuantCompressType::NONE;
  msl2::DataType data_type = msl2::DataType::Int8;
  SharedBytes data;
  bool has_params = true;  // false: the data holds the float weights' values
};

// `weights` is a constant of i8 or i16 with parameters.
// `while_running`: a node of the file dequantizes them.
PackedWeights pack_ms_weights(const Tensor& weights, const MsExportOptions& options, bool while_running);

}  // namespace octet

#endif  // OCTET_EXPORTERS_MS_MS_WEIGHTS_H_
