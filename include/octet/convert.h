// SPDX-License-Identifier: Apache-2.0
// From a float model to a `.ms`, ONNX or TFLite file, quantized as a configuration file says.
#ifndef OCTET_CONVERT_H_
#define OCTET_CONVERT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "octet/model.h"
#include "octet/result.h"

namespace octet {

struct ConvertOptions {
  std::string model_file;
  LoadOptions load;
  std::string output_file;  // the format's suffix is appended unless it ends so
  ModelFormat output_format = ModelFormat::kAuto;  // kMs, kOnnx or kTflite; kAuto goes by output_file's suffix, without one of these kMs
  std::int64_t onnx_opset = 13;                    // of ONNX files: 13 or 21
  std::string config_file;  // empty: the model stays float
  // Of 4-D graph inputs of the output model, and of BIN calibration data: "NHWC" or "NCHW". Empty: NHWC, of ONNX files as in
  // the source model.
  std::string input_layout;
  std::string output_layout;          // of 4-D graph outputs; empty: as in the source model
  bool fusions = true;                // false: --optimize=none
  int num_threads = 0;                // 0: as many as the machine has processors
  std::vector<std::string> disabled_passes;
  bool float16_constants = false;     // store what stays float32 in float16
  // Types of the float graph inputs and outputs of the result: kFloat32, or kInt8 where a quantized model starts or ends with
  // int8 layers.
  ElementType input_type = ElementType::kFloat32;
  ElementType output_type = ElementType::kFloat32;
  bool dry_run = false;               // import and plan only: nothing runs, nothing is written
  // Called with the stage ("calibrating"), how much is done, and how much there is.
  std::function<void(const std::string& stage, std::size_t done, std::size_t total)> progress;
};

// A node that a quantization left in float, and why.
struct FloatNodeReport {
  std::string node, op, reason;
};

// Weights that a weight quantization made integers of.
struct WeightReport {
  std::string tensor, node;
  int bits = 8;              // per weight, before any encoding
  bool per_channel = true;
  std::uint64_t elements = 0;
  double relative_error = 0.0;  // sqrt(sum of squared errors / sum of squared weights)
};

// A choice of input shapes that [ascend_context] asks for.
struct ProfileReport {
  std::string shapes;          // "x [1,3,8], y [2]"
  std::size_t num_samples = 0;  // that its activations were observed on; 0: the ranges are those of the other profiles
};

struct ConvertReport {
  std::string output_file;
  std::uint64_t source_bytes = 0;  // of the model file, its weight file, and files of external data
  std::uint64_t output_bytes = 0;
  bool quantized = false;          // a quantization was asked for
  std::size_t num_nodes = 0;       // of the output model
  std::size_t num_quantized_nodes = 0;
  std::vector<FloatNodeReport> float_nodes;  // of a quantized model; weight quantization: those whose weights stay float
  bool is_dynamic = false;  // activations are quantized while the model runs: no calibration, so no ranges and no cosine
  // Of weight quantization.
  bool weights_only = false;
  std::vector<WeightReport> weights;
  std::uint64_t float_weights = 0;   // how many weights stay float
  double relative_error = 0.0;       // mixed bits: what was aimed at
  std::string range_method;        // of activations, as in the configuration file: "MAX_MIN"
  bool equalized = false;          // channels of layers were rescaled first
  bool bias_corrected = false;
  std::vector<ProfileReport> profiles;  // of full quantization, if [ascend_context] asks for more than one; the file has the first's shapes
  std::uint64_t calibration_bytes = 0;  // dry_run: memory that calibration takes, whatever the number of samples
  double cosine = 1.0;  // mean over calibration samples, first output, quantized against float; weights only: with auto_tune
};

// Error: everything that Model::load, the configuration and the calibration data can give. Nothing is left at output_file.
Result<ConvertReport> convert(const ConvertOptions& options);

}  // namespace octet

#endif  // OCTET_CONVERT_H_
