// SPDX-License-Identifier: Apache-2.0
// One function per operator of MindSpore (or family), each in the file of its family.
#ifndef OCTET_IMPORTERS_MINDIR_HANDLERS_H_
#define OCTET_IMPORTERS_MINDIR_HANDLERS_H_

#include <span>
#include <string_view>

#include "importers/mindir/mindir_node.h"

namespace octet {

using MindirHandler = Result<void> (*)(MindirNode& node);

struct MindirOperator {
  std::string_view type;
  MindirHandler import;
};

std::span<const MindirOperator> mindir_operators();
// Null if there is none.
MindirHandler find_mindir_operator(std::string_view type);

// values.cc: what only passes values on
Result<void> import_mindir_first(MindirNode& node);
Result<void> import_mindir_nothing(MindirNode& node);
Result<void> import_mindir_make_tuple(MindirNode& node);
Result<void> import_mindir_tuple_get_item(MindirNode& node);

// layers.cc
Result<void> import_mindir_conv2d(MindirNode& node);
Result<void> import_mindir_matmul(MindirNode& node);
Result<void> import_mindir_dense(MindirNode& node);
Result<void> import_mindir_bias_add(MindirNode& node);
Result<void> import_mindir_batch_norm(MindirNode& node);
Result<void> import_mindir_layer_norm(MindirNode& node);
Result<void> import_mindir_pool(MindirNode& node, const Op& op);
Result<void> import_mindir_softmax(MindirNode& node, const Op& op);

// elementwise.cc
Result<void> import_mindir_unary(MindirNode& node, const Op& op);
Result<void> import_mindir_gelu(MindirNode& node);
Result<void> import_mindir_hsigmoid(MindirNode& node);
Result<void> import_mindir_binary(MindirNode& node, const Op& op);
Result<void> import_mindir_logic(MindirNode& node, const Op& op);
Result<void> import_mindir_not_equal(MindirNode& node);
Result<void> import_mindir_rsqrt(MindirNode& node);
Result<void> import_mindir_square(MindirNode& node);
Result<void> import_mindir_squared_difference(MindirNode& node);
Result<void> import_mindir_select(MindirNode& node);
Result<void> import_mindir_prelu(MindirNode& node);
Result<void> import_mindir_cast(MindirNode& node);
Result<void> import_mindir_reduce(MindirNode& node, const Op& op);

// movement.cc
Result<void> import_mindir_reshape(MindirNode& node);
Result<void> import_mindir_flatten(MindirNode& node);
Result<void> import_mindir_transpose(MindirNode& node);
Result<void> import_mindir_squeeze(MindirNode& node);
Result<void> import_mindir_expand_dims(MindirNode& node);
Result<void> import_mindir_concat(MindirNode& node);
Result<void> import_mindir_gather(MindirNode& node);
Result<void> import_mindir_strided_slice(MindirNode& node);
Result<void> import_mindir_slice(MindirNode& node);
Result<void> import_mindir_split(MindirNode& node);
Result<void> import_mindir_tile(MindirNode& node);
Result<void> import_mindir_pad(MindirNode& node);
Result<void> import_mindir_broadcast_to(MindirNode& node);

}  // namespace octet

#endif  // OCTET_IMPORTERS_MINDIR_HANDLERS_H_
