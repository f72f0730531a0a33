// SPDX-License-Identifier: Apache-2.0
// The layers Octet imports. https://caffe.berkeleyvision.org/tutorial/layers.html
#include <algorithm>
#include <array>
#include <map>

#include "importers/caffe/handlers.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

template <const Op& op>
Result<void> unary(const CaffeLayer& layer, CaffeGraph& graph) {
  return import_unary(layer, graph, op);
}

using enum CaffeRole;

constexpr auto kTypes = std::to_array<CaffeLayerType>({
    {"AbsVal", kCompute, unary<kAbs>},
    {"ArgMax", kCompute, import_arg_max},
    {"Axpy", kCompute, import_axpy, 3, 3},  // of SENet's fork
    {"BNLL", kCompute, unary<kSoftplus>},   // log(1 + exp(x))
    {"BatchNorm", kCompute, import_batch_norm},
    {"Bias", kCompute, import_bias, 1, 2},
    {"Clip", kCompute, import_clip},
    {"Concat", kCompute, import_concat, 1, kAnyNumber},
    {"Convolution", kCompute, import_convolution},
    {"ConvolutionDepthwise", kCompute, import_depthwise_convolution},  // names of MobileNet's forks
    {"Crop", kCompute, import_crop, 2, 2},
    {"Deconvolution", kCompute, import_deconvolution},
    {"DepthwiseConvolution", kCompute, import_depthwise_convolution},
    {"Dropout", kCompute, unary<kIdentity>},  // in phase TEST
    {"ELU", kCompute, import_elu},
    {"Eltwise", kCompute, import_eltwise, 2, kAnyNumber},
    {"Exp", kCompute, import_exp},
    {"Flatten", kCompute, import_flatten},
    {"InnerProduct", kCompute, import_inner_product},
    {"Interp", kCompute, import_interp},  // of DeepLab's fork
    {"LRN", kCompute, import_lrn},
    {"Log", kCompute, import_log},
    {"PReLU", kCompute, import_prelu},
    {"Permute", kCompute, import_permute},  // of SSD's fork
    {"Pooling", kCompute, import_pooling},
    {"Power", kCompute, import_power},
    {"ReLU", kCompute, import_relu},
    {"ReLU6", kCompute, unary<kRelu6>},  // of MobileNet's forks
    {"Reduction", kCompute, import_reduction},
    {"Reshape", kCompute, import_reshape},
    {"Scale", kCompute, import_scale, 1, 2},
    {"ShuffleChannel", kCompute, import_shuffle_channel},  // of ShuffleNet's fork
    {"Sigmoid", kCompute, unary<kSigmoid>},
    {"Slice", kCompute, import_slice, 1, 1, kAnyNumber},
    {"Softmax", kCompute, import_softmax},
    {"Split", kCompute, import_split, 1, 1, kAnyNumber},
    {"Swish", kCompute, import_swish},
    {"TanH", kCompute, unary<kTanh>},
    {"Tile", kCompute, import_tile},
    {"Upsample", kCompute, import_upsample},  // of YOLO's forks

    {"Input", kInput},
    {"Silence", kSilence},

    {"AnnotatedData", kData},
    {"Data", kData},
    {"DummyData", kData},
    {"HDF5Data", kData},
    {"ImageData", kData},
    {"MemoryData", kData},
    {"WindowData", kData},

    {"Accuracy", kLoss},
    {"ContrastiveLoss", kLoss},
    {"EuclideanLoss", kLoss},
    {"HDF5Output", kLoss},
    {"HingeLoss", kLoss},
    {"InfogainLoss", kLoss},
    {"MultinomialLogisticLoss", kLoss},
    {"SigmoidCrossEntropyLoss", kLoss},
    {"SoftmaxWithLoss", kLoss},
});

}  // namespace

const CaffeLayerType* find_caffe_layer_type(std::string_view type) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const CaffeLayerType& t) { return t.type == type; });
  return found == kTypes.end() ? nullptr : &*found;
}

Result<void> check_layer_types(const std::vector<caffe::LayerParameter>& layers) {
  constexpr std::size_t kMaxNames = 10;
  struct Group {
    std::size_t count = 0;
    std::vector<std::string> names;
  };
  std::map<std::string, Group> unsupported;
  for (const auto& layer : layers) {
    if (find_caffe_layer_type(layer.type()) != nullptr) continue;
    Group& group = unsupported[layer.type().empty() ? "(layers without a type)" : layer.type()];
    if (group.count++ < kMaxNames) group.names.push_back(fmt::format("'{}'", caffe_layer_name(layer)));
  }
  if (unsupported.empty()) return {};
  std::string message =
      fmt::format("{} layer type{} not supported:", unsupported.size(), unsupported.size() == 1 ? " is" : "s are");
  for (const auto& [type, group] : unsupported) {
    message += fmt::format("\n  {}: {} layer{}: {}{}", type, group.count, group.count == 1 ? "" : "s",
                           fmt::join(group.names, ", "), group.count > kMaxNames ? ", ..." : "");
  }
  return Error{ErrorCode::kUnsupported, std::move(message)};
}

}  // namespace octet
