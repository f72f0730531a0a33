// SPDX-License-Identifier: Apache-2.0
// A network as its .prototxt describes it, brought to one form.
#ifndef OCTET_IMPORTERS_CAFFE_CAFFE_NET_H_
#define OCTET_IMPORTERS_CAFFE_CAFFE_NET_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "importers/caffe/caffe.pb.h"
#include "ir/shape.h"

namespace octet {

struct CaffeInput {
  std::string name;
  Shape shape;  // dimensions as in the file, unchecked; empty: the file gives none
};

struct CaffeNet {
  std::string name;
  std::vector<CaffeInput> inputs;             // of `input` fields; Input layers are among the layers
  std::vector<caffe::LayerParameter> layers;  // those of phase TEST, in the file's order; older ones are upgraded
};

// Errors: kInvalidModel with the line for text that is none; kUnsupported for layers and fields that Octet does not
// know.
Result<CaffeNet> read_caffe_net(std::string_view text);

// A layer's name, or where it has none its first top's.
const std::string& caffe_layer_name(const caffe::LayerParameter& layer);

// "layer 'conv1' (Convolution)"
std::string caffe_layer_place(const caffe::LayerParameter& layer);

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_CAFFE_NET_H_
