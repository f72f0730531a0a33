// SPDX-License-Identifier: Apache-2.0
// The quantization configuration file as typed structs, one per section, with the defaults of the file. The table that
// keys, allowed values, defaults and help come from is quant_options.h.
#ifndef OCTET_CONFIG_QUANT_CONFIG_H_
#define OCTET_CONFIG_QUANT_CONFIG_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "octet/result.h"

namespace octet {

// [common_quant_param]
enum class QuantType { kNone, kWeight, kFull, kDynamic };
enum class Compatibility { kOctet, kMindSpore };  // kMindSpore: methods, operators, thresholds, reports as the original
enum class WeightEncoding { kCompatible, kOctet };  // kCompatible: what the original can read

struct CommonQuantParam {
  QuantType quant_type = QuantType::kNone;     // kNone: the file asks for no quantization
  int bit_num = 8;                             // weights: 1..16, or 0 = mixed bits; full and dynamic: 8
  std::int64_t min_quant_weight_size = 0;      // weights with more elements are quantized
  std::int64_t min_quant_weight_channel = 16;  // weights with more channels are quantized
  std::vector<std::string> skip_quant_node;
  std::vector<std::string> skip_quant_type;
  Compatibility compatibility = Compatibility::kOctet;
  WeightEncoding weight_encoding = WeightEncoding::kCompatible;
  std::string debug_info_save_path;  // empty: no reports
  bool enable_encode = true;
  std::string workspace;  // folder for large intermediate data; empty: none

  // Not a key: set where the old command line or config.cfg asked. Then full quantization takes 1..8 bits.
  bool old_command_line = false;
  int num_threads = 0;  // thread_num of the old config.cfg; 0: as many as the machine has

  bool operator==(const CommonQuantParam&) const = default;
};

// [weight_quant_param]
enum class DequantStrategy { kAtLoad, kOnTheFly };
enum class WeightQuantStrategy { kMaxMin, kGptq };

struct WeightQuantParam {
  DequantStrategy dequant_strategy = DequantStrategy::kAtLoad;
  WeightQuantStrategy quant_strategy = WeightQuantStrategy::kMaxMin;
  bool per_channel = true;
  bool bias_correction = true;
  bool update_mindir = true;
  int max_segments = 1;  // parts of an entropy-coded weight that decode in parallel

  bool operator==(const WeightQuantParam&) const = default;
};

// [mixed_bit_weight_quant_param]
struct MixedBitParam {
  double init_scale = 0.02;  // (0, 1): relative error per layer; larger compresses more
  bool auto_tune = false;
  bool use_cv_data = false;  // judge on the calibration data instead of random input
  int max_iterations = 40;

  bool operator==(const MixedBitParam&) const = default;
};

// [full_quant_param]
enum class ActivationQuantMethod { kMaxMin, kKl, kRemovalOutlier, kMeanMinMax, kPercentile, kMse };
enum class TargetDevice { kCpu, kNvgpu, kDsp, kAscend, kKirin };

struct FullQuantParam {
  std::optional<ActivationQuantMethod> activation_quant_method;  // absent: kMaxMin with kMindSpore, else Octet's choice
  bool bias_correction = true;
  bool per_channel = true;
  TargetDevice target_device = TargetDevice::kCpu;
  double smooth_alpha = 0.5;  // [0, 1]
  bool enable_smooth_shift = false;

  bool operator==(const FullQuantParam&) const = default;
};

// [data_preprocess_param]
enum class CalibrationInputType { kImage, kBin };
enum class ImageFormat { kBgr, kRgb, kGray };
enum class ResizeMethod { kLinear, kNearest, kCubic };

struct CalibrationFolder {
  std::string input_name;  // a graph input; empty in the old config.cfg: the folders follow the order of the inputs
  std::string folder;

  bool operator==(const CalibrationFolder&) const = default;
};

struct DataPreprocessParam {
  std::vector<CalibrationFolder> calibrate_path;
  std::optional<int> calibrate_size;  // 1..65535
  std::optional<CalibrationInputType> input_type;

