// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "importers/caffe/handlers.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace octet {
namespace {

// `axis`, or its older name if the file uses that.
template <typename Param>
Result<std::size_t> axis_or_dim(const CaffeLayer& layer, const Param& param, std::string_view dim_name, bool has_dim,
                                std::uint32_t dim, std::size_t rank) {
  if (has_dim && param.has_axis())
    return layer.error(ErrorCode::kInvalidModel, "has both axis and {}, its older name; keep axis", dim_name);
  if (has_dim) return layer.axis(dim_name, dim, rank);
  return layer.axis("axis", param.axis(), rank);
}

Result<void> add_reshape(const CaffeLayer& layer, CaffeGraph& graph, Shape shape) {
  return graph.add(layer, kReshape, ReshapeAttrs{.shape = std::move(shape)}, layer.bottoms());
}

}  // namespace

Result<void> import_concat(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ConcatParameter& param = layer.param().concat_param();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, axis_or_dim(layer, param, "concat_dim", param.has_concat_dim(),
                                                             param.concat_dim(), graph.src_shape(layer).size()));
  return graph.add(layer, kConcat, ConcatAttrs{.axis = static_cast<std::int64_t>(axis)}, layer.bottoms());
}

// Cut at the given points, or into parts of one size.
Result<void> import_slice(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::SliceParameter& param = layer.param().slice_param();
  const Shape src = graph.src_shape(layer);
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis,
                         axis_or_dim(layer, param, "slice_dim", param.has_slice_dim(), param.slice_dim(), src.size()));
  const std::int64_t length = src[axis];
  const auto num_tops = static_cast<std::int64_t>(layer.num_tops());
  SplitAttrs attrs{.axis = static_cast<std::int64_t>(axis), .sizes = {}};
  if (param.slice_point().empty()) {
    if (length % num_tops != 0)
      return layer.error(ErrorCode::kInvalidModel, "{} tops do not divide dimension {} of {}", num_tops, axis, length);
    attrs.sizes.assign(layer.num_tops(), length / num_tops);
    return graph.add_multi(layer, kSplit, attrs, layer.bottoms());
  }
  if (param.slice_point_size() != num_tops - 1) {
    return layer.error(ErrorCode::kInvalidModel, "has {} slice_point for {} tops, expected {}",
                       param.slice_point_size(), num_tops, num_tops - 1);
  }
  std::int64_t begin = 0;
  for (const std::int64_t point : param.slice_point()) {
    if (point <= begin || point >= length) {
      return layer.error(ErrorCode::kInvalidModel, "slice_point [{}] must rise, between 0 and dimension {} of {}",
                         fmt::join(param.slice_point(), ", "), axis, length);
    }
    attrs.sizes.push_back(point - begin);
    begin = point;
  }
  attrs.sizes.push_back(length - begin);
  return graph.add_multi(layer, kSplit, attrs, layer.bottoms());
}

Result<void> import_split(const CaffeLayer& layer, CaffeGraph& graph) {
  for (std::size_t i = 0; i < layer.num_tops(); ++i)
    OCTET_RETURN_IF_ERROR(graph.add(layer, kIdentity, NoAttrs{}, layer.bottoms(), i));
  return {};
}

// Dimensions axis to end_axis become one.
Result<void> import_flatten(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::FlattenParameter& param = layer.param().flatten_param();
  const Shape src = graph.src_shape(layer);
  OCTET_ASSIGN_OR_RETURN(const std::size_t begin, layer.axis("axis", param.axis(), src.size()));
  OCTET_ASSIGN_OR_RETURN(const std::size_t end, layer.axis("end_axis", param.end_axis(), src.size()));
  if (begin > end)
    return layer.error(ErrorCode::kInvalidModel, "axis = {} lies behind end_axis = {}", param.axis(), param.end_axis());
  if (begin == 1 && end + 1 == src.size()) return graph.add(layer, kFlatten, FlattenAttrs{.axis = 1}, layer.bottoms());
  Shape shape(src.begin(), src.begin() + static_cast<std::ptrdiff_t>(begin));
  shape.push_back(-1);
  shape.insert(shape.end(), src.begin() + static_cast<std::ptrdiff_t>(end) + 1, src.end());
  return add_reshape(layer, graph, std::move(shape));
}

// Dimensions axis to axis + num_axes (-1: all that follow) are replaced by those of `shape`, where 0 keeps a dimension
// and one -1 stands for what is left. A negative axis counts from behind the last dimension.
Result<void> import_reshape(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ReshapeParameter& param = layer.param().reshape_param();
  const Shape src = graph.src_shape(layer);
  const auto rank = static_cast<std::int64_t>(src.size());
  const std::int64_t begin = param.axis() >= 0 ? param.axis() : rank + param.axis() + 1;
  if (begin < 0 || begin > rank || param.num_axes() < -1 ||
      (param.num_axes() >= 0 && param.num_axes() > rank - begin)) {
    return layer.error(ErrorCode::kInvalidModel, "axis = {} and num_axes = {} do not fit an input of {} dimensions",
                       param.axis(), param.num_axes(), rank);
  }
  const std::int64_t end = param.num_axes() == -1 ? rank : begin + param.num_axes();
  Shape shape(src.begin(), src.begin() + begin);
  for (const std::int64_t d : param.shape().dim()) {
    const std::size_t position = shape.size();
    if (d == 0 && position >= src.size())
      return layer.error(ErrorCode::kInvalidModel, "dimension {} is 0, but the input has {} dimensions to keep",
                         position, rank);
    if (d < -1) return layer.error(ErrorCode::kInvalidModel, "dimension {} is {}, expected -1 or more", position, d);
    shape.push_back(d == 0 ? src[position] : d);
  }
  shape.insert(shape.end(), src.begin() + end, src.end());
  if (std::count(shape.begin(), shape.end(), -1) > 1)
    return layer.error(ErrorCode::kInvalidModel, "has several dimensions of -1, expected one at most");
  return add_reshape(layer, graph, std::move(shape));
}

