// SPDX-License-Identifier: Apache-2.0
// The deploy form of Huawei's tools (AMCT writes it, ATC reads it): layers on integers between nodes of their own.
#ifndef OCTET_EXPORTERS_ONNX_ASCEND_H_
#define OCTET_EXPORTERS_ONNX_ASCEND_H_

#include "importers/onnx/onnx.pb.h"
#include "octet/result.h"

namespace octet {

// Rewrites a graph in QDQ form, as export_onnx() makes it:
//
//   x -> QuantizeLinear -> DequantizeLinear -> Conv(weights, bias behind DequantizeLinear) -> y       becomes
//   x -> AscendQuant -> Conv(int8 weights, int32 bias) -> AscendDequant -> y
//
//   AscendQuant       q = clamp(round(x * scale) + offset, -128, 127); attributes scale (1 / ours), offset, dst_type "INT8"
//   AscendDequant     y[k] = acc[k] * d[k]; input 1 is u64 [channels]: the bits of the float32 d[k] = src_scale * weights_scale[k]
//   AscendAntiQuant   x = (q + offset) * scale, for whoever reads quantized values as floats
//
// Layers are Conv, Gemm, and MatMul with the Add of a bias behind it; they have constant weights without zero points. Other
// operators compute in float on what AscendAntiQuant gives.
// Error: kUnsupported for a layer whose input has a zero point (the accumulator would need it taken off).
Result<void> make_ascend_nodes(onnx::GraphProto& graph);

}  // namespace octet

#endif  // OCTET_EXPORTERS_ONNX_ASCEND_H_
