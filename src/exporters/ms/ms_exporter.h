// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_EXPORTERS_MS_MS_EXPORTER_H_
#define OCTET_EXPORTERS_MS_MS_EXPORTER_H_

#include <cstddef>
#include <vector>

#include "base/shared_bytes.h"
#include "ir/graph.h"

namespace octet {

// Where the model came from, as `.ms` files say it.
enum class SourceFormat { kTensorFlow, kCaffe, kOnnx, kMindir, kTflite, kMs };

struct MsExportOptions {
  bool encode = true;    // of weight-only quantized weights: the smallest encoding; false: plain
  bool fse = false;      // int16 weights with one scale are FSE, a table of float values without parameters, as the original has
                         // mixed bits
  bool fse_int = false;  // one of them is FSE_INT
  std::size_t fse_infer = 0;  // above 0: weights below 8 bits with one scale that are dequantized while running are FSE_INFER, a
                              // table of float values again, in so many segments
  bool octet_rans = false;  // one of them is Octet's own, which only Octet reads
};

// The graph as the bytes of a `.ms` file. The same graph gives the same bytes. Images must be NHWC. Dynamic dimensions
// are -1 in the file, which does not keep their names. Constants are let go as they are written, where nobody else holds the graph.
// Error: kUnsupported naming every node that the format (or MindSpore Lite's runtime) cannot express, kInvalidArgument if
// the file would pass 2 GB.
Result<SharedBytes> export_ms(Graph graph, SourceFormat source, const MsExportOptions& options = {});

// What a node is called in a file, and the constants that the format adds to its inputs (shapes, permutations, axes).
// A node that cannot be stored has its operator's own name.
struct MsNodeForm {
  std::string type;  // "Conv2DFusion"
  std::vector<Tensor> added_inputs;
};
MsNodeForm ms_node_form(const Graph& graph, const Node& node);

}  // namespace octet

#endif  // OCTET_EXPORTERS_MS_MS_EXPORTER_H_
