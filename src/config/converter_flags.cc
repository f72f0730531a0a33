// SPDX-License-Identifier: Apache-2.0
#include "config/converter_flags.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "config/ini.h"
#include "config/option_values.h"

namespace octet {
namespace {

// kOriginal: a flag of the original that quantization does not need. It takes the values in `allowed` and changes
// nothing.
enum class FlagKind { kRequired, kOptional, kOriginal };

struct Flag {
  std::string_view name;
  std::string_view allowed;
  std::string_view default_value;
  std::string_view help;
  FlagKind kind;
  Problem (*set)(ConverterFlags& flags, std::string_view value);  // value is not empty
};

constexpr Word<FmkType> kFormats[] = {{"MINDIR", FmkType::kMindir}, {"CAFFE", FmkType::kCaffe},
                                          {"TFLITE", FmkType::kTflite}, {"TF", FmkType::kTf},
                                          {"ONNX", FmkType::kOnnx},     {"MS", FmkType::kMs}};
constexpr std::string_view kForeignFormats[] = {"PYTORCH", "OM", "MSLITE"};
constexpr Word<DataFormat> kDataFormats[] = {{"NHWC", DataFormat::kNhwc}, {"NCHW", DataFormat::kNchw}};
constexpr Word<OptimizeLevel> kOptimizeLevels[] = {{"none", OptimizeLevel::kNone},
                                                   {"general", OptimizeLevel::kGeneral},
                                                   {"gpu_oriented", OptimizeLevel::kGpuOriented},
                                                   {"ascend_oriented", OptimizeLevel::kAscendOriented}};
constexpr Word<bool> kOnOff[] = {{"on", true}, {"off", false}};
constexpr Word<IoDataType> kOutputTypes[] = {{"FLOAT16", IoDataType::kFloat16}, {"FLOAT", IoDataType::kFloat},
                                             {"INT8", IoDataType::kInt8},       {"UINT8", IoDataType::kUint8},
                                             {"INT32", IoDataType::kInt32},     {"DEFAULT", IoDataType::kDefault}};
constexpr Word<IoDataType> kInt64Type[] = {{"INT64", IoDataType::kInt64}};  // for inputs only
constexpr Word<SaveType> kSaveTypes[] = {{"MINDIR_LITE", SaveType::kMindirLite},
                                         {"MINDIR", SaveType::kMindir},
                                         {"ONNX", SaveType::kOnnx},
                                         {"TFLITE", SaveType::kTflite}};
constexpr Word<OldQuantType> kOldQuantTypes[] = {{"WeightQuant", OldQuantType::kWeightQuant},
                                                 {"PostTraining", OldQuantType::kPostTraining}};

// Marks a problem as something that Octet does not do, rather than a wrong value.
constexpr std::string_view kNotDone = "Octet does not ";

Problem set_format(std::string_view text, FmkType& field) {
  if (std::find(std::begin(kForeignFormats), std::end(kForeignFormats), text) != std::end(kForeignFormats))
    return fmt::format("{}read {} models", kNotDone, text);
  return set_word(text, kFormats, field);
}

// "general", "ascend_oriented:Ascend310P"
Problem set_optimize(std::string_view text, ConverterFlags& flags) {
  const std::size_t colon = text.find(':');
  flags.ascend_chip = colon == text.npos ? "" : text.substr(colon + 1);
  if (Problem problem = set_word(text.substr(0, colon), kOptimizeLevels, flags.optimize); !problem.empty())
    return problem;
  if (colon == text.npos) return {};
  if (flags.optimize != OptimizeLevel::kAscendOriented) return "only ascend_oriented takes a chip";
  return flags.ascend_chip.empty() ? "the chip after ':' is missing" : "";
}

Problem set_input_type(std::string_view text, IoDataType& field) {
  return set_word(text, kInt64Type, field).empty() ? "" : set_word(text, kOutputTypes, field);
}

// "name:1,32,32,4;name2:1,64", split at the last ':' of each; one empty part at the end is allowed.
Problem set_input_shape(std::string_view text, ConverterFlags& flags) {
  constexpr std::int64_t kMaxDim = std::numeric_limits<std::int32_t>::max();  // dimensions of a .ms file are int32
  constexpr std::size_t kMaxRank = 16;
  std::vector<std::string_view> parts = split(text, ';');
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  for (const std::string_view part : parts) {
    const std::size_t colon = part.rfind(':');
    const std::string name(trim(part.substr(0, colon)));
    if (colon == part.npos || name.empty()) return fmt::format("'{}' is not name:dimensions", shortened(part));
    if (std::any_of(flags.input_shape.begin(), flags.input_shape.end(), [&](const auto& s) { return s.first == name; }))
      return fmt::format("input '{}' has two shapes", shortened(name));
    std::vector<std::int64_t> dims;
    for (const std::string_view dim : split(part.substr(colon + 1), ',')) {
      if (dims.size() == kMaxRank) return fmt::format("more than {} dimensions", kMaxRank);
      if (const Problem problem = set_int(dim, std::int64_t{1}, kMaxDim, dims.emplace_back()); !problem.empty())
        return fmt::format("dimension '{}' of input '{}' is not a positive integer", shortened(dim), shortened(name));
    }
    flags.input_shape.emplace_back(name, std::move(dims));
  }
  return {};
}

Problem set_size(std::string_view text, std::optional<std::int64_t>& field) {
  return set_int(text, std::int64_t{0}, std::int64_t{std::numeric_limits<std::int32_t>::max()}, field.emplace());
}

Problem set_old_quant_type(std::string_view text, OldQuantType& field) {
  if (text == "AwareTraining") return fmt::format("{}take AwareTraining: import the trained model itself", kNotDone);
  return set_word(text, kOldQuantTypes, field);
}

Problem accept(ConverterFlags&, std::string_view) { return {}; }

// Only `harmless` is accepted, in any case.
Problem only(std::string_view text, std::string_view harmless, std::string_view what) {
  bool same = text.size() == harmless.size();
  for (std::size_t i = 0; same && i < text.size(); ++i) same = (text[i] | 0x20) == (harmless[i] | 0x20);
  return same ? Problem{} : fmt::format("{}{}", kNotDone, what);
}

using F = ConverterFlags;
using Text = std::string_view;

constexpr Flag kFlags[] = {
    {"fmk", "MINDIR, CAFFE, TFLITE, TF, ONNX, MS", "", "format of the model; MS is a .ms file", FlagKind::kRequired,
     [](F& f, Text v) { return set_format(v, f.fmk); }},
    {"modelFile", "a path", "", "the model to convert (with CAFFE the prototxt)", FlagKind::kRequired,
     [](F& f, Text v) { return set_text(v, f.model_file); }},
    {"outputFile", "a path", "", "the result; .ms is appended unless it ends so", FlagKind::kRequired,
     [](F& f, Text v) { return set_text(v, f.output_file); }},
    {"weightFile", "a path", "", "the caffemodel; required with --fmk=CAFFE, not allowed else", FlagKind::kOptional,
     [](F& f, Text v) { return set_text(v, f.weight_file); }},
    {"configFile", "a path", "", "configuration of the quantization", FlagKind::kOptional,
     [](F& f, Text v) { return set_text(v, f.config_file); }},
    {"inputShape", "name:1,32,32,4;name2:1,64", "", "fixes the shapes of inputs with dynamic dimensions",
     FlagKind::kOptional, [](F& f, Text v) { return set_input_shape(v, f); }},
    {"inputDataFormat", "NHWC, NCHW", "NHWC", "layout of 4-D inputs and of BIN samples", FlagKind::kOptional,
     [](F& f, Text v) { return set_word(v, kDataFormats, f.input_data_format); }},
    {"outputDataFormat", "NHWC, NCHW", "", "layout of 4-D outputs", FlagKind::kOptional,
     [](F& f, Text v) { return set_word(v, kDataFormats, f.output_data_format); }},
    {"optimize", "none, general, gpu_oriented, ascend_oriented[:chip]", "general", "none: no fusion",
     FlagKind::kOptional, [](F& f, Text v) { return set_optimize(v, f); }},
    {"fp16", "on, off", "off", "store the remaining float32 constants as float16", FlagKind::kOptional,
     [](F& f, Text v) { return set_word(v, kOnOff, f.fp16); }},
    {"inputDataType", "FLOAT16, FLOAT, INT8, UINT8, INT32, INT64, DEFAULT", "DEFAULT",
     "type of a quantized model's inputs", FlagKind::kOptional,
     [](F& f, Text v) { return set_input_type(v, f.input_data_type); }},
    {"outputDataType", "FLOAT16, FLOAT, INT8, UINT8, INT32, DEFAULT", "DEFAULT", "type of a quantized model's outputs",
     FlagKind::kOptional, [](F& f, Text v) { return set_word(v, kOutputTypes, f.output_data_type); }},
    {"saveType", "MINDIR_LITE, MINDIR, ONNX, TFLITE", "MINDIR_LITE", "format of the result; MINDIR_LITE is .ms",
     FlagKind::kOptional, [](F& f, Text v) { return set_word(v, kSaveTypes, f.save_type); }},
    {"infer", "true, false", "false", "run the result once on random input", FlagKind::kOptional,
     [](F& f, Text v) { return set_bool(v, f.infer); }},
    {"quantType", "WeightQuant, PostTraining", "",
     "old command line: weights only; full quantization with --configFile", FlagKind::kOptional,
     [](F& f, Text v) { return set_old_quant_type(v, f.quant_type); }},
    {"bitNum", "1 to 16 with WeightQuant, 1 to 8 with PostTraining", "8", "old command line: bits", FlagKind::kOptional,
     [](F& f, Text v) { return set_int(v, 1, 16, f.bit_num); }},
    {"quantWeightSize", "an integer from 0", "0", "old command line: weights with more elements are quantized",
     FlagKind::kOptional, [](F& f, Text v) { return set_size(v, f.quant_weight_size); }},
    {"quantWeightChannel", "an integer from 0", "16", "old command line: weights with more channels are quantized",
     FlagKind::kOptional, [](F& f, Text v) { return set_size(v, f.quant_weight_channel); }},

    {"trainModel", "false", "", "", FlagKind::kOriginal,
     [](F&, Text v) { return only(v, "false", "make models for training"); }},
    {"encryption", "false", "", "", FlagKind::kOriginal, [](F&, Text v) { return only(v, "false", "encrypt models"); }},
    {"encryptKey", "", "", "", FlagKind::kOriginal, [](F&, Text v) { return only(v, "", "encrypt models"); }},
    {"decryptKey", "", "", "", FlagKind::kOriginal, [](F&, Text v) { return only(v, "", "decrypt models"); }},
    {"decryptMode", "any", "", "", FlagKind::kOriginal, accept},  // means nothing without decryptKey
    {"device", "", "", "", FlagKind::kOriginal,
     [](F&, Text v) {
       return only(v, "", "convert for a device here: use --optimize, or target_device in the configuration");
     }},
    {"optimizeTransformer", "false", "", "", FlagKind::kOriginal,
     [](F&, Text v) { return only(v, "false", "make the fused transformer operators"); }},
    {"inferenceType", "FLOAT", "", "", FlagKind::kOriginal,
     [](F&, Text v) { return only(v, "FLOAT", "take this type here: use --outputDataType"); }},
    {"inputInferenceType", "FLOAT", "", "", FlagKind::kOriginal,
     [](F&, Text v) { return only(v, "FLOAT", "take this type here: use --inputDataType"); }},
    {"stdDev", "any", "", "", FlagKind::kOriginal, accept},  // of AwareTraining models only
    {"mean", "any", "", "", FlagKind::kOriginal, accept},
};

Error illegal(std::string_view text) { return make_error(ErrorCode::kInvalidArgument, "INPUT ILLEGAL: {}", text); }

Error unknown_flag(std::string_view name) {
  std::vector<std::string> known{"help"};
  for (const Flag& flag : kFlags) known.emplace_back(flag.name);
  return illegal(fmt::format("--{} is not a flag{}", shortened(name), did_you_mean(name, known)));
}

Result<void> apply_argument(std::string_view argument, std::set<std::string_view>& given, ConverterFlags& flags) {
  if (!argument.starts_with("--"))
    return illegal(fmt::format("'{}' is not a flag; flags have the form --name=value", shortened(argument)));
  const std::size_t equals = argument.find('=');
  const std::string_view name = argument.substr(2, equals == argument.npos ? argument.npos : equals - 2);
  const auto flag = std::find_if(std::begin(kFlags), std::end(kFlags), [&](const Flag& f) { return f.name == name; });
  if (flag == std::end(kFlags)) return unknown_flag(name);
  if (!given.insert(flag->name).second) return illegal(fmt::format("--{} is given twice", name));
  const std::string_view value = equals == argument.npos ? "" : trim(argument.substr(equals + 1));
  if (value.empty()) return illegal(fmt::format("--{} has no value; flags have the form --name=value", name));
  const Problem problem = flag->set(flags, value);
  if (problem.empty()) return {};
  if (problem.starts_with(kNotDone))
    return make_error(ErrorCode::kUnsupported, "INPUT ILLEGAL: --{}={}: {}", name, shortened(value), problem);
  return illegal(fmt::format("--{}={}: {}; allowed: {}", name, shortened(value), problem, flag->allowed));
}

Result<void> check_old_flags(const ConverterFlags& flags) {
  if (flags.quant_type != OldQuantType::kWeightQuant && (flags.quant_weight_size || flags.quant_weight_channel))
    return illegal("--quantWeightSize and --quantWeightChannel need --quantType=WeightQuant");
  if (flags.quant_type == OldQuantType::kNone && flags.bit_num)
    return illegal("--bitNum needs --quantType; in a configuration file the key is bit_num");
  if (flags.quant_type == OldQuantType::kPostTraining) {
    if (flags.config_file.empty()) return illegal("--quantType=PostTraining needs --configFile, the old config.cfg");
    if (flags.bit_num.value_or(8) > 8) {
      return illegal(
          fmt::format("--bitNum={}: out of range; allowed: 1 to 8 with --quantType=PostTraining", *flags.bit_num));
    }
  }
  if (flags.quant_type == OldQuantType::kWeightQuant && !flags.config_file.empty())
    return illegal("--quantType=WeightQuant and --configFile contradict each other; keep one of them");
  return {};
}

Result<void> check_together(const ConverterFlags& flags, const std::set<std::string_view>& given) {
  for (const Flag& flag : kFlags) {
    if (flag.kind == FlagKind::kRequired && !given.contains(flag.name))
      return make_error(ErrorCode::kInvalidArgument, "INPUT MISSING: --{} is necessary; allowed: {}", flag.name,
                        flag.allowed);
  }
  if (flags.output_file.back() == '/') {
    return illegal(
        fmt::format("outputFile must be a valid file path; --outputFile={} ends in '/'", shortened(flags.output_file)));
  }
  const bool caffe = flags.fmk == FmkType::kCaffe;
  if (caffe && flags.weight_file.empty())
    return make_error(ErrorCode::kInvalidArgument, "INPUT MISSING: --fmk=CAFFE needs --weightFile, the caffemodel");
  if (!caffe && !flags.weight_file.empty()) return illegal("weightFile is not a valid flag; only --fmk=CAFFE takes it");
  return check_old_flags(flags);
}

std::string_view suffix(SaveType type) {
  switch (type) {
    case SaveType::kMindirLite:
      return ".ms";
    case SaveType::kMindir:
      return ".mindir";
    case SaveType::kOnnx:
      return ".onnx";
    case SaveType::kTflite:
      return ".tflite";
  }
  return "";
}

}  // namespace

Result<ConverterFlags> parse_converter_flags(std::span<const std::string> args) {
  ConverterFlags flags;
  std::set<std::string_view> given;
  for (const std::string& argument : args) {
    if (argument == "--") break;
    if (argument == "--help" || argument == "-h") {
      flags.help = true;
      return flags;
    }
    OCTET_RETURN_IF_ERROR(apply_argument(argument, given, flags));
  }
  OCTET_RETURN_IF_ERROR(check_together(flags, given));
  return flags;
}

std::string converter_usage() {
  std::string usage = "usage: converter_lite --fmk=FORMAT --modelFile=PATH --outputFile=PATH [--name=value ...]\n\n";
  for (const Flag& flag : kFlags) {
    if (flag.kind == FlagKind::kOriginal) continue;
    const std::string_view required = flag.kind == FlagKind::kRequired ? " (required)" : "";
    const std::string otherwise = flag.default_value.empty() ? "" : fmt::format(" (default {})", flag.default_value);
    usage += fmt::format("  --{}=  {}{}{}\n      {}\n", flag.name, flag.allowed, required, otherwise, flag.help);
  }
  usage += "  --help\n      this text\n\nFlags of the original that change nothing here:";
  for (const Flag& flag : kFlags)
    if (flag.kind == FlagKind::kOriginal && !flag.allowed.empty())
      usage += fmt::format(" --{}={}", flag.name, flag.allowed);
  return usage + "\n";
}

std::string output_path(const ConverterFlags& flags) {
  const std::string_view end = suffix(flags.save_type);
  return flags.output_file.ends_with(end) ? flags.output_file : fmt::format("{}{}", flags.output_file, end);
}

Result<QuantConfig> load_quant_config(const ConverterFlags& flags) {
  if (flags.quant_type == OldQuantType::kPostTraining)
    return load_old_quant_config(flags.config_file, flags.bit_num.value_or(8));
  if (flags.quant_type == OldQuantType::kNone && !flags.config_file.empty())
    return load_quant_config(std::filesystem::path(flags.config_file));
  QuantConfig config;
  if (flags.quant_type == OldQuantType::kNone) return config;
  config.common.quant_type = QuantType::kWeight;
  config.common.old_command_line = true;
  config.common.bit_num = flags.bit_num.value_or(8);
  config.common.min_quant_weight_size = flags.quant_weight_size.value_or(0);
  config.common.min_quant_weight_channel = flags.quant_weight_channel.value_or(16);
  OCTET_RETURN_IF_ERROR(validate(config));
  return config;
}

}  // namespace octet
