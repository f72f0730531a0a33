// SPDX-License-Identifier: Apache-2.0
// One function per Caffe layer (or family), each in the file of its family.
#ifndef OCTET_IMPORTERS_CAFFE_HANDLERS_H_
#define OCTET_IMPORTERS_CAFFE_HANDLERS_H_

#include <string_view>

#include "importers/caffe/caffe_graph.h"

namespace octet {

using CaffeHandler = Result<void> (*)(const CaffeLayer& layer, CaffeGraph& graph);

enum class CaffeRole {
  kCompute,
  kInput,    // Input
  kData,     // reads a training database: its tops are missing, unless they are given a shape
  kLoss,     // for training and measuring: left out
  kSilence,  // reads blobs that shall not be outputs
};

struct CaffeLayerType {
  std::string_view type;
  CaffeRole role = CaffeRole::kCompute;
  CaffeHandler import = nullptr;  // of kCompute
  int min_bottoms = 1, max_bottoms = 1;
  int max_tops = 1;
};

// Null if there is none.
const CaffeLayerType* find_caffe_layer_type(std::string_view type);

// Error: kUnsupported naming all layers of types that are not in the table.
Result<void> check_layer_types(const std::vector<caffe::LayerParameter>& layers);

// conv.cc
Result<void> import_deconvolution(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_convolution(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_depthwise_convolution(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_inner_product(const CaffeLayer& layer, CaffeGraph& graph);

// pool.cc
Result<void> import_pooling(const CaffeLayer& layer, CaffeGraph& graph);

// normalization.cc
Result<void> import_batch_norm(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_bias(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_lrn(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_scale(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_softmax(const CaffeLayer& layer, CaffeGraph& graph);

// activation.cc
Result<void> import_clip(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_elu(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_exp(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_log(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_power(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_prelu(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_relu(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_swish(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_unary(const CaffeLayer& layer, CaffeGraph& graph, const Op& op);  // without attributes

// eltwise.cc
Result<void> import_axpy(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_eltwise(const CaffeLayer& layer, CaffeGraph& graph);

// reduce.cc
Result<void> import_arg_max(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_reduction(const CaffeLayer& layer, CaffeGraph& graph);

// shape.cc
Result<void> import_concat(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_crop(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_flatten(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_permute(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_reshape(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_shuffle_channel(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_slice(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_split(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_tile(const CaffeLayer& layer, CaffeGraph& graph);

// resize.cc
Result<void> import_interp(const CaffeLayer& layer, CaffeGraph& graph);
Result<void> import_upsample(const CaffeLayer& layer, CaffeGraph& graph);

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_HANDLERS_H_
