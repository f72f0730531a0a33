// SPDX-License-Identifier: Apache-2.0
#include "config/quant_options.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "config/ini.h"

namespace octet {
namespace {

constexpr Word<QuantType> kQuantTypes[] = {
    {"WEIGHT_QUANT", QuantType::kWeight}, {"FULL_QUANT", QuantType::kFull}, {"DYNAMIC_QUANT", QuantType::kDynamic}};
constexpr Word<Compatibility> kCompatibilities[] = {{"OCTET", Compatibility::kOctet},
                                                    {"MINDSPORE", Compatibility::kMindSpore}};
constexpr Word<WeightEncoding> kWeightEncodings[] = {{"COMPATIBLE", WeightEncoding::kCompatible},
                                                     {"OCTET", WeightEncoding::kOctet}};
constexpr Word<DequantStrategy> kDequantStrategies[] = {{"ON_THE_FLY", DequantStrategy::kOnTheFly}};
constexpr Word<WeightQuantStrategy> kWeightQuantStrategies[] = {{"MAX_MIN", WeightQuantStrategy::kMaxMin},
                                                                {"GPTQ", WeightQuantStrategy::kGptq}};
constexpr Word<ActivationQuantMethod> kActivationQuantMethods[] = {
    {"MAX_MIN", ActivationQuantMethod::kMaxMin},
    {"KL", ActivationQuantMethod::kKl},
    {"REMOVAL_OUTLIER", ActivationQuantMethod::kRemovalOutlier},
    {"RemovalOutlier", ActivationQuantMethod::kRemovalOutlier},  // as the documents spell it
    {"MEAN_MIN_MAX", ActivationQuantMethod::kMeanMinMax},
    {"PERCENTILE", ActivationQuantMethod::kPercentile},
    {"MSE", ActivationQuantMethod::kMse}};
constexpr Word<ActivationQuantMethod> kOldMethods[] = {{"MAX_MIN", ActivationQuantMethod::kMaxMin},
                                                       {"KL", ActivationQuantMethod::kKl},
                                                       {"RemovalOutlier", ActivationQuantMethod::kRemovalOutlier}};
constexpr Word<TargetDevice> kTargetDevices[] = {{"CPU", TargetDevice::kCpu},
                                                 {"NVGPU", TargetDevice::kNvgpu},
                                                 {"DSP", TargetDevice::kDsp},
                                                 {"ASCEND", TargetDevice::kAscend},
                                                 {"KIRIN", TargetDevice::kKirin}};
constexpr Word<CalibrationInputType> kInputTypes[] = {{"IMAGE", CalibrationInputType::kImage},
                                                      {"BIN", CalibrationInputType::kBin}};
constexpr Word<ImageFormat> kImageFormats[] = {
    {"RGB", ImageFormat::kRgb}, {"GRAY", ImageFormat::kGray}, {"BGR", ImageFormat::kBgr}};
constexpr Word<ResizeMethod> kResizeMethods[] = {
    {"LINEAR", ResizeMethod::kLinear}, {"NEAREST", ResizeMethod::kNearest}, {"CUBIC", ResizeMethod::kCubic}};
constexpr Word<DynamicQuantStrategy> kDynamicStrategies[] = {{"ALWC", DynamicQuantStrategy::kAlwc},
                                                             {"ACWL", DynamicQuantStrategy::kAcwl}};
constexpr Word<ExportPrecisionMode> kExportPrecisionModes[] = {{"QUANT", ExportPrecisionMode::kQuant},
                                                               {"FLOAT32", ExportPrecisionMode::kFloat32}};

constexpr int kMaxCount = 65535;

// "name:folder,name2:folder2", split at the last ':' of each; a folder with ':' or ',' stands between single quotes.
Problem set_calibrate_path(std::string_view text, std::vector<CalibrationFolder>& field) {
  if (text.empty()) return "the value is missing";
  std::vector<CalibrationFolder> folders;
  for (const std::string_view part : split(text, ',', '\'')) {
    const bool quoted = part.size() >= 2 && part.back() == '\'';
    const std::size_t opening = quoted ? part.rfind('\'', part.size() - 2) : part.npos;
    const std::size_t colon = part.rfind(':', opening);
    if (colon == part.npos) return fmt::format("'{}' is not input_name:folder", shortened(part));
    std::string_view name = trim(part.substr(0, colon)), folder = trim(part.substr(colon + 1));
    if (quoted && folder.size() >= 2 && folder.front() == '\'') folder = folder.substr(1, folder.size() - 2);
    if (name.empty() || folder.empty()) return fmt::format("'{}' lacks a name or a folder", shortened(part));
    if (std::any_of(folders.begin(), folders.end(), [&](const auto& f) { return f.input_name == name; }))
      return fmt::format("input '{}' has two folders", shortened(name));
    folders.push_back({std::string(name), std::string(folder)});
  }
  field = std::move(folders);
  return {};
}

// Folders in the order of the graph's inputs.
Problem set_image_path(std::string_view text, std::vector<CalibrationFolder>& field) {
  std::vector<std::string> folders;
  if (const Problem problem = set_list(text, folders); !problem.empty()) return problem;
  if (folders.empty()) return "the value is missing";
  field.clear();
  for (const std::string& folder : folders) field.push_back({"", folder});
  return {};
}

// Parts "[...]" of text such as "[1,2],[3]": what lies between the brackets.
Problem bracket_groups(std::string_view text, std::vector<std::string_view>& groups) {
  while (true) {
    const std::size_t end = text.find(']');
    if (!text.starts_with('[') || end == text.npos) return "not numbers in square brackets";
    groups.push_back(text.substr(1, end - 1));
    text = trim(text.substr(end + 1));
    if (text.empty()) return {};
    if (text.front() != ',' && text.front() != ';') return "no comma between brackets";
    text = trim(text.substr(1));
  }
}

constexpr std::int64_t kMaxDim = std::int64_t{1} << 31;

Problem set_dims(std::string_view text, std::vector<std::int64_t>& dims) {
  for (const std::string_view part : split(text, ',')) {
    std::int64_t dim = 0;
    if (!set_int(part, std::int64_t{-1}, kMaxDim, dim).empty() || dim == 0)
      return fmt::format("'{}' is not a positive dimension or -1", shortened(part));
    dims.push_back(dim);
  }
  return {};
}

// "input_1:[-1,32,32,4];input_2:[1,8]"
Problem set_ascend_shape(std::string_view text, std::vector<AscendInputShape>& field) {
  if (text.empty()) return "the value is missing";
  std::vector<AscendInputShape> shapes;
  while (!text.empty()) {
    const std::size_t bracket = text.find(":["), end = text.find(']', bracket == text.npos ? 0 : bracket);
    if (bracket == text.npos || bracket == 0 || end == text.npos) return "not input_name:[dimensions]";
    AscendInputShape& shape = shapes.emplace_back();
    shape.input_name = trim(text.substr(0, bracket));
    if (Problem problem = set_dims(text.substr(bracket + 2, end - bracket - 2), shape.dims); !problem.empty())
      return problem;
    text = trim(text.substr(end + 1));
    if (text.empty()) break;
    if (text.size() < 2 || (text.front() != ',' && text.front() != ';')) return "no ';' between two inputs";
    text = trim(text.substr(1));
  }
  field = std::move(shapes);
  return {};
}

// "[1~4],[8],[16]" or "[2,4],[3,5]"
Problem set_dynamic_dims(std::string_view text, std::vector<std::vector<DimRange>>& field) {
  std::vector<std::string_view> groups;
  if (Problem problem = bracket_groups(text, groups); !problem.empty()) return problem;
  std::vector<std::vector<DimRange>> choices;
  for (const std::string_view group : groups) {
    std::vector<DimRange>& ranges = choices.emplace_back();
    for (const std::string_view part : split(group, ',')) {
      const std::size_t tilde = part.find('~');
      DimRange& range = ranges.emplace_back();
      const std::string_view lowest = trim(part.substr(0, tilde));
      const std::string_view highest = tilde == part.npos ? lowest : trim(part.substr(tilde + 1));
      if (!set_int(lowest, std::int64_t{1}, kMaxDim, range.lowest).empty() ||
          !set_int(highest, range.lowest, kMaxDim, range.highest).empty())
        return fmt::format("'{}' is not a positive number or a range such as 1~4", shortened(part));
    }
  }
  field = std::move(choices);
  return {};
}

Problem set_init_scale(std::string_view text, double& field) {
  double value = 0;
  if (Problem problem = set_double(text, value); !problem.empty()) return problem;
  if (value <= 0 || value >= 1) return "out of range";
  field = value;
  return {};
}

Problem set_smooth_alpha(std::string_view text, double& field) {
  double value = 0;
  if (Problem problem = set_double(text, value); !problem.empty()) return problem;
  if (value < 0 || value > 1) return "out of range";
  field = value;
  return {};
}

Problem set_normalize_std(std::string_view text, std::vector<double>& field) {
  std::vector<double> values;
  if (Problem problem = set_doubles(text, values); !problem.empty()) return problem;
  if (std::find(values.begin(), values.end(), 0.0) != values.end()) return "division by 0";
  field = std::move(values);
  return {};
}

Problem set_provider(std::string_view text, std::string& field) {
  if (text != "ge") return "unknown value";
  field = text;
  return {};
}

using C = QuantConfig;
using Text = std::string_view;
constexpr std::string_view kBool = "true, false";
constexpr std::string_view kSide = "an integer from 1 to 65535";

using namespace quant_section;
// Samples serve weight quantization, too (rounding, the search of mixed bits), and the reports of dynamic quantization.
constexpr unsigned kUsedWithData = kUsedByFull | kUsedByWeight | kUsedByDynamic;

constexpr QuantOption kOptions[] = {
    {kCommon, "quant_type", "", "WEIGHT_QUANT, FULL_QUANT, DYNAMIC_QUANT",
     "weights only; weights and activations; weights offline and activations while running", kUsedAlways,
     [](C& c, Text v) { return set_word(v, kQuantTypes, c.common.quant_type); }},
    {kCommon, "bit_num", "8", "WEIGHT_QUANT: 0 to 16 (0: mixed bits); FULL_QUANT and DYNAMIC_QUANT: 8",
     "bits of a quantized number", kUsedByQuantization,
     [](C& c, Text v) { return set_int(v, 0, 16, c.common.bit_num); }},
    {kCommon, "min_quant_weight_size", "0", "an integer from 0 to 65535", "weights with more elements are quantized",
     kUsedByWeight,
     [](C& c, Text v) { return set_int(v, std::int64_t{0}, std::int64_t{kMaxCount}, c.common.min_quant_weight_size); }},
    {kCommon, "min_quant_weight_channel", "16", "an integer from 0 to 65535",
     "weights with more channels are quantized", kUsedByWeight,
     [](C& c, Text v) {
       return set_int(v, std::int64_t{0}, std::int64_t{kMaxCount}, c.common.min_quant_weight_channel);
     }},
    {kCommon, "skip_quant_node", "", "node names, comma separated", "nodes that stay float", kUsedByQuantization,
     [](C& c, Text v) { return set_list(v, c.common.skip_quant_node); }},
    {kCommon, "skip_quant_type", "", "operator types, comma separated", "types of nodes that stay float",
     kUsedByQuantization, [](C& c, Text v) { return set_list(v, c.common.skip_quant_type); }},
    {kCommon, "compatibility", "OCTET", "OCTET, MINDSPORE",
     "MINDSPORE: methods, operators, thresholds and reports exactly as the original", kUsedByQuantization,
     [](C& c, Text v) { return set_word(v, kCompatibilities, c.common.compatibility); }},
    {kCommon, "weight_encoding", "COMPATIBLE", "COMPATIBLE, OCTET",
     "COMPATIBLE: encodings that the original reads; OCTET: smaller, read by Octet only", kUsedByQuantization,
     [](C& c, Text v) { return set_word(v, kWeightEncodings, c.common.weight_encoding); }},
    {kCommon, "debug_info_save_path", "", "a folder", "where the reports go; created when missing", kUsedByQuantization,
     [](C& c, Text v) { return set_text(v, c.common.debug_info_save_path); }},
    {kCommon, "enable_encode", "true", "true; false with bit_num 8 or 16", "entropy-code the quantized weights",
     kUsedByQuantization, [](C& c, Text v) { return set_bool(v, c.common.enable_encode); }},
    {kCommon, "workspace", "", "a folder", "where large intermediate data may go", kUsedByQuantization,
     [](C& c, Text v) { return set_text(v, c.common.workspace); }},

    {kWeight, "per_channel", "true", kBool, "one scale per channel instead of one per weight", kUsedByWeight,
     [](C& c, Text v) { return set_bool(v, c.weight.per_channel); }},
    {kWeight, "bias_correction", "true", kBool, "keep mean and variance of each channel", kUsedByWeight,
     [](C& c, Text v) { return set_bool(v, c.weight.bias_correction); }},
    {kWeight, "dequant_strategy", "", "ON_THE_FLY", "weights stay quantized in memory, dequantized inside the kernel",
     kUsedByWeight, [](C& c, Text v) { return set_word(v, kDequantStrategies, c.weight.dequant_strategy); }},
    {kWeight, "quant_strategy", "MAX_MIN", "MAX_MIN, GPTQ", "GPTQ: rounds against the calibration data", kUsedByWeight,
     [](C& c, Text v) { return set_word(v, kWeightQuantStrategies, c.weight.quant_strategy); }},
    {kWeight, "update_mindir", "true", kBool, "write quantized weights back into a MINDIR output", kUsedByWeight,
     [](C& c, Text v) { return set_bool(v, c.weight.update_mindir); }},
    {kWeight, "max_segments", "1", "an integer from 1 to 65535", "parts of an encoded weight that decode in parallel",
     kUsedByWeight, [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.weight.max_segments); }},

