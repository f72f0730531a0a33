// SPDX-License-Identifier: Apache-2.0
// With compatibility=MINDSPORE: models and reports number by number against those that MindSpore Lite 2.0.0 made of the same
// network, samples and configuration. They are not in the repository: OCTET_SHARED names the folder that holds oracle/golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <ostream>
#include <sstream>

#include "end_to_end/program.h"
#include "importers/ms/ms_importer.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

fs::path golden_folder() {
  const char* from_environment = std::getenv("OCTET_SHARED");
  return fs::path(from_environment != nullptr ? from_environment : OCTET_SOURCE_DIR "/../shared") / "oracle/golden";
}

// What of the reports is compared. The input of weight and of dynamic quantization is random: rows of weights have the numbers of both.
enum class Reports { kAll, kWeights, kNone };

struct Case {
  const char* name;
  Reports reports = Reports::kAll;
};

constexpr double kTolerance = 5e-4;  // four significant digits
constexpr double kLeast = 1e-7;      // of means, which are differences of float32 sums

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case kCases[] = {
    {"cnn_full_maxmin"}, {"cnn_full_maxmin_nobias"}, {"cnn_full_maxmin_layer"}, {"cnn_full_kl"},      {"cnn_full_kl_layer"},
    {"cnn_full_outlier"}, {"cnn_full_outlier_layer"}, {"cnn_full_nvgpu"},        {"cnn_full_dsp", Reports::kNone},
};
const Case kWeightCases[] = {
    {"cnn_w1", Reports::kWeights},  {"cnn_w12", Reports::kWeights}, {"cnn_w16", Reports::kWeights}, {"cnn_w8_skip", Reports::kWeights},
    {"attn_w4", Reports::kWeights}, {"attn_w8", Reports::kWeights}, {"attn_w16", Reports::kWeights}, {"embed_w8", Reports::kWeights},
    {"attn_dyn_alwc", Reports::kWeights}, {"embed_dyn_alwc", Reports::kWeights},
};


void replace(std::string& text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

std::vector<std::vector<std::string>> csv_of(const fs::path& file) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) {
    std::vector<std::string> cells;
    std::istringstream cell_text(line);
    for (std::string cell; std::getline(cell_text, cell, ',');) cells.push_back(cell);
    rows.push_back(std::move(cells));
  }
  return rows;
}

bool is_number(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

class Compatibility : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    golden_ = golden_folder() / GetParam().name;
    if (!fs::exists(golden_)) GTEST_SKIP() << "needs " << golden_ << ": set OCTET_SHARED to the folder above oracle/golden";
    std::string config = read_file(golden_ / "config.cfg");
    replace(config, "[common_quant_param]", "[common_quant_param]\ncompatibility=MINDSPORE");
    replace(config, std::string("debug_info_save_path=") + GetParam().name + "/report", "debug_info_save_path=" + folder_.file("report"));
    replace(config, ":inputs/", ":" + (golden_folder() / "inputs/").string());
    write_file(folder_.file("c.cfg"), config);
    const ProgramRun run = run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + (golden_folder() / "models" / (model_name() + ".onnx")).string(),
                                                          "--outputFile=" + folder_.file("model"), "--configFile=" + folder_.file("c.cfg")});
    ASSERT_EQ(run.status, 0) << run.out << run.err;
  }

  static std::string model_name() {
    const std::string name = GetParam().name;
    return name.substr(0, name.find('_'));
  }

  ScratchFolder folder_;
  fs::path golden_;
};

// Of weight and dynamic quantization the reports alone: numbers of the former are compared in src/api/weight_golden_test.cc.
class WeightReports : public Compatibility {};

TEST_P(Compatibility, SameNodesWeightsScalesAndBiases) {
  const auto ours = import_ms(folder_.file("model.ms")), theirs = import_ms(golden_ / "model.ms");
  ASSERT_TRUE(ours && theirs);
  ASSERT_EQ(ours->nodes.size(), theirs->nodes.size());
  for (std::size_t i = 0; i < ours->nodes.size(); ++i) EXPECT_EQ(ours->nodes[i].name, theirs->nodes[i].name);
  for (const Tensor& expected : theirs->tensors) {
    const TensorId id = find_tensor(*ours, expected.name);
    ASSERT_NE(id, kNoTensor) << expected.name;
    const Tensor& tensor = ours->tensor(id);
    EXPECT_EQ(tensor.type, expected.type) << expected.name;
    ASSERT_EQ(tensor.quant.has_value(), expected.quant.has_value()) << expected.name;
    if (expected.quant) {
      EXPECT_EQ(tensor.quant->zero_point, expected.quant->zero_point) << expected.name;
      ASSERT_EQ(tensor.quant->scale.size(), expected.quant->scale.size()) << expected.name;
      for (std::size_t k = 0; k < expected.quant->scale.size(); ++k)
        EXPECT_NEAR(tensor.quant->scale[k], expected.quant->scale[k], 1e-6f * expected.quant->scale[k]) << expected.name;
    }
    if (expected.is_constant) {
      EXPECT_TRUE(std::ranges::equal(tensor.data.bytes(), expected.data.bytes())) << expected.name;
    }
  }
}

