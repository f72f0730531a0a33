// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_EXPORTERS_ONNX_ONNX_EXPORTER_H_
#define OCTET_EXPORTERS_ONNX_ONNX_EXPORTER_H_

#include <cstddef>
#include <vector>

#include "ir/graph.h"

namespace octet {

struct OnnxExportOptions {
  std::int64_t opset = 13;    // 13 or 21
  bool ascend_nodes = false;  // integer layers between the nodes of ascend.h in place of QuantizeLinear and DequantizeLinear
};

// The graph as the bytes of an ONNX file. The same graph gives the same bytes. Images must be NCHW
// (convert_layout_to_nchw).
//
//   conv2d(x i8, weights i8, bias i32) -> y i8     becomes
//   Conv(DequantizeLinear(x), DequantizeLinear(weights), DequantizeLinear(bias)) -> [Relu] -> QuantizeLinear -> y
//
// Scales and zero points are the graph's; a bias has the scale src_scale * weights_scale[k].
// Error: kUnsupported naming every node that the format (in this opset) cannot express, kInvalidArgument for another
// opset and if the file would pass 2 GB.
Result<std::vector<std::byte>> export_onnx(const Graph& graph, const OnnxExportOptions& options = {});

}  // namespace octet

#endif  // OCTET_EXPORTERS_ONNX_ONNX_EXPORTER_H_