    {kMixed, "init_scale", "0.02", "a number above 0 and below 1", "relative error per layer; larger compresses more",
     kUsedByWeight, [](C& c, Text v) { return set_init_scale(v, c.mixed.init_scale); }},
    {kMixed, "auto_tune", "false", kBool, "search init_scale for an output cosine of at least 0.995", kUsedByWeight,
     [](C& c, Text v) { return set_bool(v, c.mixed.auto_tune); }},
    {kMixed, "use_cv_data", "false", kBool, "search on the calibration data", kUsedByWeight,
     [](C& c, Text v) { return set_bool(v, c.mixed.use_cv_data); }},
    {kMixed, "max_iterations", "40", "an integer from 40 to 65535", "most steps of the search", kUsedByWeight,
     [](C& c, Text v) { return set_int(v, 40, kMaxCount, c.mixed.max_iterations); }},

    {kFull, "activation_quant_method", "", "MAX_MIN, KL, REMOVAL_OUTLIER, MEAN_MIN_MAX, PERCENTILE, MSE",
     "how activation ranges come from the samples; absent: MAX_MIN with compatibility=MINDSPORE, else Octet's choice",
     kUsedByFull, [](C& c, Text v) { return set_word(v, kActivationQuantMethods, c.full.activation_quant_method); }},
    {kFull, "bias_correction", "true", kBool, "fold the mean output error per channel into the bias", kUsedByFull,
     [](C& c, Text v) { return set_bool(v, c.full.bias_correction); }},
    {kFull, "per_channel", "true", kBool, "one scale per channel of a weight", kUsedByFull,
     [](C& c, Text v) { return set_bool(v, c.full.per_channel); }},
    {kFull, "target_device", "CPU", "CPU, NVGPU, DSP, ASCEND, KIRIN", "hardware that will run the model", kUsedByFull,
     [](C& c, Text v) { return set_word(v, kTargetDevices, c.full.target_device); }},
    {kFull, "smooth_alpha", "0.5", "a number from 0 to 1", "share of the range that smoothing moves to the weights",
     kUsedByFull, [](C& c, Text v) { return set_smooth_alpha(v, c.full.smooth_alpha); }},
    {kFull, "enable_smooth_shift", "false", kBool, "smoothing may shift as well as scale", kUsedByFull,
     [](C& c, Text v) { return set_bool(v, c.full.enable_smooth_shift); }},

