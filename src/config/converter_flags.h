// SPDX-License-Identifier: Apache-2.0
// The command line of converter_lite: MindSpore Lite's flags, plus Octet's additions. Names, values, help and messages
// come from one table in converter_flags.cc.
#ifndef OCTET_CONFIG_CONVERTER_FLAGS_H_
#define OCTET_CONFIG_CONVERTER_FLAGS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/quant_config.h"
#include "octet/result.h"

namespace octet {

enum class FmkType { kMindir, kCaffe, kTflite, kTf, kOnnx, kMs };
enum class DataFormat { kNhwc, kNchw };
enum class OptimizeLevel { kNone, kGeneral, kGpuOriented, kAscendOriented };
enum class IoDataType { kDefault, kFloat16, kFloat, kInt8, kUint8, kInt32, kInt64 };
enum class SaveType { kMindirLite, kMindir, kOnnx, kTflite };
enum class OldQuantType { kNone, kWeightQuant, kPostTraining };

struct ConverterFlags {
  bool help = false;  // --help: print the usage; no other field has been checked

  FmkType fmk = FmkType::kOnnx;
  std::string model_file;
  std::string weight_file;                                                     // empty unless fmk is kCaffe
  std::string output_file;                                                     // as given; see output_path()
  std::string config_file;                                                     // empty: none
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> input_shape;  // all dimensions positive
  DataFormat input_data_format = DataFormat::kNhwc;
  std::optional<DataFormat> output_data_format;  // absent: not asked for
  OptimizeLevel optimize = OptimizeLevel::kGeneral;
  std::string ascend_chip;  // after "ascend_oriented:"; empty: none
  bool fp16 = false;
  IoDataType input_data_type = IoDataType::kDefault;
  IoDataType output_data_type = IoDataType::kDefault;
  SaveType save_type = SaveType::kMindirLite;
  bool infer = false;

  // The old command line. Absent numbers were not given.
  OldQuantType quant_type = OldQuantType::kNone;
  std::optional<int> bit_num;
  std::optional<std::int64_t> quant_weight_size;
  std::optional<std::int64_t> quant_weight_channel;
};

// Reads the arguments after the program's name. "--" ends the flags.
// Error: kInvalidArgument, "INPUT ILLEGAL: ..." for an unknown flag (with the nearest one), a flag given twice, without
// a value or with one that is not allowed, flags that do not go together; "INPUT MISSING: ..." for a required flag;
// kUnsupported for what the original does and Octet does not. The original's status for all of them is -600.
Result<ConverterFlags> parse_converter_flags(std::span<const std::string> args);

// The usage text: every flag with its values, default and help.
std::string converter_usage();

// output_file with the suffix of its save_type (.ms, .mindir, .onnx, .tflite), unless it ends so already.
std::string output_path(const ConverterFlags& flags);

// The quantization that the flags ask for: the old command line's, else the configuration file's, else none (kNone).
// Error: as load_quant_config() and load_old_quant_config().
Result<QuantConfig> load_quant_config(const ConverterFlags& flags);

}  // namespace octet

#endif  // OCTET_CONFIG_CONVERTER_FLAGS_H_
