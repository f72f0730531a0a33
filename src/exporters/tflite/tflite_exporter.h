// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_EXPORTERS_TFLITE_TFLITE_EXPORTER_H_
#define OCTET_EXPORTERS_TFLITE_TFLITE_EXPORTER_H_

#include <cstddef>
#include <vector>

#include "ir/graph.h"

namespace octet {

// The graph as the bytes of a `.tflite` file. The same graph gives the same bytes. The first dimension of tensors may
// be dynamic; images must be NHWC. Error: kUnsupported naming every node that the format (or LiteRT's kernels, in int8) cannot express,
// kInvalidArgument for another dynamic dimension or a file beyond 2 GB.
Result<std::vector<std::byte>> export_tflite(const Graph& graph);

}  // namespace octet

#endif  // OCTET_EXPORTERS_TFLITE_TFLITE_EXPORTER_H_
