// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include "importers/caffe/handlers.h"

namespace octet {
namespace {

// Size of one dimension after Interp: the given one, or shrunk and zoomed, where the first and last pixel stay.
Result<std::int64_t> interp_size(const CaffeLayer& layer, std::string_view field, std::int64_t given, std::int64_t in) {
  const caffe::InterpParameter& param = layer.param().interp_param();
  if (param.has_height() || param.has_width()) {
    if (given >= 1) return given;
    return layer.error(ErrorCode::kInvalidModel, "{} = {}, expected 1 or more", field, given);
  }
  std::int64_t size = in;
  if (param.has_shrink_factor()) {
    if (param.shrink_factor() < 1)
      return layer.error(ErrorCode::kInvalidModel, "shrink_factor = {}, expected 1 or more", param.shrink_factor());
    size = (size - 1) / param.shrink_factor() + 1;
  }
  if (param.has_zoom_factor()) {
    if (param.zoom_factor() < 1)
      return layer.error(ErrorCode::kInvalidModel, "zoom_factor = {}, expected 1 or more", param.zoom_factor());
    size += (size - 1) * (param.zoom_factor() - 1);
  }
  return size;
}

Result<void> expect_image_bottom(const CaffeLayer& layer, const CaffeGraph& graph) {
  if (graph.src_shape(layer).size() == 4) return {};
  return layer.error(ErrorCode::kInvalidModel, "its input has shape [{}], expected [N, C, H, W]",
                     fmt::join(graph.src_shape(layer), ", "));
}

}  // namespace

// Linear interpolation with corners aligned (DeepLab, https://bitbucket.org/aquariusjay/deeplab-public-ver2).
Result<void> import_interp(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::InterpParameter& param = layer.param().interp_param();
  OCTET_RETURN_IF_ERROR(expect_image_bottom(layer, graph));
  if (param.pad_beg() != 0 || param.pad_end() != 0) {
    return layer.error(ErrorCode::kUnsupported, "pad_beg = {} and pad_end = {}, Octet has 0 only", param.pad_beg(),
                       param.pad_end());
  }
  const Shape src = graph.src_shape(layer);
  ResizeAttrs attrs{
      .mode = ResizeMode::kLinear, .coordinate_mode = CoordinateMode::kAlignCorners, .layout = Layout::kNchw};
  OCTET_ASSIGN_OR_RETURN(attrs.size[0], interp_size(layer, "height", param.height(), src[2]));
  OCTET_ASSIGN_OR_RETURN(attrs.size[1], interp_size(layer, "width", param.width(), src[3]));
  return graph.add(layer, kResize, attrs, layer.bottoms());
}

// Repeats each pixel `scale` times in both directions.
Result<void> import_upsample(const CaffeLayer& layer, CaffeGraph& graph) {
  const std::int64_t scale = layer.param().upsample_param().scale();
  OCTET_RETURN_IF_ERROR(expect_image_bottom(layer, graph));
  if (scale < 1) return layer.error(ErrorCode::kInvalidModel, "scale = {}, expected 1 or more", scale);
  const Shape src = graph.src_shape(layer);
  const ResizeAttrs attrs{.size = {src[2] * scale, src[3] * scale},
                          .mode = ResizeMode::kNearest,
                          .coordinate_mode = CoordinateMode::kAsymmetric,
                          .nearest_mode = NearestMode::kFloor,
                          .layout = Layout::kNchw};
  return graph.add(layer, kResize, attrs, layer.bottoms());
}

}  // namespace octet
