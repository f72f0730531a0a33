// SPDX-License-Identifier: Apache-2.0
// converter_lite: the command line of MindSpore Lite's converter, its messages and its exit statuses.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "api/convert_with_config.h"
#include "base/log.h"
#include "config/converter_flags.h"
#include "support/command_support.h"

namespace octet {
namespace {

// The original's statuses; a process exits with their low 8 bits.
enum Status { kOk = 0, kCommonError = -1, kParamInvalid = -3, kNotSupported = -7, kInputInvalid = -600 };

const char* status_text(Status status) {
  switch (status) {
    case kOk: return "No error occurs.";
    case kCommonError: return "Common error code.";
    case kParamInvalid: return "Invalid parameter.";
    case kNotSupported: return "Fail to support.";
    case kInputInvalid: return "Invalid input.";
  }
  return "";
}

int fail(Status status, const std::string& message) {
  fmt::print(stderr, "{}\n", message);
  fmt::print("CONVERT RESULT FAILED:{} {}\n", static_cast<int>(status), status_text(status));
  return static_cast<int>(status) & 0xff;
}

// Wrong flags and configuration values are the user's input; everything else is a failed conversion.
Status status_of(const Error& error) {
  return error.code == ErrorCode::kInvalidConfig || error.code == ErrorCode::kInvalidArgument ? kInputInvalid : kCommonError;
}

ModelFormat model_format_of(FmkType fmk) {
  switch (fmk) {
    case FmkType::kOnnx: return ModelFormat::kOnnx;
    case FmkType::kCaffe: return ModelFormat::kCaffe;
    case FmkType::kMs: return ModelFormat::kMs;
    case FmkType::kMindir: return ModelFormat::kMindir;
    case FmkType::kTflite: return ModelFormat::kTflite;
    case FmkType::kTf: return ModelFormat::kTensorFlow;
  }
  return ModelFormat::kAuto;
}

// What the flags ask for and this version cannot do; never ignored.
Result<void> check_supported(const ConverterFlags& flags) {
  const auto unsupported = [](const std::string& what) { return Error{ErrorCode::kUnsupported, what}; };
  if (flags.save_type != SaveType::kMindirLite) return unsupported("--saveType: this version of Octet writes MINDIR_LITE (.ms) only");
  const auto is_possible = [](IoDataType type) {
    return type == IoDataType::kDefault || type == IoDataType::kFloat || type == IoDataType::kInt8;
  };
  if (!is_possible(flags.input_data_type)) return unsupported("--inputDataType: this version of Octet has FLOAT and INT8");
  if (!is_possible(flags.output_data_type)) return unsupported("--outputDataType: this version of Octet has FLOAT and INT8");
  if (flags.optimize == OptimizeLevel::kAscendOriented) return unsupported("--optimize=ascend_oriented: this version of Octet has none and general");
  return {};
}

std::string layout_name(DataFormat format) { return format == DataFormat::kNchw ? "NCHW" : "NHWC"; }

Result<ConvertReport> convert_with_flags(const ConverterFlags& flags) {
  if (auto supported = check_supported(flags); !supported) return std::move(supported).error();
  auto config = load_quant_config(flags);
  if (!config) return std::move(config).error();
  ConvertOptions options;
  options.model_file = flags.model_file;
  options.load.format = model_format_of(flags.fmk);
  options.load.weight_file = flags.weight_file;
  options.load.input_shapes = flags.input_shape;
  options.output_file = output_path(flags);
  options.output_format = ModelFormat::kMs;
  options.input_layout = layout_name(flags.input_data_format);
  if (flags.output_data_format) options.output_layout = layout_name(*flags.output_data_format);
  options.fusions = flags.optimize != OptimizeLevel::kNone;
  options.float16_constants = flags.fp16;
  options.input_type = flags.input_data_type == IoDataType::kInt8 ? ElementType::kInt8 : ElementType::kFloat32;
  options.output_type = flags.output_data_type == IoDataType::kInt8 ? ElementType::kInt8 : ElementType::kFloat32;
  ProgressLine progress;
  options.progress = [&](const std::string& stage, std::size_t done, std::size_t total) {
    progress.update(stage, done, total);
    OCTET_LOG(kInfo, "{}: {} of {}", stage, done, total);
  };
  return convert(options, *config);
}

// One inference on random input, as --infer=true asks.
Result<void> infer(const std::string& path) {
  auto model = Model::load(path);
  if (!model) return std::move(model).error();
  auto session = Session::create(*model);
  if (!session) return std::move(session).error();
  return session->run();
}

int run(const std::vector<std::string>& args) {
  const auto flags = parse_converter_flags(args);
  if (!flags) {
    fmt::print(stderr, "{}\n", flags.error().message);
    fmt::print("{}", converter_usage());
    fmt::print("CONVERT RESULT FAILED:{} {}\n", static_cast<int>(kInputInvalid), status_text(kInputInvalid));
    return static_cast<int>(kInputInvalid) & 0xff;
  }
  if (flags->help) {
    fmt::print("{}", converter_usage());
    return 0;
  }
  const auto report = convert_with_flags(*flags);
  if (!report) return fail(status_of(report.error()), report.error().message);
  if (report->quantized && report->num_quantized_nodes == 0)
    OCTET_LOG(kWarning, "nothing was quantized: all {} nodes stay float", report->num_nodes);
  for (const FloatNodeReport& node : report->float_nodes)
    OCTET_LOG(kInfo, "node '{}' ({}) stays float: {}", node.node, node.op, node.reason);
  if (report->weights_only && report->float_weights > 0) {
    std::uint64_t quantized = 0;
    for (const WeightReport& weight : report->weights) quantized += weight.elements;
    OCTET_LOG(kWarning, "{} of {} weights stay float (GLOG_v=1 names them)", report->float_weights, quantized + report->float_weights);
  }
  if (flags->infer) {
    const auto inferred = infer(report->output_file);
    if (!inferred) return fail(kCommonError, inferred.error().message);
  }
  fmt::print("CONVERT RESULT SUCCESS:0\n");
  return 0;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) { return octet::run({argv + 1, argv + argc}); }
