// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/caffe_graph.h"

#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "ops/define.h"
#include "ops/reshape.h"

namespace octet {

CaffeGraph::CaffeGraph(const CaffeNet& net, CaffeWeights weights) : builder_(net.name), weights_(std::move(weights)) {
  for (const auto& layer : net.layers)
    for (const std::string& top : layer.top()) last_writer_[top] = &layer;
}

void CaffeGraph::add_input(const std::string& blob, Shape shape) {
  const Layout layout = shape.size() == 4 ? Layout::kNchw : Layout::kNone;
  bind(blob, builder_.add_input(blob, DataType::kFloat32, std::move(shape), layout));
}

void CaffeGraph::add_missing(const std::string& blob, const caffe::LayerParameter& maker) {
  blobs_[blob] = {kNoTensor, &maker, num_made_++};
}

Result<std::vector<TensorId>> CaffeGraph::read_bottoms(const caffe::LayerParameter& layer) {
  std::vector<TensorId> ids;
  for (const std::string& name : layer.bottom()) {
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) {
      return make_error(ErrorCode::kInvalidModel,
                        "{}: its bottom '{}' is neither a graph input nor made by a layer before it",
                        caffe_layer_place(layer), name);
    }
    Blob& blob = found->second;
    if (blob.id == kNoTensor) {
      return make_error(
          ErrorCode::kUnsupported,
          "{}: its bottom '{}' comes from {}, which Octet does not run; use the network for deployment, or give the "
          "blob a shape with --inputShape={}:N,C,H,W",
          caffe_layer_place(layer), name, caffe_layer_place(*blob.maker), name);
    }
    blob.was_read = true;
    ids.push_back(blob.id);
  }
  return ids;
}

void CaffeGraph::silence(const std::string& blob) {
  if (const auto found = blobs_.find(blob); found != blobs_.end()) found->second.is_silenced = true;
}

std::string CaffeGraph::tensor_name(const CaffeLayer& layer, std::size_t i) const {
  const std::string& blob = layer.param().top(static_cast<int>(i));
  return last_writer_.at(blob) == &layer.param() ? blob : layer.inner_name(blob);
}

Result<void> CaffeGraph::expect_new_tops(const caffe::LayerParameter& layer) const {
  const std::unordered_set<std::string_view> bottoms(layer.bottom().begin(), layer.bottom().end());
  std::unordered_set<std::string_view> tops;
  for (const std::string& top : layer.top()) {
    if (tops.insert(top).second && (bottoms.contains(top) || !blobs_.contains(top))) continue;
    return make_error(ErrorCode::kInvalidModel, "{}: its top '{}' is made twice, and is not computed in place",
                      caffe_layer_place(layer), top);
  }
  return {};
}

Result<void> CaffeGraph::add(const CaffeLayer& layer, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                             std::size_t top) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id,
                         builder_.add(op, std::move(attrs), std::move(inputs), layer.name(), tensor_name(layer, top)));
  bind(layer.param().top(static_cast<int>(top)), id);
  return {};
}

Result<void> CaffeGraph::add_multi(const CaffeLayer& layer, const Op& op, std::any attrs,
                                   std::vector<TensorId> inputs) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < layer.num_tops(); ++i) names.push_back(tensor_name(layer, i));
  OCTET_ASSIGN_OR_RETURN(const auto ids,
                         builder_.add_multi(op, std::move(attrs), std::move(inputs), layer.name(), names));
  for (std::size_t i = 0; i < layer.num_tops(); ++i) bind(layer.param().top(static_cast<int>(i)), ids[i]);
  return {};
}

Result<TensorId> CaffeGraph::add_inner(const CaffeLayer& layer, std::string_view suffix, const Op& op, std::any attrs,
                                       std::vector<TensorId> inputs) {
  return builder_.add(op, std::move(attrs), std::move(inputs), layer.inner_name(suffix));
}

TensorId CaffeGraph::constant(const CaffeLayer& layer, std::string_view suffix, Shape shape,
                              const std::vector<float>& values) {
  return builder_.add_constant(make_constant(layer.inner_name(suffix), std::move(shape), values));
}

TensorId CaffeGraph::scalar(const CaffeLayer& layer, std::string_view suffix, float value) {
  return constant(layer, suffix, {}, {value});
}

Result<std::vector<std::vector<float>>> CaffeGraph::take_blobs(const CaffeLayer& layer,
                                                               const std::vector<BlobSpec>& specs) {
  auto blobs = weights_.take(layer.name(), specs);
  if (!blobs) return layer.located(std::move(blobs).error());
  return blobs;
}

Result<std::vector<TensorId>> CaffeGraph::take_weights(const CaffeLayer& layer, const std::vector<BlobSpec>& specs) {
  OCTET_ASSIGN_OR_RETURN(const auto blobs, take_blobs(layer, specs));
  std::vector<TensorId> ids;
  for (std::size_t i = 0; i < specs.size(); ++i)
    ids.push_back(constant(layer, specs[i].what, specs[i].shape, blobs[i]));
  return ids;
}

void CaffeGraph::drop_unread_inputs() {
  Graph& graph = builder_.graph();
  remove_dead_code(graph);
  std::unordered_set<TensorId> read;
  for (const Node& node : graph.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  std::erase_if(graph.inputs, [&](TensorId id) {
    if (read.contains(id)) return false;
    OCTET_LOG(kWarning, "graph input '{}' is dropped: no output depends on its values", graph.tensor(id).name);
    return true;
  });
}

Result<void> CaffeGraph::add_outputs() {
  const std::vector<TensorId>& inputs = builder_.graph().inputs;
  const std::unordered_set<TensorId> given(inputs.begin(), inputs.end());
  std::vector<const Blob*> unread;
  for (const auto& [name, blob] : blobs_)
    if (!blob.was_read && !blob.is_silenced && blob.id != kNoTensor && !given.contains(blob.id))
      unread.push_back(&blob);
  if (unread.empty())
    return make_error(ErrorCode::kInvalidModel, "has no output: there is no layer whose top no other layer reads");
  std::sort(unread.begin(), unread.end(), [](const Blob* a, const Blob* b) { return a->order < b->order; });
  for (const Blob* blob : unread) {
    Tensor& tensor = builder_.graph().tensor(blob->id);
    if (tensor.shape.size() == 4) tensor.layout = Layout::kNchw;
    builder_.add_output(blob->id);
  }
  drop_unread_inputs();
  return {};
}

}  // namespace octet
