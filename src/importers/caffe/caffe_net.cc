// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/caffe_net.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <unordered_set>

#include "importers/caffe/handlers.h"

namespace octet {
namespace {

namespace pb = google::protobuf;

constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;  // the largest published networks have one megabyte
constexpr int kMaxDepth = 64;                                 // of nested messages; Caffe's nest four deep

// Fields that say how to train, how to fill weights before training, or which of several equal implementations to take.
constexpr auto kHarmlessFields = std::to_array<std::string_view>({
    "accuracy_param",
    "bias_filler",
    "blob_share_mode",
    "blobs_lr",
    "data_param",
    "debug_info",
    "engine",
    "filler",
    "force_backward",
    "force_nd_im2col",
    "hinge_loss_param",
    "image_data_param",
    "loss_param",
    "loss_weight",
    "memory_data_param",
    "moving_average_fraction",
    "param",
    "propagate_down",
    "stable_prod_grad",
    "transform_param",
    "weight_decay",
    "weight_filler",
});

struct TextMessage {
  int line, column;  // from 0
  std::string text;
};

// Gathers what protobuf says: errors, and as warnings the fields that caffe.proto lacks.
class Messages : public pb::io::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column, const std::string& text) override {
    if (!error) error = {line, column, text};
  }
  void AddWarning(int line, pb::io::ColumnNumber column, const std::string& text) override {
    warnings.push_back({line, column, text});
  }
  std::optional<TextMessage> error;
  std::vector<TextMessage> warnings;
};

// The i-th text in double quotes; empty if there are not as many.
std::string_view quoted(std::string_view text, int i) {
  while (true) {
    const std::size_t begin = text.find('"');
    if (begin == text.npos) return {};
    const std::size_t end = text.find('"', begin + 1);
    if (end == text.npos) return {};
    if (i-- == 0) return text.substr(begin + 1, end - begin - 1);
    text.remove_prefix(end + 1);
  }
}

// What a layer is in both forms, and where it begins.
struct PlacedLayer {
  caffe::LayerParameter layer;
  int line, column;
};

std::string_view v1_type_name(caffe::V1LayerParameter::LayerType type) {
  using V1 = caffe::V1LayerParameter;
  struct Entry {
    V1::LayerType type;
    std::string_view name;
  };
  static constexpr Entry kNames[] = {
      {V1::ABSVAL, "AbsVal"},
      {V1::ACCURACY, "Accuracy"},
      {V1::ARGMAX, "ArgMax"},
      {V1::BNLL, "BNLL"},
      {V1::CONCAT, "Concat"},
      {V1::CONTRASTIVE_LOSS, "ContrastiveLoss"},
      {V1::CONVOLUTION, "Convolution"},
      {V1::DATA, "Data"},
      {V1::DECONVOLUTION, "Deconvolution"},
      {V1::DROPOUT, "Dropout"},
      {V1::DUMMY_DATA, "DummyData"},
      {V1::ELTWISE, "Eltwise"},
      {V1::EUCLIDEAN_LOSS, "EuclideanLoss"},
      {V1::EXP, "Exp"},
      {V1::FLATTEN, "Flatten"},
      {V1::HDF5_DATA, "HDF5Data"},
      {V1::HDF5_OUTPUT, "HDF5Output"},
      {V1::HINGE_LOSS, "HingeLoss"},
      {V1::IM2COL, "Im2col"},
      {V1::IMAGE_DATA, "ImageData"},
      {V1::INFOGAIN_LOSS, "InfogainLoss"},
      {V1::INNER_PRODUCT, "InnerProduct"},
      {V1::LRN, "LRN"},
      {V1::MEMORY_DATA, "MemoryData"},
      {V1::MULTINOMIAL_LOGISTIC_LOSS, "MultinomialLogisticLoss"},
      {V1::MVN, "MVN"},
      {V1::POOLING, "Pooling"},
      {V1::POWER, "Power"},
      {V1::RELU, "ReLU"},
      {V1::SIGMOID, "Sigmoid"},
      {V1::SIGMOID_CROSS_ENTROPY_LOSS, "SigmoidCrossEntropyLoss"},
      {V1::SILENCE, "Silence"},
      {V1::SLICE, "Slice"},
      {V1::SOFTMAX, "Softmax"},
      {V1::SOFTMAX_LOSS, "SoftmaxWithLoss"},
      {V1::SPLIT, "Split"},
      {V1::TANH, "TanH"},
      {V1::THRESHOLD, "Threshold"},
      {V1::WINDOW_DATA, "WindowData"},
  };
  const auto found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Entry& e) { return e.type == type; });
  return found == std::end(kNames) ? std::string_view() : found->name;
}