// Dimension i of the top is dimension order[i] of the bottom; those that `order` leaves out follow as they are.
Result<void> import_permute(const CaffeLayer& layer, CaffeGraph& graph) {
  const std::size_t rank = graph.src_shape(layer).size();
  const auto& order = layer.param().permute_param().order();
  std::vector<std::int64_t> perm(order.begin(), order.end());
  std::vector<bool> named(rank, false);
  for (const std::int64_t d : perm) {
    if (d >= static_cast<std::int64_t>(rank) || named[static_cast<std::size_t>(d)]) {
      return layer.error(ErrorCode::kInvalidModel, "order [{}] must name dimensions 0 to {}, each once",
                         fmt::join(order, ", "), static_cast<std::int64_t>(rank) - 1);
    }
    named[static_cast<std::size_t>(d)] = true;
  }
  for (std::size_t d = 0; d < rank; ++d)
    if (!named[d]) perm.push_back(static_cast<std::int64_t>(d));
  return graph.add(layer, kTranspose, TransposeAttrs{.perm = perm}, layer.bottoms());
}

// From dimension `axis` on the top has the sizes of the second bottom, beginning at `offset`: one for all dimensions or
// one for each.
Result<void> import_crop(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::CropParameter& param = layer.param().crop_param();
  const Shape src = graph.src_shape(layer), size = graph.src_shape(layer, 1);
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, layer.axis("axis", param.axis(), src.size()));
  const auto num_offsets = static_cast<std::size_t>(param.offset_size());
  if (size.size() != src.size() || (num_offsets > 1 && num_offsets != src.size() - axis)) {
    return layer.error(ErrorCode::kInvalidModel, "has {} offsets and bottoms of {} and {} dimensions with axis = {}",
                       num_offsets, src.size(), size.size(), axis);
  }
  SliceAttrs attrs;
  for (std::size_t d = axis; d < src.size(); ++d) {
    const std::size_t i = num_offsets > 1 ? d - axis : 0;
    const std::int64_t offset = num_offsets == 0 ? 0 : param.offset(static_cast<int>(i));
    if (offset > src[d] - size[d]) {
      return layer.error(ErrorCode::kInvalidModel, "dimension {} of {} has no {} elements from offset {} on", d, src[d],
                         size[d], offset);
    }
    attrs.starts.push_back(offset);
    attrs.ends.push_back(offset + size[d]);
    attrs.axes.push_back(static_cast<std::int64_t>(d));
    attrs.steps.push_back(1);
  }
  return graph.add(layer, kSlice, attrs, {layer.bottoms()[0]});
}

Result<void> import_tile(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::TileParameter& param = layer.param().tile_param();
  const std::size_t rank = graph.src_shape(layer).size();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, layer.axis("axis", param.axis(), rank));
  if (param.tiles() < 1) return layer.error(ErrorCode::kInvalidModel, "tiles = {}, expected 1 or more", param.tiles());
  TileAttrs attrs{.repeats = std::vector<std::int64_t>(rank, 1)};
  attrs.repeats[axis] = param.tiles();
  return graph.add(layer, kTile, attrs, layer.bottoms());
}

// Channel g * n + i of `group` groups of n becomes channel i * group + g (ShuffleNet, arXiv:1707.01083).
Result<void> import_shuffle_channel(const CaffeLayer& layer, CaffeGraph& graph) {
  const Shape src = graph.src_shape(layer);
  const std::int64_t group = layer.param().shuffle_channel_param().group();
  if (src.size() != 4 || group < 1 || src[1] % group != 0) {
    return layer.error(ErrorCode::kInvalidModel,
                       "group = {} must divide the channels of an image [N, C, H, W], got [{}]", group,
                       fmt::join(src, ", "));
  }
  const ReshapeAttrs to_groups{.shape = {src[0], group, src[1] / group, src[2], src[3]}};
  OCTET_ASSIGN_OR_RETURN(TensorId id, graph.add_inner(layer, "groups", kReshape, to_groups, layer.bottoms()));
  OCTET_ASSIGN_OR_RETURN(id,
                         graph.add_inner(layer, "shuffled", kTranspose, TransposeAttrs{.perm = {0, 2, 1, 3, 4}}, {id}));
  return graph.add(layer, kReshape, ReshapeAttrs{.shape = src}, {id});
}

}  // namespace octet
