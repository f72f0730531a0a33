// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/caffe_importer.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "importers/caffe/handlers.h"

namespace octet {
namespace {

class Importer {
 public:
  Importer(const CaffeNet& net, CaffeWeights weights, const ImportOptions& options)
      : net_(net), graph_(net, std::move(weights)) {
    for (const auto& [name, shape] : options.input_shapes) wanted_.emplace(name, shape);
  }

  Result<Graph> run() {
    for (const CaffeInput& input : net_.inputs) OCTET_RETURN_IF_ERROR(add_input(input));
    for (const auto& layer : net_.layers) OCTET_RETURN_IF_ERROR(add_layer(layer));
    OCTET_RETURN_IF_ERROR(check_wanted_names());
    OCTET_RETURN_IF_ERROR(graph_.add_outputs());
    return graph_.builder().finish();
  }

 private:
  Result<void> add_input(const CaffeInput& input) {
    if (input.name.empty()) return make_error(ErrorCode::kInvalidModel, "a graph input has no name");
    if (!input_names_.insert(input.name).second)
      return make_error(ErrorCode::kInvalidModel, "graph input '{}' is there twice", input.name);
    const auto wanted = wanted_.find(input.name);
    if (wanted == wanted_.end()) {
      OCTET_RETURN_IF_ERROR(check_shape(input.name, input.shape, ErrorCode::kInvalidModel));
      graph_.add_input(input.name, input.shape);
      return {};
    }
    if (!input.shape.empty() && input.shape.size() != wanted->second.size()) {
      return make_error(ErrorCode::kInvalidArgument,
                        "input '{}': the shape [{}] does not fit: the network has {} dimensions", input.name,
                        fmt::join(wanted->second, ", "), input.shape.size());
    }
    OCTET_RETURN_IF_ERROR(check_shape(input.name, wanted->second, ErrorCode::kInvalidArgument));
    graph_.add_input(input.name, wanted->second);
    return {};
  }

  static Result<void> check_shape(const std::string& name, const Shape& shape, ErrorCode code) {
    const bool positive = std::all_of(shape.begin(), shape.end(), [](std::int64_t d) { return d >= 1; });
    if (!shape.empty() && positive && within_limits(shape)) return {};
    return make_error(
        code, "input '{}' has shape [{}], expected 1 to {} dimensions of 1 or more; give them with --inputShape={}:...",
        name, fmt::join(shape, ", "), kMaxRank, name);
  }

  Result<void> check_wanted_names() const {
    for (const auto& [name, shape] : wanted_) {
      if (input_names_.contains(name)) continue;
      return make_error(ErrorCode::kInvalidArgument,
                        "there is no graph input '{}' to give a shape to; the inputs are '{}'", name,
                        fmt::join(input_names_, "', '"));
    }
    return {};
  }

  Result<void> add_layer(const caffe::LayerParameter& layer) {
    const CaffeLayerType& type = *find_caffe_layer_type(layer.type());
    OCTET_RETURN_IF_ERROR(graph_.expect_new_tops(layer));
    switch (type.role) {
      case CaffeRole::kCompute:
        return add_computed(layer, type);
      case CaffeRole::kInput:
        return add_input_layer(layer);
      case CaffeRole::kData:
        return add_data_layer(layer);
      case CaffeRole::kSilence:
        return add_silence(layer);
      case CaffeRole::kLoss:
        break;
    }
    OCTET_LOG(kWarning, "{} is left out: it serves training and measuring", caffe_layer_place(layer));
    for (const std::string& top : layer.top()) graph_.add_missing(top, layer);
    return {};
  }

  // The shapes are as many as the tops, or one for all.
  Result<void> add_input_layer(const caffe::LayerParameter& layer) {
    const auto& shapes = layer.input_param().shape();
    if (layer.top_size() == 0) return make_error(ErrorCode::kInvalidModel, "{}: has no top", caffe_layer_place(layer));
    if (shapes.size() > 1 && shapes.size() != layer.top_size()) {
      return make_error(ErrorCode::kInvalidModel, "{}: has {} shapes for {} tops, expected one for each or one for all",
                        caffe_layer_place(layer), shapes.size(), layer.top_size());
    }
    for (int i = 0; i < layer.top_size(); ++i) {
      CaffeInput input{layer.top(i), {}};
      if (!shapes.empty()) {
        const auto& dims = shapes[shapes.size() == 1 ? 0 : i].dim();
        input.shape.assign(dims.begin(), dims.end());
      }
      OCTET_RETURN_IF_ERROR(add_input(input));
    }
    return {};
  }

  Result<void> add_data_layer(const caffe::LayerParameter& layer) {
    for (const std::string& top : layer.top()) {
      if (wanted_.contains(top))
        OCTET_RETURN_IF_ERROR(add_input({top, {}}));
      else
        graph_.add_missing(top, layer);
    }
    return {};
  }

  Result<void> add_silence(const caffe::LayerParameter& layer) {
    for (const std::string& bottom : layer.bottom()) graph_.silence(bottom);
    return {};
  }

  Result<void> add_computed(const caffe::LayerParameter& param, const CaffeLayerType& type) {
    OCTET_ASSIGN_OR_RETURN(std::vector<TensorId> bottoms, graph_.read_bottoms(param));
    const CaffeLayer layer(param, std::move(bottoms));
    const auto expect = [&](std::string_view what, int count, int min, int max) -> Result<void> {
      if (count >= min && count <= max) return {};
      return layer.error(ErrorCode::kInvalidModel, "has {} {}s, expected {}", count, what,
                         max == kAnyNumber ? fmt::format("{} or more", min)
                         : min == max      ? fmt::format("{}", min)
                                           : fmt::format("{} to {}", min, max));
    };
    OCTET_RETURN_IF_ERROR(expect("bottom", param.bottom_size(), type.min_bottoms, type.max_bottoms));
    OCTET_RETURN_IF_ERROR(expect("top", param.top_size(), 1, type.max_tops));
    if (param.has_phase() && param.phase() == caffe::TRAIN) {
      return layer.error(ErrorCode::kUnsupported, "computes as in training (phase: TRAIN); remove the field");
    }
    return type.import(layer, graph_);
  }

  const CaffeNet& net_;
  CaffeGraph graph_;
  std::map<std::string, Shape> wanted_;  // shapes by graph input
  std::set<std::string> input_names_;
};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Graph> import_parsed(const NamedBytes& prototxt, const NamedBytes& caffemodel, const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const CaffeNet net, read_caffe_net(as_text(prototxt.bytes)));
  OCTET_ASSIGN_OR_RETURN(CaffeWeights weights, CaffeWeights::parse(caffemodel.bytes, std::string(caffemodel.name)));
  return Importer(net, std::move(weights), options).run();
}

}  // namespace

Result<Graph> import_caffe(const NamedBytes& prototxt, const NamedBytes& caffemodel, const ImportOptions& options) {
  auto graph = import_parsed(prototxt, caffemodel, options);
  if (!graph) return at(prototxt.name, std::move(graph).error());
  return graph;
}

Result<Graph> import_caffe(const std::filesystem::path& prototxt, const std::filesystem::path& caffemodel,
                           const ImportOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile text, MappedFile::open(prototxt));
  OCTET_ASSIGN_OR_RETURN(const MappedFile weights, MappedFile::open(caffemodel));
  const std::string text_name = prototxt.filename().string(), weights_name = caffemodel.filename().string();
  return import_caffe(NamedBytes{text_name, text.bytes()}, NamedBytes{weights_name, weights.bytes()}, options);
}

}  // namespace octet
