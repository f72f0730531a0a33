// SPDX-License-Identifier: Apache-2.0
#include "oracle/onnx_node_exclusions.h"

namespace octet {
namespace {

struct Subject {
  std::string_view prefix;  // of the test's name
  std::string_view reason;
};

constexpr Subject kSubjects[] = {
    {"test_adagrad", "training: optimizer"},
    {"test_adam", "training: optimizer"},
    {"test_momentum", "training: optimizer"},
    {"test_nesterov_momentum", "training: optimizer"},
    {"test_nllloss", "training: loss"},
    {"test_sce_", "training: loss"},
    {"test_training_dropout", "training: random dropout"},
    {"test_batchnorm_epsilon_training_mode", "training: statistics of the batch"},
    {"test_batchnorm_example_training_mode", "training: statistics of the batch"},
    {"test_bernoulli", "random"},
    {"test_dft", "signal processing"},
    {"test_stft", "signal processing"},
    {"test_blackmanwindow", "signal processing"},
    {"test_hammingwindow", "signal processing"},
    {"test_hannwindow", "signal processing"},
    {"test_melweightmatrix", "signal processing"},
    // Of -235.7 they expect 20: their int8 results wrap around.
    {"test_qlinearmatmul_2D_int8_", "wrong data: int8 wraps around where the operator saturates"},
    {"test_qlinearmatmul_3D_int8_", "wrong data: int8 wraps around where the operator saturates"},
    {"test_image_decoder", "image decoding"},
    {"test_ai_onnx_ml_", "another domain: ai.onnx.ml, classical machine learning"},
    {"test_regex_", "strings"},
    {"test_string_", "strings"},
    {"test_strnormalizer_", "strings"},
};

// Tests whose expected values ONNX has corrected after version 1.18, whose numbers these are: heads of three-dimensional inputs
// lie side by side (onnx/onnx#7118), queries in a row share a head of the keys (#7274), a cap comes before the mask (#7867,
// #7913). What Octet computes equals ONNX Runtime 1.31. Their expanded forms say what they compute, and are counted.
constexpr std::string_view kCorrected[] = {
    "test_attention_3d",
    "test_attention_4d_gqa",
    "test_attention_4d_with_past_and_present_qk_matmul_bias",
    "test_attention_4d_with_qk_matmul_bias",
    "test_attention_4d_with_qk_matmul_softcap",
};

// Why values of this type are left out; empty: they are not.
std::string_view excluded_type(const onnx::TypeProto& type) {
  if (!type.has_tensor_type()) return "sequence or optional";
  switch (type.tensor_type().elem_type()) {
    case 8: return "strings";
    case 11: return "float64";
    case 14: case 15: return "complex numbers";
    case 16: return "bfloat16";
    case 17: case 18: case 19: case 20: case 24: return "float8";
    case 21: case 22: case 23: return "4 bit";
    default: return "";
  }
}

}  // namespace

std::string onnx_node_exclusion(std::string_view test, const onnx::GraphProto& graph) {
  for (const Subject& subject : kSubjects)
    if (test.starts_with(subject.prefix)) return std::string(subject.reason);
  for (const std::string_view prefix : kCorrected)
    if (test.starts_with(prefix) && !test.ends_with("_expanded")) return "wrong in ONNX 1.18, corrected since";
  for (const auto* values : {&graph.input(), &graph.output()})
    for (const auto& value : *values)
      if (const std::string_view reason = excluded_type(value.type()); !reason.empty()) return std::string(reason);
  for (const auto& node : graph.node())  // optional_has_element_*_tensor_input
    if (node.op_type().starts_with("Optional") || node.op_type().find("Sequence") == 0) return "sequence or optional";
  return "";
}

}  // namespace octet
