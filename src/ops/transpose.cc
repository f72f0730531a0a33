// SPDX-License-Identifier: Apache-2.0
#include "ops/transpose.h"

#include "ops/copy.h"

namespace octet {
namespace {

Result<std::vector<TensorType>> infer_transpose(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& perm = node.as<TransposeAttrs>().perm;
  const Tensor& src = *inputs[0];
  const std::size_t rank = src.shape.size();
  std::vector<bool> taken(rank, false);
  Shape shape;
  for (const std::int64_t from : perm) {
    if (from < 0 || static_cast<std::size_t>(from) >= rank || taken[static_cast<std::size_t>(from)]) break;
    taken[static_cast<std::size_t>(from)] = true;
    shape.push_back(src.shape[static_cast<std::size_t>(from)]);
  }
  if (perm.size() != rank || shape.size() != rank)
    return shape_error("perm [{}] is not a permutation of the {} dimensions of '{}'", fmt::join(perm, ", "), rank, src.name);
  return single_type(src.type, std::move(shape));
}

Result<void> reference_transpose(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const ConstView& src = inputs[0];
  OCTET_RETURN_IF_ERROR(expect_same_quant(src, outputs[0]));
  const Strides dense = dense_strides(*src.shape);
  Strides strides;
  for (const std::int64_t from : node.as<TransposeAttrs>().perm) strides.push_back(dense[static_cast<std::size_t>(from)]);
  copy_strided(*outputs[0].shape, data_type_size(src.type), static_cast<const std::byte*>(src.data), strides,
               static_cast<std::byte*>(outputs[0].data), dense_strides(*outputs[0].shape));
  return {};
}

}  // namespace

const Op kTranspose = define_op<TransposeAttrs>("transpose", {1, 1}, infer_transpose, reference_transpose);

}  // namespace octet