  // IMAGE only, in the order of execution: decode to 8 bits, channel order, normalize, resize, centre crop.
  ImageFormat image_to_format = ImageFormat::kBgr;
  std::vector<double> normalize_mean, normalize_std;  // both empty, or one number per channel; std is not 0
  std::optional<int> resize_width, resize_height;     // resized only if resize_method is set, and then both are
  std::optional<ResizeMethod> resize_method;
  std::optional<int> center_crop_width, center_crop_height;  // both or none

  bool operator==(const DataPreprocessParam&) const = default;
};

// [dynamic_quant_param]
enum class DynamicQuantStrategy {
  kAlwc,  // activations per layer, weights per channel
  kAcwl,  // activations per channel, weights per layer
};

struct DynamicQuantParam {
  DynamicQuantStrategy quant_strategy = DynamicQuantStrategy::kAlwc;

  bool operator==(const DynamicQuantParam&) const = default;
};

// [ascend_context]
struct AscendInputShape {
  std::string input_name;
  std::vector<std::int64_t> dims;  // -1: dynamic

  bool operator==(const AscendInputShape&) const = default;
};

struct DimRange {
  std::int64_t lowest, highest;  // of a dynamic dimension, both included; equal for a single value

  bool operator==(const DimRange&) const = default;
};

struct AscendContext {
  bool present = false;  // the file has the section
  std::string provider;  // "ge" or empty
  std::vector<AscendInputShape> input_shape;
  std::vector<std::vector<DimRange>> dynamic_dims;  // [1~4],[8]: two choices, of one dynamic dimension each

  bool operator==(const AscendContext&) const = default;
};

// [transform_quant_param]: what becomes of a model that is quantized already.
enum class ExportPrecisionMode { kQuant, kFloat32 };

struct TransformQuantParam {
  ExportPrecisionMode export_precision_mode = ExportPrecisionMode::kQuant;

  bool operator==(const TransformQuantParam&) const = default;
};

struct QuantConfig {
  CommonQuantParam common;
  WeightQuantParam weight;
  MixedBitParam mixed;
  FullQuantParam full;
  DataPreprocessParam data;
  DynamicQuantParam dynamic;
  AscendContext ascend;
  TransformQuantParam transform;

  bool operator==(const QuantConfig&) const = default;
};

inline bool is_original(const QuantConfig& config) { return config.common.compatibility == Compatibility::kMindSpore; }

// Errors of all functions: kInvalidConfig (kNotFound, kIo for the file itself), as
//   file:line: [section] key = value: what is wrong; allowed: what is
// An unknown section or key names the nearest known one. Sections of the original that do not concern quantization,
// keys that have no effect here and repeated keys are warnings in the log.

Result<QuantConfig> load_quant_config(const std::filesystem::path& path);
Result<QuantConfig> parse_quant_config(std::string_view text, std::string_view file_name);

// The flat config.cfg of the old command line: a full quantization with BIN samples. bit_num: 1..8.
Result<QuantConfig> load_old_quant_config(const std::filesystem::path& path, int bit_num);
Result<QuantConfig> parse_old_quant_config(std::string_view text, std::string_view file_name, int bit_num);

// [data_preprocess_param] alone, for work without quantization: no key is required, the section is, others are ignored.
Result<DataPreprocessParam> load_data_preprocess_param(const std::filesystem::path& path);
Result<DataPreprocessParam> parse_data_preprocess_param(std::string_view text, std::string_view file_name);

// Rules between keys, for structs made by hand too: ranges that depend on quant_type, what must come together.
// Error: kInvalidConfig, "[section] key: what is wrong".
Result<void> validate(const QuantConfig& config);
Result<void> validate(const DataPreprocessParam& data);

// Help text of all sections and keys.
std::string quant_config_help();

}  // namespace octet

#endif  // OCTET_CONFIG_QUANT_CONFIG_H_
