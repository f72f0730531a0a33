// SPDX-License-Identifier: Apache-2.0
// The passes; each is described at its definition.
#ifndef OCTET_PASSES_PASSES_H_
#define OCTET_PASSES_PASSES_H_

#include "passes/pass.h"

namespace octet {

Result<PassStats> remove_identity(Graph& graph);
Result<PassStats> fold_constants(Graph& graph);
Result<PassStats> resolve_dynamic_operators(Graph& graph);
Result<PassStats> fold_qdq(Graph& graph);
Result<PassStats> fold_batch_norm(Graph& graph);
Result<PassStats> fold_scale(Graph& graph);
Result<PassStats> fold_pad(Graph& graph);
Result<PassStats> expose_counted_padding(Graph& graph);
Result<PassStats> convert_conv_transpose(Graph& graph);
Result<PassStats> convert_matmul(Graph& graph);
Result<PassStats> convert_resize_nd(Graph& graph);
Result<PassStats> sink_squeezes(Graph& graph);
Result<PassStats> convert_layout(Graph& graph);
Result<PassStats> convert_reduce_mean(Graph& graph);
Result<PassStats> convert_scale(Graph& graph);
Result<PassStats> cancel_transposes(Graph& graph);
Result<PassStats> merge_reshapes(Graph& graph);
Result<PassStats> fuse_activation(Graph& graph);
Result<PassStats> fuse_attention(Graph& graph);
Result<PassStats> fuse_dynamic_activation(Graph& graph);
Result<PassStats> fuse_gelu(Graph& graph);
Result<PassStats> fuse_layer_norm(Graph& graph);
Result<PassStats> remove_dead(Graph& graph);

// Not in the table: for writing files of formats whose images are NCHW.
Result<PassStats> convert_layout_to_nchw(Graph& graph);

// Not in the table: for export_precision_mode=FLOAT32.
Result<PassStats> dequantize_graph(Graph& graph);

}  // namespace octet

#endif  // OCTET_PASSES_PASSES_H_