    {kData, "calibrate_path", "", "input_name:folder,input_name2:folder2", "samples of each graph input", kUsedWithData,
     [](C& c, Text v) { return set_calibrate_path(v, c.data.calibrate_path); }},
    {kData, "calibrate_size", "", "an integer from 1 to 65535", "samples to use; the first ones, sorted by file name",
     kUsedWithData, [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.data.calibrate_size); }},
    {kData, "input_type", "", "IMAGE, BIN", "JPEG, PNG or BMP files; or raw tensors", kUsedWithData,
     [](C& c, Text v) { return set_word(v, kInputTypes, c.data.input_type); }},
    {kData, "image_to_format", "BGR", "RGB, GRAY, BGR", "channels of the model's input", kUsedWithData,
     [](C& c, Text v) { return set_word(v, kImageFormats, c.data.image_to_format); }},
    {kData, "normalize_mean", "", "[m1, m2, m3], or [m1] for GRAY", "dst = (src - mean) / std on 0..255", kUsedWithData,
     [](C& c, Text v) { return set_doubles(v, c.data.normalize_mean); }},
    {kData, "normalize_std", "", "[s1, s2, s3], or [s1] for GRAY; not 0", "dst = (src - mean) / std on 0..255",
     kUsedWithData, [](C& c, Text v) { return set_normalize_std(v, c.data.normalize_std); }},
    {kData, "resize_width", "", kSide, "width after resizing", kUsedWithData,
     [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.data.resize_width); }},
    {kData, "resize_height", "", kSide, "height after resizing", kUsedWithData,
     [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.data.resize_height); }},
    {kData, "resize_method", "", "LINEAR, NEAREST, CUBIC", "interpolation; images are resized only if it is set",
     kUsedWithData, [](C& c, Text v) { return set_word(v, kResizeMethods, c.data.resize_method); }},
    {kData, "center_crop_width", "", kSide, "width cut out of the middle, after resizing", kUsedWithData,
     [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.data.center_crop_width); }},
    {kData, "center_crop_height", "", kSide, "height cut out of the middle, after resizing", kUsedWithData,
     [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.data.center_crop_height); }},

    {kDynamic, "quant_strategy", "ALWC", "ALWC, ACWL",
     "ALWC: activations per layer, weights per channel; ACWL: activations per channel, weights per layer",
     kUsedByDynamic, [](C& c, Text v) { return set_word(v, kDynamicStrategies, c.dynamic.quant_strategy); }},

    {kTransform, "export_precision_mode", "QUANT", "QUANT, FLOAT32", "keep a quantized model so, or dequantize it",
     kUsedAlways, [](C& c, Text v) { return set_word(v, kExportPrecisionModes, c.transform.export_precision_mode); }},

    {kAscend, "provider", "", "ge", "the converted model is for Ascend's GE", kUsedAlways,
     [](C& c, Text v) { return set_provider(v, c.ascend.provider); }},
    {kAscend, "input_shape", "", "input_1:[-1,32,32,4];input_2:[1,8]", "shapes; -1 is dynamic", kUsedAlways,
     [](C& c, Text v) { return set_ascend_shape(v, c.ascend.input_shape); }},
    {kAscend, "dynamic_dims", "", "[1~4],[8],[16]", "values of the dynamic dimensions", kUsedAlways,
     [](C& c, Text v) { return set_dynamic_dims(v, c.ascend.dynamic_dims); }},
    {kAscend, "input_format", "", "", "", kUsedAlways, nullptr},
    {kAscend, "precision_mode", "", "", "", kUsedAlways, nullptr},
    {kAscend, "op_select_impl_mode", "", "", "", kUsedAlways, nullptr},
    {kAscend, "output_type", "", "", "", kUsedAlways, nullptr},
    {kAscend, "device_id", "", "", "", kUsedAlways, nullptr},
    {kAscend, "rank_id", "", "", "", kUsedAlways, nullptr},
    {kAscend, "plugin_custom_ops", "", "", "", kUsedAlways, nullptr},
    {kAscend, "custom_fusion_pattern", "", "", "", kUsedAlways, nullptr},
    {kAscend, "op_attrs", "", "", "", kUsedAlways, nullptr},
    {kAscend, "inputs_to_variable", "", "", "", kUsedAlways, nullptr},
    {kAscend, "outputs_to_variable", "", "", "", kUsedAlways, nullptr},
    {kAscend, "dynamic_batch_size", "", "", "", kUsedAlways, nullptr},
    {kAscend, "dynamic_image_size", "", "", "", kUsedAlways, nullptr},
    {kAscend, "fusion_switch_config_file_path", "", "", "", kUsedAlways, nullptr},
    {kAscend, "insert_op_config_file_path", "", "", "", kUsedAlways, nullptr},
    {kAscend, "buffer_optimize", "", "", "", kUsedAlways, nullptr},
    {kAscend, "aoe_mode", "", "", "", kUsedAlways, nullptr},
    {kAscend, "custom_opp_path", "", "", "", kUsedAlways, nullptr},
};

