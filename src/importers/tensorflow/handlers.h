// SPDX-License-Identifier: Apache-2.0
// One function per operator of TensorFlow (or family), each in the file of its family. A handler makes all the node's
// outputs that it can; one that it does not make is an error as soon as somebody reads it.
#ifndef OCTET_IMPORTERS_TENSORFLOW_HANDLERS_H_
#define OCTET_IMPORTERS_TENSORFLOW_HANDLERS_H_

#include <span>
#include <string_view>

#include "importers/tensorflow/tf_node.h"

namespace octet {

using TfHandler = Result<void> (*)(TfNode& node);

struct TfOperator {
  std::string_view type;
  TfHandler import;
};

std::span<const TfOperator> tf_operators();
// Null if there is none.
TfHandler find_tf_operator(std::string_view type);

// layers.cc
Result<void> import_tf_conv2d(TfNode& node);
Result<void> import_tf_depthwise_conv2d(TfNode& node);
Result<void> import_tf_conv2d_backprop_input(TfNode& node);
Result<void> import_tf_matmul(TfNode& node);
Result<void> import_tf_batch_matmul(TfNode& node);
Result<void> import_tf_pool(TfNode& node, const Op& op);
Result<void> import_tf_bias_add(TfNode& node);
Result<void> import_tf_fused_batch_norm(TfNode& node);
Result<void> import_tf_lrn(TfNode& node);

// elementwise.cc
Result<void> import_tf_identity(TfNode& node);
Result<void> import_tf_unary(TfNode& node, const Op& op);
Result<void> import_tf_leaky_relu(TfNode& node);
Result<void> import_tf_elu(TfNode& node);
Result<void> import_tf_binary(TfNode& node, const Op& op);
Result<void> import_tf_logic(TfNode& node, const Op& op);  // comparisons too
Result<void> import_tf_cast(TfNode& node);
template <auto lower>
Result<void> import_tf_lowered_1(TfNode& node);
template <auto lower>
Result<void> import_tf_lowered_2(TfNode& node);
Result<void> import_tf_add_n(TfNode& node);
Result<void> import_tf_select(TfNode& node);
Result<void> import_tf_softmax(TfNode& node);
Result<void> import_tf_log_softmax(TfNode& node);
Result<void> import_tf_reduce(TfNode& node, const Op& op);
Result<void> import_tf_arg_max(TfNode& node);
Result<void> import_tf_arg_min(TfNode& node);
Result<void> import_tf_resize(TfNode& node, ResizeMode mode);

// movement.cc
Result<void> import_tf_reshape(TfNode& node);
Result<void> import_tf_squeeze(TfNode& node);
Result<void> import_tf_expand_dims(TfNode& node);
Result<void> import_tf_transpose(TfNode& node);
Result<void> import_tf_concat(TfNode& node);
Result<void> import_tf_concat_v2(TfNode& node);
Result<void> import_tf_pad(TfNode& node);
Result<void> import_tf_mirror_pad(TfNode& node);
Result<void> import_tf_strided_slice(TfNode& node);
Result<void> import_tf_slice(TfNode& node);
Result<void> import_tf_split(TfNode& node);
Result<void> import_tf_split_v(TfNode& node);
Result<void> import_tf_pack(TfNode& node);
Result<void> import_tf_unpack(TfNode& node);
Result<void> import_tf_gather(TfNode& node);
Result<void> import_tf_tile(TfNode& node);
Result<void> import_tf_fill(TfNode& node);
Result<void> import_tf_range(TfNode& node);
Result<void> import_tf_shape(TfNode& node);
Result<void> import_tf_rank(TfNode& node);
Result<void> import_tf_broadcast_to(TfNode& node);
Result<void> import_tf_space_to_depth(TfNode& node);
Result<void> import_tf_depth_to_space(TfNode& node);

template <auto lower>
Result<void> import_tf_lowered_1(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId src, node.input(0));
  return lower(node, src);
}
template <auto lower>
Result<void> import_tf_lowered_2(TfNode& node) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1));
  return lower(node, a, b);
}

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_HANDLERS_H_
