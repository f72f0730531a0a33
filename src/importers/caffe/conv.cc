// SPDX-License-Identifier: Apache-2.0
#include "ops/conv.h"

#include "importers/caffe/handlers.h"
#include "importers/caffe/window.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {
namespace {

Result<std::int64_t> read_num_output(const CaffeLayer& layer, std::int64_t num_output) {
  if (num_output >= 1) return num_output;
  return layer.error(ErrorCode::kInvalidModel, "num_output = {}, expected 1 or more", num_output);
}

// src [N, C, H, W], weights [K, C/group, kh, kw], bias [K].
Result<void> import_conv(const CaffeLayer& layer, CaffeGraph& graph, std::int64_t default_group) {
  const caffe::ConvolutionParameter& param = layer.param().convolution_param();
  const Shape src = graph.src_shape(layer);
  if (src.size() != 4) {
    return layer.error(ErrorCode::kUnsupported,
                       "its input has shape [{}]; Octet has convolutions over images [N, C, H, W]",
                       fmt::join(src, ", "));
  }
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, layer.axis("axis", param.axis(), 4));
  if (axis != 1)
    return layer.error(ErrorCode::kUnsupported, "axis = {}, Octet has convolutions with axis = 1 only", param.axis());
  OCTET_ASSIGN_OR_RETURN(const std::int64_t k, read_num_output(layer, param.num_output()));
  const std::int64_t c = src[1], group = param.has_group() ? param.group() : default_group;
  if (group < 1 || c % group != 0 || k % group != 0) {
    return layer.error(ErrorCode::kInvalidModel, "group = {} does not divide the {} input and the {} output channels",
                       group, c, k);
  }
  OCTET_ASSIGN_OR_RETURN(const CaffeWindow window, read_window(layer, param));
  OCTET_ASSIGN_OR_RETURN(const auto dilations, read_sizes(layer, {"dilation", param.dilation(), {}, {}}, 1, {}));

  std::vector<BlobSpec> specs = {{"weights", {k, c / group, window.kernel[0], window.kernel[1]}}};
  if (param.bias_term()) specs.push_back({"bias", {k}});
  OCTET_ASSIGN_OR_RETURN(std::vector<TensorId> inputs, graph.take_weights(layer, specs));
  inputs.insert(inputs.begin(), layer.bottoms()[0]);
  if (!param.bias_term()) inputs.push_back(kNoTensor);
  const Conv2dAttrs attrs{
      .strides = window.strides, .dilations = dilations, .pads = window.pads, .group = group, .layout = Layout::kNchw};
  return graph.add(layer, kConv2d, attrs, std::move(inputs));
}

// src as [dimensions before axis..., product of the others].
Result<TensorId> flattened_from(const CaffeLayer& layer, CaffeGraph& graph, std::size_t axis) {
  const TensorId src = layer.bottoms()[0];
  const Shape shape = graph.shape(src);
  if (axis + 1 == shape.size()) return src;
  if (axis == 1) return graph.add_inner(layer, "flatten", kFlatten, FlattenAttrs{.axis = 1}, {src});
  Shape target(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  target.push_back(-1);
  return graph.add_inner(layer, "flatten", kReshape, ReshapeAttrs{.shape = target}, {src});
}

}  // namespace

Result<void> import_convolution(const CaffeLayer& layer, CaffeGraph& graph) { return import_conv(layer, graph, 1); }

// src [N, C, H, W], weights [C, K/group, kh, kw], bias [K].
Result<void> import_deconvolution(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::ConvolutionParameter& param = layer.param().convolution_param();
  const Shape src = graph.src_shape(layer);
  if (src.size() != 4 || param.axis() != 1) {
    return layer.error(ErrorCode::kUnsupported, "its input has shape [{}] and axis = {}; Octet has deconvolutions of images [N, C, H, W]",
                       fmt::join(src, ", "), param.axis());
  }
  OCTET_ASSIGN_OR_RETURN(const std::int64_t k, read_num_output(layer, param.num_output()));
  const std::int64_t c = src[1], group = param.has_group() ? param.group() : 1;
  if (group < 1 || c % group != 0 || k % group != 0)
    return layer.error(ErrorCode::kInvalidModel, "group = {} does not divide the {} input and the {} output channels", group, c, k);
  OCTET_ASSIGN_OR_RETURN(const CaffeWindow window, read_window(layer, param));
  OCTET_ASSIGN_OR_RETURN(const auto dilations, read_sizes(layer, {"dilation", param.dilation(), {}, {}}, 1, {}));
  std::vector<BlobSpec> specs = {{"weights", {c, k / group, window.kernel[0], window.kernel[1]}}};
  if (param.bias_term()) specs.push_back({"bias", {k}});
  OCTET_ASSIGN_OR_RETURN(std::vector<TensorId> inputs, graph.take_weights(layer, specs));
  inputs.insert(inputs.begin(), layer.bottoms()[0]);
  ConvTransposeAttrs attrs;
  attrs.strides = {window.strides.begin(), window.strides.end()};
  attrs.dilations = {dilations.begin(), dilations.end()};
  attrs.pads = {window.pads.begin(), window.pads.end()};
  attrs.group = group;
  return graph.add(layer, kConvTranspose, attrs, std::move(inputs));
}

// A layer of forks of Caffe: as Convolution, with a group for each input channel.
Result<void> import_depthwise_convolution(const CaffeLayer& layer, CaffeGraph& graph) {
  const Shape& src = graph.src_shape(layer);
  return import_conv(layer, graph, src.size() == 4 ? src[1] : 1);
}

// dst[..., n] = bias[n] + sum over k of src[..., k] * weights[n, k], where k runs over all dimensions from `axis` on.
// With `transpose` the weights are [K, N].
Result<void> import_inner_product(const CaffeLayer& layer, CaffeGraph& graph) {
  const caffe::InnerProductParameter& param = layer.param().inner_product_param();
  OCTET_ASSIGN_OR_RETURN(const std::int64_t n, read_num_output(layer, param.num_output()));
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, layer.axis("axis", param.axis(), graph.src_shape(layer).size()));
  OCTET_ASSIGN_OR_RETURN(const TensorId src, flattened_from(layer, graph, axis));
  const std::int64_t k = graph.shape(src).back();

  std::vector<BlobSpec> specs = {{"weights", param.transpose() ? Shape{k, n} : Shape{n, k}}};
  if (param.bias_term()) specs.push_back({"bias", {n}});
  OCTET_ASSIGN_OR_RETURN(const std::vector<TensorId> blobs, graph.take_weights(layer, specs));
  TensorId weights = blobs[0];
  if (param.transpose()) {
    OCTET_ASSIGN_OR_RETURN(weights,
                           graph.add_inner(layer, "transpose", kTranspose, TransposeAttrs{.perm = {1, 0}}, {weights}));
  }
  const TensorId bias = param.bias_term() ? blobs[1] : kNoTensor;
  return graph.add(layer, kFullyConnected, FullyConnectedAttrs{}, {src, weights, bias});
}

}  // namespace octet