TEST_P(Compatibility, SameReports) {
  if (GetParam().reports == Reports::kNone) GTEST_SKIP() << "the original cannot run this model";
  for (const char* name : {"quant_param.csv", "round_0.csv", "round_1.csv", "output_summary.csv"}) {
    const auto ours = csv_of(folder_.path() / "report" / name), theirs = csv_of(golden_ / "report" / name);
    ASSERT_EQ(ours.size(), theirs.size()) << name;
    for (std::size_t r = 0; r < theirs.size(); ++r) {
      ASSERT_EQ(ours[r].size(), theirs[r].size()) << name << " line " << r + 1;
      for (std::size_t c = 0; c < theirs[r].size(); ++c) {
        double a = 0, b = 0;
        if (is_number(ours[r][c], a) && is_number(theirs[r][c], b)) {
          // Of a bias of 10 values one may lie at the very border of what its integers hold.
          const bool is_share_of_bias = theirs[0][c] == "Clip" && theirs[r][3] == "fc.b";
          EXPECT_NEAR(a, b, is_share_of_bias ? 0.1 : kTolerance * std::fabs(b)) << name << " line " << r + 1 << " column " << c + 1;
        } else {
          EXPECT_EQ(ours[r][c], theirs[r][c]) << name << " line " << r + 1 << " column " << c + 1;
        }
      }
    }
  }
}

// Rows of weights, by node and tensor, "Origin" before "Dequant" for each.
std::map<std::string, std::vector<std::string>> weight_rows(const std::vector<std::vector<std::string>>& rows) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& row : rows)
    if (row.size() > 7 && row[6] == "Weight") found[row[1] + " " + row[3] + " " + row[5]] = row;
  return found;
}

// The original names the shape of a reshape after the source's constant.
bool is_shape_of_reshape(const std::vector<std::string>& row) { return row[2] == "Reshape" && row[6] == "Weight"; }

TEST_P(WeightReports, HaveTheSameRows) {
  const auto ours = csv_of(folder_.path() / "report" / "round_0.csv"), theirs = csv_of(golden_ / "report" / "round_0.csv");
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t r = 0; r < theirs.size(); ++r) {
    ASSERT_EQ(ours[r].size(), theirs[r].size()) << "line " << r + 1;
    for (std::size_t c = 0; c < 7; ++c) {
      if (theirs[0][c] == "TensorName" && is_shape_of_reshape(theirs[r])) continue;
      EXPECT_EQ(ours[r][c], theirs[r][c]) << "line " << r + 1 << " column " << theirs[0][c];
    }
  }
}

TEST_P(WeightReports, ShowTheSameWeights) {
  const auto ours = weight_rows(csv_of(folder_.path() / "report" / "round_0.csv")), theirs = weight_rows(csv_of(golden_ / "report" / "round_0.csv"));
  EXPECT_FALSE(theirs.empty());
  std::size_t compared = 0;
  for (const auto& [name, expected] : theirs) {
    const auto found = ours.find(name);
    if (found == ours.end()) continue;  // shapes and axes, which have names of their own in each converter
    ++compared;
    for (std::size_t c = 7; c < expected.size(); ++c) {
      SCOPED_TRACE(name + " column " + std::to_string(c + 1));
      EXPECT_NEAR(std::stod(found->second[c]), std::stod(expected[c]), kTolerance * std::fabs(std::stod(expected[c])) + kLeast);
    }
  }
  EXPECT_GE(compared, std::size_t{4});
}

TEST_P(WeightReports, ShowTheSameParameters) {
  const auto ours = csv_of(folder_.path() / "report" / "quant_param.csv"), theirs = csv_of(golden_ / "report" / "quant_param.csv");
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t r = 1; r < theirs.size(); ++r) {
    for (std::size_t c = 0; c < theirs[r].size(); ++c) {
      if (theirs[0][c] == "Dims") continue;  // a matrix that is stored transposed
      double a = 0, b = 0;
      SCOPED_TRACE("line " + std::to_string(r + 1) + " column " + theirs[0][c]);
      if (is_number(ours[r][c], a) && is_number(theirs[r][c], b)) {
        EXPECT_NEAR(a, b, kTolerance * std::fabs(b) + kLeast);
      } else {
        EXPECT_EQ(ours[r][c], theirs[r][c]);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(MindSporeLite, WeightReports, testing::ValuesIn(kWeightCases), [](const auto& test) { return std::string(test.param.name); });
INSTANTIATE_TEST_SUITE_P(MindSporeLite, Compatibility, testing::ValuesIn(kCases), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet
