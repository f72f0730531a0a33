// SPDX-License-Identifier: Apache-2.0
#include "ops/pool2d.h"

#include "importers/caffe/handlers.h"
#include "importers/caffe/window.h"

namespace octet {
namespace {

Result<const Op*> pool_op(const CaffeLayer& layer) {
  switch (layer.param().pooling_param().pool()) {
    case caffe::PoolingParameter::MAX:
      return &kMaxPool2d;
    case caffe::PoolingParameter::AVE:
      return &kAvgPool2d;
    case caffe::PoolingParameter::STOCHASTIC:
      break;
  }
  return layer.error(ErrorCode::kUnsupported, "pool = STOCHASTIC, Octet has MAX and AVE");
}

// Windows must overlap the image. Caffe drops a last window that starts behind the image only if there is padding;
// without, that window is empty and its value has no meaning (the smallest float, or a division by zero).
Result<void> check_windows(const CaffeLayer& layer, const CaffeWindow& window, const Shape& src, bool ceil) {
  const bool padded = window.pads[0] > 0 || window.pads[2] > 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t size = src[2 + i], kernel = window.kernel[i], stride = window.strides[i],
                       pad = window.pads[2 * i];
    if (pad > 0 && pad >= kernel)
      return layer.error(ErrorCode::kInvalidModel, "pad = {} is not less than the kernel size {}", pad, kernel);
    if (padded || !ceil || stride < 1 || kernel > size) continue;
    const std::int64_t last_start = (size - kernel + stride - 1) / stride * stride;
    if (last_start >= size) {
      return layer.error(
          ErrorCode::kUnsupported,
          "its last window starts at pixel {} of {}: it is empty, and has no defined value; use round_mode: FLOOR",
          last_start, size);
    }
  }
  return {};
}

}  // namespace

// Sizes are rounded up unless round_mode says otherwise; an average counts padding.
Result<void> import_pooling(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::PoolingParameter& param = layer.param().pooling_param();
  const Shape src = graph.src_shape(layer);
  if (src.size() != 4)
    return layer.error(ErrorCode::kInvalidModel, "its input has shape [{}], expected [N, C, H, W]",
                       fmt::join(src, ", "));
  OCTET_ASSIGN_OR_RETURN(const Op* op, pool_op(layer));
  if (param.global_pooling()) {
    OCTET_ASSIGN_OR_RETURN(const CaffeWindow window, read_window(layer, param, 1));
    const CaffeWindow none{{1, 1}, {1, 1}, {0, 0, 0, 0}};
    if (window.kernel != none.kernel || window.strides != none.strides || window.pads != none.pads)
      return layer.error(ErrorCode::kInvalidModel, "has both global_pooling and a kernel size, stride or pad");
    return graph.add(layer, *op, Pool2dAttrs{.global = true, .layout = Layout::kNchw}, layer.bottoms());
  }
  OCTET_ASSIGN_OR_RETURN(const CaffeWindow window, read_window(layer, param));
  const bool ceil = param.has_ceil_mode() ? param.ceil_mode() : param.round_mode() == caffe::PoolingParameter::CEIL;
  OCTET_RETURN_IF_ERROR(check_windows(layer, window, src, ceil));
  const Pool2dAttrs attrs{.kernel = window.kernel,
                          .strides = window.strides,
                          .pads = window.pads,
                          .ceil_mode = ceil,
                          .count_include_pad = op == &kAvgPool2d,
                          .layout = Layout::kNchw};
  return graph.add(layer, *op, attrs, layer.bottoms());
}

}  // namespace octet
