// SPDX-License-Identifier: Apache-2.0
// The borders between real numbers and integers. Parameters are those of the quantized tensor (Tensor::quant).
//   quantize:   dst = clamp(round_half_even(src / scale) + zero_point), src float32, or int8 with other parameters
//   dequantize: dst = scale * (src - zero_point) [* var_correction + mean_correction], dst float32
#ifndef OCTET_OPS_QUANTIZE_H_
#define OCTET_OPS_QUANTIZE_H_

#include "ops/define.h"

namespace octet {

struct QuantizeAttrs {
  DataType to = DataType::kInt8;
  void visit(AttrVisitor& v);
};

// A constant src is weights that are stored as integers: they are dequantized once, when the model is loaded, or stay
// integers in memory and are dequantized inside the layer that reads them.
struct DequantizeAttrs {
  bool at_load = false;
  void visit(AttrVisitor& v) { v.visit("at_load", at_load); }
};

extern const Op kQuantize, kDequantize;

}  // namespace octet

#endif  // OCTET_OPS_QUANTIZE_H_
