// SPDX-License-Identifier: Apache-2.0
// Dynamic quantization: weights of matrix products become int8 here, the activations that meet them while the model runs.
// No samples are needed. Everything else stays float.
#ifndef OCTET_QUANTIZERS_DYNAMIC_DYNAMIC_QUANTIZER_H_
#define OCTET_QUANTIZERS_DYNAMIC_DYNAMIC_QUANTIZER_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet {

struct DynamicQuantOptions {
  bool activations_per_row = true;  // a scale for each row of an activation; false: one for the whole tensor
  bool weights_per_channel = true;
  bool share_scales = true;         // scales of weights are rounded up to ones that channels share: smaller files
  bool recurrent = true;            // LSTM, GRU and RNN, too
  bool original_reads = true;       // their weights have scales per direction, as MindSpore Lite's runtime takes them; false: per row
  bool two_activations = false;     // also products of two activations, with one asymmetric scale each
  bool share_casts = true;          // an activation is quantized once for all its readers; false: as the original, for each
  std::vector<std::string> skip_nodes;  // stay float
  std::vector<std::string> skip_ops;    // operators (by name) that stay float
};

// Why a product stays float.
struct FloatProduct {
  std::string node, op, reason;
};

struct DynamicQuantResult {
  Graph graph;
  std::size_t num_quantized_nodes = 0;
  std::vector<FloatProduct> float_products;  // in order; operators that dynamic quantization never touches are not named
};

// Quantizes fully connected layers, recurrent layers (rows of both matrices, rows of activations symmetric), tables of embeddings (per row, read as floats) and, if asked, products of two activations of a
// float graph that the passes have run on.
// Activations that a function has made one-sided (GELU, ReLU, sigmoid, softmax, ...) get a zero point of their own, others are
// symmetric: that uses all steps, and suits the products of bytes that processors have.
// Error: kNotFound if a name of skip_nodes is no node, kInvalidModel for weights that are not finite.
Result<DynamicQuantResult> quantize_dynamic(const Graph& graph, const DynamicQuantOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_DYNAMIC_DYNAMIC_QUANTIZER_H_
