// SPDX-License-Identifier: Apache-2.0
// The deploy form of Huawei's tools: what exporters/onnx/ascend.h writes, and AMCT.
#ifndef OCTET_IMPORTERS_ONNX_ASCEND_H_
#define OCTET_IMPORTERS_ONNX_ASCEND_H_

#include "importers/onnx/onnx.pb.h"
#include "octet/result.h"

namespace octet {

// AscendQuant, AscendDequant and AscendAntiQuant as QuantizeLinear and DequantizeLinear: a layer on integers becomes one on
// dequantized values, its weights and bias behind DequantizeLinear, with
//   weights_scale[k] = d[k] / src_scale,  bias scale = d[k]
// A graph without these nodes stays as it is. Error: kInvalidModel or kUnsupported, with the node, for anything else between
// AscendQuant and AscendDequant than Conv, Gemm (transB 1), or MatMul, the last with an Add behind it or not.
Result<void> lower_ascend_nodes(onnx::GraphProto& graph);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_ASCEND_H_
