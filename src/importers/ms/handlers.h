// SPDX-License-Identifier: Apache-2.0
// One function per operator of the format (or family), each in the file of its family. A handler adds what computes the
// node's outputs; a result that it does not make is an error as soon as somebody reads it.
#ifndef OCTET_IMPORTERS_MS_HANDLERS_H_
#define OCTET_IMPORTERS_MS_HANDLERS_H_

#include "importers/ms/ms_graph.h"

namespace octet {

using MsHandler = Result<void> (*)(const MsNode& node, MsGraph& graph);

struct MsOperator {
  msl2::PrimitiveType type;
  MsHandler import;
};

// Null if there is none.
const MsOperator* find_ms_operator(msl2::PrimitiveType type);

// layers.cc
Result<void> import_ms_conv2d(const MsNode& node, MsGraph& graph);
Result<void> import_ms_max_pool(const MsNode& node, MsGraph& graph);
Result<void> import_ms_avg_pool(const MsNode& node, MsGraph& graph);
Result<void> import_ms_full_connection(const MsNode& node, MsGraph& graph);
Result<void> import_ms_matmul(const MsNode& node, MsGraph& graph);

// A constant [K, N] as [N, K]; the channels of its quantization parameters move with it.
Result<TensorId> transposed_ms_weights(const MsNode& node, MsGraph& graph, TensorId weights);

// dynamic.cc
Result<void> import_ms_dynamic_quant(const MsNode& node, MsGraph& graph);
Result<void> import_ms_dynamic_matmul(const MsNode& node, MsGraph& graph);  // for import_ms_matmul
// A product whose first operand (int8, with parameters in the file) is not what its float result is: import_ms_dynamic_matmul() takes it.
bool gives_floats_of_integers(const MsNode& node, MsGraph& graph, TensorId src);

// recurrent.cc
Result<void> import_ms_lstm(const MsNode& node, MsGraph& graph);
Result<void> import_ms_gru(const MsNode& node, MsGraph& graph);

// normalization.cc
Result<void> import_ms_batch_norm(const MsNode& node, MsGraph& graph);
Result<void> import_ms_fused_batch_norm(const MsNode& node, MsGraph& graph);
Result<void> import_ms_instance_norm(const MsNode& node, MsGraph& graph);
Result<void> import_ms_layer_norm(const MsNode& node, MsGraph& graph);
Result<void> import_ms_lrn(const MsNode& node, MsGraph& graph);
Result<void> import_ms_scale(const MsNode& node, MsGraph& graph);
Result<void> import_ms_softmax(const MsNode& node, MsGraph& graph);
Result<void> import_ms_log_softmax(const MsNode& node, MsGraph& graph);

// activations.cc
Result<void> import_ms_activation(const MsNode& node, MsGraph& graph);
Result<void> import_ms_clip(const MsNode& node, MsGraph& graph);
Result<void> import_ms_elu(const MsNode& node, MsGraph& graph);
Result<void> import_ms_leaky_relu(const MsNode& node, MsGraph& graph);
Result<void> import_ms_prelu(const MsNode& node, MsGraph& graph);

// elementwise.cc
Result<void> import_ms_unary(const MsNode& node, MsGraph& graph, const Op& op);
Result<void> import_ms_binary(const MsNode& node, MsGraph& graph, const Op& op);  // without a fused activation
Result<void> import_ms_logic(const MsNode& node, MsGraph& graph, const Op& op);   // comparisons too
Result<void> import_ms_fused_binary(const MsNode& node, MsGraph& graph, const Op& op, msl2::ActivationType activation);
Result<void> import_ms_eltwise(const MsNode& node, MsGraph& graph);
Result<void> import_ms_add_n(const MsNode& node, MsGraph& graph);
Result<void> import_ms_not_equal(const MsNode& node, MsGraph& graph);
Result<void> import_ms_pow(const MsNode& node, MsGraph& graph);
Result<void> import_ms_exp(const MsNode& node, MsGraph& graph);
Result<void> import_ms_rsqrt(const MsNode& node, MsGraph& graph);
Result<void> import_ms_square(const MsNode& node, MsGraph& graph);
Result<void> import_ms_squared_difference(const MsNode& node, MsGraph& graph);
Result<void> import_ms_where(const MsNode& node, MsGraph& graph);
Result<void> import_ms_cast(const MsNode& node, MsGraph& graph);
Result<void> import_ms_quant_cast(const MsNode& node, MsGraph& graph);

// movement.cc
Result<void> import_ms_concat(const MsNode& node, MsGraph& graph);
Result<void> import_ms_split(const MsNode& node, MsGraph& graph);
Result<void> import_ms_reshape(const MsNode& node, MsGraph& graph);
Result<void> import_ms_flatten(const MsNode& node, MsGraph& graph);
Result<void> import_ms_squeeze(const MsNode& node, MsGraph& graph);
Result<void> import_ms_unsqueeze(const MsNode& node, MsGraph& graph);
Result<void> import_ms_expand_dims(const MsNode& node, MsGraph& graph);
Result<void> import_ms_transpose(const MsNode& node, MsGraph& graph);
Result<void> import_ms_pad(const MsNode& node, MsGraph& graph);
Result<void> import_ms_gather(const MsNode& node, MsGraph& graph);
Result<void> import_ms_broadcast_to(const MsNode& node, MsGraph& graph);
Result<void> import_ms_tile(const MsNode& node, MsGraph& graph);
Result<void> import_ms_shape(const MsNode& node, MsGraph& graph);

// slices.cc
Result<void> import_ms_strided_slice(const MsNode& node, MsGraph& graph);
Result<void> import_ms_slice(const MsNode& node, MsGraph& graph);

// reductions.cc
Result<void> import_ms_reduce(const MsNode& node, MsGraph& graph);
Result<void> import_ms_arg_max(const MsNode& node, MsGraph& graph);

// index.cc
Result<void> import_ms_gather_d(const MsNode& node, MsGraph& graph);
Result<void> import_ms_gather_nd(const MsNode& node, MsGraph& graph);
Result<void> import_ms_scatter_elements(const MsNode& node, MsGraph& graph);
Result<void> import_ms_scatter_nd_update(const MsNode& node, MsGraph& graph);
Result<void> import_ms_top_k(const MsNode& node, MsGraph& graph);
Result<void> import_ms_cum_sum(const MsNode& node, MsGraph& graph);
Result<void> import_ms_reverse_sequence(const MsNode& node, MsGraph& graph);
Result<void> import_ms_arg_min(const MsNode& node, MsGraph& graph);
Result<void> import_ms_size(const MsNode& node, MsGraph& graph);

// resize.cc
Result<void> import_ms_resize(const MsNode& node, MsGraph& graph);

}  // namespace octet

#endif  // OCTET_IMPORTERS_MS_HANDLERS_H_
