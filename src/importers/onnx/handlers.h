// SPDX-License-Identifier: Apache-2.0
// One function per ONNX operator (or family), each in the file of its family. A handler adds what computes the node's
// outputs; a result that it does not make is an error as soon as somebody reads it.
#ifndef OCTET_IMPORTERS_ONNX_HANDLERS_H_
#define OCTET_IMPORTERS_ONNX_HANDLERS_H_

#include "importers/onnx/onnx_graph.h"

namespace octet {

using OnnxHandler = Result<void> (*)(const OnnxNode& node, OnnxGraph& graph);

struct OnnxOperator {
  std::string_view type;
  std::int64_t since_opset;
  OnnxHandler import;
};

// By type.
std::span<const OnnxOperator> all_onnx_operators();

// Null if there is none.
const OnnxOperator* find_onnx_operator(std::string_view type);

// attention.cc
Result<void> import_attention(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_rotary_embedding(const OnnxNode& node, OnnxGraph& graph);

// conv.cc
Result<void> import_conv(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_conv_transpose(const OnnxNode& node, OnnxGraph& graph);

// pool.cc
Result<void> import_max_pool(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_average_pool(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_lp_pool(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_max_unpool(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_global_average_pool(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_global_max_pool(const OnnxNode& node, OnnxGraph& graph);

// matmul.cc
Result<void> import_gemm(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_matmul(const OnnxNode& node, OnnxGraph& graph);

// quantize.cc
Result<void> import_quantize_linear(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_dequantize_linear(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_dynamic_quantize_linear(const OnnxNode& node, OnnxGraph& graph);

// integer_layers.cc
Result<void> import_q_linear_conv(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_matmul(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_conv_integer(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_matmul_integer(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_matmul_n_bits(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_gemm(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_add(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_concat(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_global_average_pool(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_leaky_relu(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_mul(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_q_linear_sigmoid(const OnnxNode& node, OnnxGraph& graph);

// normalization.cc
Result<void> import_batch_normalization(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_group_normalization(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_instance_normalization(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_rms_normalization(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_layer_normalization(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_lrn(const OnnxNode& node, OnnxGraph& graph);

// softmax.cc
Result<void> import_softmax(const OnnxNode& node, OnnxGraph& graph, const Op& op);  // and LogSoftmax, Hardmax

// activation.cc
Result<void> import_clip(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_elu(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_gelu(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_hard_sigmoid(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_leaky_relu(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_celu(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_selu(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_shrink(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_thresholded_relu(const OnnxNode& node, OnnxGraph& graph);

// elementwise.cc
Result<void> import_elementwise(const OnnxNode& node, OnnxGraph& graph, const Op& op);  // of one or two inputs
Result<void> import_variadic(const OnnxNode& node, OnnxGraph& graph, const Op& op);     // of any number
Result<void> import_bit_shift(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_bitwise_not(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_mean(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_mod(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_pow(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_where(const OnnxNode& node, OnnxGraph& graph);

// reduce.cc
Result<void> import_reduce(const OnnxNode& node, OnnxGraph& graph, const Op& op);
Result<void> import_arg_extreme(const OnnxNode& node, OnnxGraph& graph, const Op& op);
Result<void> import_mean_variance_normalization(const OnnxNode& node, OnnxGraph& graph);

// shape.cc
Result<void> import_depth_to_space(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_dropout(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_expand(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_flatten(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_reshape(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_space_to_depth(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_squeeze(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_transpose(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_unsqueeze(const OnnxNode& node, OnnxGraph& graph);

// slice.cc
Result<void> import_center_crop_pad(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_concat(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_gather(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_pad(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_slice(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_split(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_tile(const OnnxNode& node, OnnxGraph& graph);

// constant.cc
Result<void> import_cast(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_cast_like(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_constant(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_constant_of_shape(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_eye_like(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_one_hot(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_range(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_shape(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_size(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_trilu(const OnnxNode& node, OnnxGraph& graph);

// index.cc
Result<void> import_gather_elements(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_gather_nd(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_scatter_elements(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_scatter_nd(const OnnxNode& node, OnnxGraph& graph);

// select.cc
Result<void> import_col2im(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_compress(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_cum_sum(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_is_inf(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_non_max_suppression(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_non_zero(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_reverse_sequence(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_top_k(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_unique(const OnnxNode& node, OnnxGraph& graph);

// einsum.cc
Result<void> import_einsum(const OnnxNode& node, OnnxGraph& graph);

// control_flow.cc
Result<void> import_if(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_loop(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_scan(const OnnxNode& node, OnnxGraph& graph);

// recurrent.cc
Result<void> import_gru(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_lstm(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_rnn(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_tf_idf_vectorizer(const OnnxNode& node, OnnxGraph& graph);

// sampling.cc
Result<void> import_affine_grid(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_deform_conv(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_grid_sample(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_roi_align(const OnnxNode& node, OnnxGraph& graph);

// resize.cc
Result<void> import_resize(const OnnxNode& node, OnnxGraph& graph);
Result<void> import_upsample(const OnnxNode& node, OnnxGraph& graph);

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_HANDLERS_H_
