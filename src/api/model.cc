// SPDX-License-Identifier: Apache-2.0
#include "octet/model.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "api/model_impl.h"
#include "importers/caffe/caffe_importer.h"
#include "importers/mindir/mindir_importer.h"
#include "importers/ms/ms_importer.h"
#include "importers/onnx/onnx_importer.h"
#include "importers/tensorflow/tf_importer.h"
#include "importers/tflite/tflite_importer.h"
#include "ir/text.h"

namespace octet {
namespace {

// What tells an importer apart; a new format is a new line.
struct FormatEntry {
  ModelFormat format;
  std::string_view suffix;
  Result<Graph> (*import)(const std::string& path, const LoadOptions& options, const ImportOptions& import_options);
};

Result<Graph> import_caffe_files(const std::string& path, const LoadOptions& options, const ImportOptions& import_options) {
  if (options.weight_file.empty())
    return make_error(ErrorCode::kInvalidArgument, "{}: a Caffe model needs its .caffemodel, too (--weight FILE)", path);
  return import_caffe(path, options.weight_file, import_options);
}

constexpr FormatEntry kFormatEntries[] = {
    {ModelFormat::kOnnx, ".onnx",
     [](const std::string& path, const LoadOptions&, const ImportOptions& o) { return import_onnx(path, o); }},
    {ModelFormat::kCaffe, ".prototxt", import_caffe_files},
    {ModelFormat::kMs, ".ms",
     [](const std::string& path, const LoadOptions&, const ImportOptions& o) { return import_ms(path, o); }},
    {ModelFormat::kMindir, ".mindir",
     [](const std::string& path, const LoadOptions&, const ImportOptions& o) { return import_mindir(path, o); }},
    {ModelFormat::kTensorFlow, ".pb",
     [](const std::string& path, const LoadOptions&, const ImportOptions& o) { return import_tensorflow(path, o); }},
    {ModelFormat::kTflite, ".tflite",
     [](const std::string& path, const LoadOptions&, const ImportOptions& o) { return import_tflite(path, o); }},
};

std::uint64_t total_bytes(const std::set<std::filesystem::path>& files) {
  std::uint64_t bytes = 0;
  for (const std::filesystem::path& file : files) {
    std::error_code failed;  // no file: an empty name, or the folder of a SavedModel
    const auto size = std::filesystem::file_size(file, failed);
    if (!failed) bytes += size;
  }
  return bytes;
}

}  // namespace

std::string element_type_name(ElementType type) {
  static constexpr const char* kNames[] = {"float32", "float16", "float64", "int8", "uint8", "int16", "int32", "int64", "bool",
                                           "uint16", "uint32", "uint64"};
  return kNames[static_cast<int>(type)];
}

ElementType element_type(DataType type) { return static_cast<ElementType>(type); }
static_assert(static_cast<int>(ElementType::kUint64) == static_cast<int>(DataType::kUint64));
static_assert(static_cast<int>(ElementType::kBool) == static_cast<int>(DataType::kBool));
static_assert(static_cast<int>(ElementType::kInt8) == static_cast<int>(DataType::kInt8));

TensorInfo tensor_info(const Tensor& tensor) {
  TensorInfo info;
  info.name = tensor.name;
  info.type = element_type(tensor.type);
  for (const std::int64_t d : tensor.shape) info.shape.push_back(is_symbolic(d) ? -1 : d);
  info.layout = tensor.layout == Layout::kNchw ? "NCHW" : tensor.layout == Layout::kNhwc ? "NHWC" : "";
  if (!is_float(tensor.type) && tensor.quant && !tensor.quant->per_channel()) {
    info.scale = tensor.quant->scale[0];
    info.zero_point = tensor.quant->zero_point[0];
  }
  return info;
}

Result<ModelFormat> model_format(const std::string& path, const LoadOptions& options) {
  if (options.format != ModelFormat::kAuto) return options.format;
  const std::string suffix = std::filesystem::path(path).extension().string();
  for (const FormatEntry& entry : kFormatEntries)
    if (suffix == entry.suffix) return entry.format;
  if (std::filesystem::exists(std::filesystem::path(path) / "saved_model.pb")) return ModelFormat::kTensorFlow;
  return make_error(ErrorCode::kInvalidArgument,
                    "{}: cannot tell the format by the suffix '{}'; expected .onnx, .tflite, .pb, .mindir, .prototxt (with --weight), .ms, or "
                    "the folder of a SavedModel",
                    path, suffix);
}

Result<ImportedModel> import_model(const std::string& path, const LoadOptions& options) {
  OCTET_ASSIGN_OR_RETURN(const ModelFormat format, model_format(path, options));
  if (format != ModelFormat::kCaffe && !options.weight_file.empty())
    return make_error(ErrorCode::kInvalidArgument, "{}: a weight file ({}) goes with Caffe models only", path, options.weight_file);
  const auto entry = std::find_if(std::begin(kFormatEntries), std::end(kFormatEntries), [&](const FormatEntry& e) { return e.format == format; });
  ImportOptions import_options;
  import_options.input_shapes = options.input_shapes;
  std::set<std::filesystem::path> files = {path, options.weight_file};
  import_options.on_external_file = [&files](const std::filesystem::path& file) { files.insert(file); };
  OCTET_ASSIGN_OR_RETURN(Graph graph, entry->import(path, options, import_options));
  return ImportedModel{std::move(graph), total_bytes(files)};
}

Result<Model> Model::load(const std::string& path, const LoadOptions& options) {
  OCTET_ASSIGN_OR_RETURN(ImportedModel model, import_model(path, options));
  return Model(std::make_shared<const Impl>(Impl{std::move(model.graph)}));
}

std::vector<TensorInfo> Model::inputs() const {
  std::vector<TensorInfo> infos;
  for (const TensorId id : impl_->graph.inputs) infos.push_back(tensor_info(impl_->graph.tensor(id)));
  return infos;
}

std::vector<TensorInfo> Model::outputs() const {
  std::vector<TensorInfo> infos;
  for (const TensorId id : impl_->graph.outputs) infos.push_back(tensor_info(impl_->graph.tensor(id)));
  return infos;
}

std::string Model::text() const { return print_graph(impl_->graph); }

}  // namespace octet