constexpr QuantOption kOldOptions[] = {
    {"", "image_path", "", "folders, comma separated, one per graph input", "raw preprocessed samples", kUsedByFull,
     [](C& c, Text v) { return set_image_path(v, c.data.calibrate_path); }},
    {"", "batch_count", "100", "an integer from 1 to 65535", "samples to use", kUsedByFull,
     [](C& c, Text v) { return set_int(v, 1, kMaxCount, c.data.calibrate_size); }},
    {"", "method_x", "KL", "MAX_MIN, KL, RemovalOutlier", "how activation ranges come from the samples", kUsedByFull,
     [](C& c, Text v) { return set_word(v, kOldMethods, c.full.activation_quant_method); }},
    {"", "thread_num", "1", "an integer from 1 to 1024", "threads of the calibration", kUsedByFull,
     [](C& c, Text v) { return set_int(v, 1, 1024, c.common.num_threads); }},
    {"", "bias_correction", "false", kBool, "fold the mean output error per channel into the bias", kUsedByFull,
     [](C& c, Text v) { return set_bool(v, c.full.bias_correction); }},
};

constexpr std::string_view kForeignSections[] = {"registry",           "micro_param",       "acl_option_cfg_param",
                                                 "acl_init_options",   "acl_build_options", "cpu_option_cfg_param",
                                                 "graph_kernel_param", "om_converter",      "model_param",
                                                 "third_party_model",  "decrypt_param",     "transform_param"};
constexpr std::string_view kForeignPrefixes[] = {"acl_", "aoe_", "ge_"};

}  // namespace

std::span<const QuantOption> quant_options() { return kOptions; }

std::span<const QuantOption> old_quant_options() { return kOldOptions; }

bool is_foreign_section(std::string_view name) {
  return std::find(std::begin(kForeignSections), std::end(kForeignSections), name) != std::end(kForeignSections) ||
         std::any_of(std::begin(kForeignPrefixes), std::end(kForeignPrefixes),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string_view quant_type_name(QuantType type) {
  for (const auto& word : kQuantTypes)
    if (word.value == type) return word.text;
  return "no quantization";
}

}  // namespace octet