// An old layer as a new one: all fields but the type have kept their names and messages.
caffe::LayerParameter upgraded(const caffe::V1LayerParameter& v1) {
  caffe::LayerParameter layer;
  if (v1.has_name()) layer.set_name(v1.name());
  layer.set_type(std::string(v1_type_name(v1.type())));
  *layer.mutable_bottom() = v1.bottom();
  *layer.mutable_top() = v1.top();
  *layer.mutable_include() = v1.include();
  *layer.mutable_exclude() = v1.exclude();
  std::vector<const pb::FieldDescriptor*> fields;
  v1.GetReflection()->ListFields(v1, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (field->is_repeated() || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const pb::FieldDescriptor* target = layer.GetDescriptor()->FindFieldByName(field->name());
    OCTET_CHECK(target != nullptr && target->message_type() == field->message_type());
    layer.GetReflection()->MutableMessage(&layer, target)->CopyFrom(v1.GetReflection()->GetMessage(v1, field));
  }
  return layer;
}

// The network that is asked for: phase TEST, with the level and the stages that the file sets.
struct State {
  std::int64_t level = 0;
  std::unordered_set<std::string> stages;
};

bool fits(const caffe::NetStateRule& rule, const State& state) {
  if (rule.has_phase() && rule.phase() != caffe::TEST) return false;
  if (rule.has_min_level() && state.level < rule.min_level()) return false;
  if (rule.has_max_level() && state.level > rule.max_level()) return false;
  const auto given = [&](const std::string& stage) { return state.stages.count(stage) > 0; };
  return std::all_of(rule.stage().begin(), rule.stage().end(), given) &&
         std::none_of(rule.not_stage().begin(), rule.not_stage().end(), given);
}

// A layer with `include` rules is there if one of them fits, any other unless an `exclude` rule fits.
bool is_included(const caffe::LayerParameter& layer, const State& state) {
  const auto fitting = [&](const caffe::NetStateRule& rule) { return fits(rule, state); };
  if (layer.include_size() > 0) return std::any_of(layer.include().begin(), layer.include().end(), fitting);
  return std::none_of(layer.exclude().begin(), layer.exclude().end(), fitting);
}

class NetReader {
 public:
  Result<CaffeNet> read(std::string_view text) {
    OCTET_RETURN_IF_ERROR(parse(text));
    OCTET_RETURN_IF_ERROR(place_layers());
    state_.level = proto_.state().level();
    state_.stages.insert(proto_.state().stage().begin(), proto_.state().stage().end());
    CaffeNet net;
    net.name = proto_.name();
    for (const PlacedLayer& placed : layers_)
      if (is_included(placed.layer, state_)) net.layers.push_back(placed.layer);
    OCTET_RETURN_IF_ERROR(check_layer_types(net.layers));
    OCTET_RETURN_IF_ERROR(check_unknown_fields());
    OCTET_ASSIGN_OR_RETURN(net.inputs, inputs());
    return net;
  }

 private:
  Result<void> parse(std::string_view text) {
    if (text.size() > kMaxTextBytes) {
      return make_error(ErrorCode::kInvalidModel, "has {} bytes, expected a network as text (.prototxt) of at most {}",
                        text.size(), kMaxTextBytes);
    }
    pb::TextFormat::Parser parser;
    parser.AllowUnknownField(true);
    parser.SetRecursionLimit(kMaxDepth);
    parser.RecordErrorsTo(&messages_);
    parser.WriteLocationsTo(&locations_);
    pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
    if (parser.Parse(&stream, &proto_)) return {};
    if (!messages_.error) return make_error(ErrorCode::kInvalidModel, "is no network as text (.prototxt)");
    const TextMessage& error = *messages_.error;
    return make_error(ErrorCode::kInvalidModel, "line {}, column {}: {}", error.line + 1, error.column + 1, error.text);
  }

  Result<void> place_layers() {
    if (proto_.layer_size() > 0 && proto_.layers_size() > 0) {
      return make_error(
          ErrorCode::kInvalidModel,
          "has both 'layer' and 'layers', the form of older files; upgrade it with Caffe's upgrade_net_proto_text");
    }
    for (int i = 0; i < proto_.layer_size(); ++i) place("layer", i, std::move(*proto_.mutable_layer(i)));
    for (int i = 0; i < proto_.layers_size(); ++i) place("layers", i, upgraded(proto_.layers(i)));
    return {};
  }

  void place(const char* field, int i, caffe::LayerParameter layer) {
    const auto location = locations_.GetLocation(proto_.GetDescriptor()->FindFieldByName(field), i);
    layers_.push_back({std::move(layer), location.line, location.column});
  }

  // The layer in whose text a place lies: the last that begins before it.
  const caffe::LayerParameter* layer_at(const TextMessage& place) const {
    const auto after =
        std::upper_bound(layers_.begin(), layers_.end(), place, [](const TextMessage& p, const PlacedLayer& layer) {
          return std::pair(p.line, p.column) < std::pair(layer.line, layer.column);
        });
    return after == layers_.begin() ? nullptr : &std::prev(after)->layer;
  }

  Result<void> check_unknown_fields() const {
    for (const TextMessage& warning : messages_.warnings) {
      // protobuf 3: Message type "octet.caffe.LayerParameter" has no field named "foo".
      std::string_view message = quoted(warning.text, 0);
      const std::string_view field = quoted(warning.text, 1);
      message.remove_prefix(message.rfind('.') + 1);  // npos + 1 is 0
      if (field.empty()) return make_error(ErrorCode::kUnsupported, "line {}: {}", warning.line + 1, warning.text);
      if (std::find(kHarmlessFields.begin(), kHarmlessFields.end(), field) != kHarmlessFields.end()) continue;
      const caffe::LayerParameter* layer = message == "NetParameter" ? nullptr : layer_at(warning);
      if (layer == nullptr)
        return make_error(ErrorCode::kUnsupported, "line {}: Octet does not know field '{}'", warning.line + 1, field);
      if (!is_included(*layer, state_) || !is_computed(*layer)) continue;
      return make_error(ErrorCode::kUnsupported, "line {}: {}: Octet does not know field '{}' of {}", warning.line + 1,
                        caffe_layer_place(*layer), field, message);
    }
    return {};
  }

  // Data and loss layers are not run, so that their fields do not matter.
  static bool is_computed(const caffe::LayerParameter& layer) {
    const CaffeLayerType* type = find_caffe_layer_type(layer.type());
    return type == nullptr || type->role == CaffeRole::kCompute || type->role == CaffeRole::kInput;
  }

  Result<std::vector<CaffeInput>> inputs() const {
    const int count = proto_.input_size(), shapes = proto_.input_shape_size(), dims = proto_.input_dim_size();
    if (shapes > 0 && dims > 0)
      return make_error(ErrorCode::kInvalidModel, "has both input_shape and input_dim; keep one of them");
    if (shapes > 0 && shapes != count)
      return make_error(ErrorCode::kInvalidModel, "has {} input_shape for {} input", shapes, count);
    if (dims > 0 && dims != 4 * count)
      return make_error(ErrorCode::kInvalidModel, "has {} input_dim for {} input, expected four for each", dims, count);
    std::vector<CaffeInput> result;
    for (int i = 0; i < count; ++i) {
      CaffeInput input{proto_.input(i), {}};
      if (shapes > 0) input.shape.assign(proto_.input_shape(i).dim().begin(), proto_.input_shape(i).dim().end());
      if (dims > 0) input.shape.assign(proto_.input_dim().begin() + 4 * i, proto_.input_dim().begin() + 4 * (i + 1));
      result.push_back(std::move(input));
    }
    return result;
  }

  caffe::NetParameter proto_;
  State state_;
  Messages messages_;
  pb::TextFormat::ParseInfoTree locations_;
  std::vector<PlacedLayer> layers_;
};

}  // namespace

Result<CaffeNet> read_caffe_net(std::string_view text) { return NetReader().read(text); }

const std::string& caffe_layer_name(const caffe::LayerParameter& layer) {
  return layer.name().empty() && layer.top_size() > 0 ? layer.top(0) : layer.name();
}

std::string caffe_layer_place(const caffe::LayerParameter& layer) {
  return fmt::format("layer '{}' ({})", caffe_layer_name(layer), layer.type());
}

}  // namespace octet
