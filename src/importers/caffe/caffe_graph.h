// SPDX-License-Identifier: Apache-2.0
// What a handler adds its operators to: the graph under construction, the blobs by their names, and the weights.
//
// Caffe computes some layers in place: their top is their bottom, and from then on the name means the new value. Of
// such a chain the last value is the tensor named as the blob, since that is what a user of the network sees.
#ifndef OCTET_IMPORTERS_CAFFE_CAFFE_GRAPH_H_
#define OCTET_IMPORTERS_CAFFE_CAFFE_GRAPH_H_

#include <any>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "importers/builder.h"
#include "importers/caffe/caffe_layer.h"
#include "importers/caffe/caffe_weights.h"

namespace octet {

class CaffeGraph {
 public:
  CaffeGraph(const CaffeNet& net, CaffeWeights weights);

  GraphBuilder& builder() { return builder_; }
  const Shape& shape(TensorId id) const { return builder_.shape(id); }
  // Shape of the layer's bottom i.
  const Shape& src_shape(const CaffeLayer& layer, std::size_t i = 0) const { return shape(layer.bottoms()[i]); }

  // --- blobs ---
  void add_input(const std::string& blob, Shape shape);
  // A blob that `maker` would make if it were run.
  void add_missing(const std::string& blob, const caffe::LayerParameter& maker);
  // The tensors of the layer's bottoms. Error: kInvalidModel, kUnsupported if there is no such blob, or it is missing.
  Result<std::vector<TensorId>> read_bottoms(const caffe::LayerParameter& layer);
  // Such a blob is no output, and may be missing.
  void silence(const std::string& blob);
  // Error: kInvalidModel if a top of the layer is a blob that is there already, and not computed in place.
  Result<void> expect_new_tops(const caffe::LayerParameter& layer) const;
  // To be called last. Declares the blobs that no layer has read graph outputs, in the order in which they were made;
  // graph inputs whose values no output depends on are dropped. Error: kInvalidModel if there is no output.
  Result<void> add_outputs();

  // --- operators ---
  // Adds an operator that makes one of the layer's tops, the first if not told otherwise.
  Result<void> add(const CaffeLayer& layer, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                   std::size_t top = 0);
  // Adds an operator that makes all the layer's tops.
  Result<void> add_multi(const CaffeLayer& layer, const Op& op, std::any attrs, std::vector<TensorId> inputs);
  // Adds an operator on the way to the layer's top, named after the layer and `suffix`.
  Result<TensorId> add_inner(const CaffeLayer& layer, std::string_view suffix, const Op& op, std::any attrs,
                             std::vector<TensorId> inputs);
  TensorId constant(const CaffeLayer& layer, std::string_view suffix, Shape shape, const std::vector<float>& values);
  TensorId scalar(const CaffeLayer& layer, std::string_view suffix, float value);

  // --- weights ---
  Result<std::vector<std::vector<float>>> take_blobs(const CaffeLayer& layer, const std::vector<BlobSpec>& specs);
  // The same as constants of these shapes.
  Result<std::vector<TensorId>> take_weights(const CaffeLayer& layer, const std::vector<BlobSpec>& specs);

 private:
  struct Blob {
    TensorId id = kNoTensor;                       // kNoTensor: missing
    const caffe::LayerParameter* maker = nullptr;  // of a missing one
    std::size_t order = 0;                         // of making
    bool was_read = false;
    bool is_silenced = false;
  };

  void bind(const std::string& blob, TensorId id) { blobs_[blob] = {id, nullptr, num_made_++}; }
  // Name of the tensor that is top i.
  std::string tensor_name(const CaffeLayer& layer, std::size_t i) const;
  void drop_unread_inputs();

  GraphBuilder builder_;
  CaffeWeights weights_;
  std::unordered_map<std::string, Blob> blobs_;                                // by name, as it is at this layer
  std::unordered_map<std::string, const caffe::LayerParameter*> last_writer_;  // of each blob
  std::size_t num_made_ = 0;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_CAFFE_GRAPH_H_
