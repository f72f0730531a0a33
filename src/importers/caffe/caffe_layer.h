// SPDX-License-Identifier: Apache-2.0
// A layer of a network as its handler sees it.
#ifndef OCTET_IMPORTERS_CAFFE_CAFFE_LAYER_H_
#define OCTET_IMPORTERS_CAFFE_CAFFE_LAYER_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "importers/caffe/caffe_net.h"
#include "ir/graph.h"

namespace octet {

class CaffeLayer {
 public:
  // `bottoms` are the tensors of the layer's bottoms, all of them present. Keeps a reference to `param`.
  CaffeLayer(const caffe::LayerParameter& param, std::vector<TensorId> bottoms)
      : param_(param), bottoms_(std::move(bottoms)) {}

  const std::string& name() const { return caffe_layer_name(param_); }
  std::string inner_name(std::string_view suffix) const { return fmt::format("{}/{}", name(), suffix); }
  const std::string& type() const { return param_.type(); }
  const caffe::LayerParameter& param() const { return param_; }
  const std::vector<TensorId>& bottoms() const { return bottoms_; }
  std::size_t num_tops() const { return static_cast<std::size_t>(param_.top_size()); }

  // "layer 'conv1' (Convolution): ..."
  template <typename... Args>
  Error error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) const {
    return located({code, fmt::format(format, std::forward<Args>(args)...)});
  }
  Error located(Error error) const { return at(caffe_layer_place(param_), std::move(error)); }

  // axis in [-rank, rank) -> [0, rank). `field` names it in the message.
  Result<std::size_t> axis(std::string_view field, std::int64_t axis, std::size_t rank) const;
  // Error: kInvalidModel if a number of the file is NaN or infinite.
  Result<void> expect_finite(std::string_view field, float value) const;

 private:
  const caffe::LayerParameter& param_;
  std::vector<TensorId> bottoms_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_CAFFE_LAYER_H_
