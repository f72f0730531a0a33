// SPDX-License-Identifier: Apache-2.0
// With compatibility=MINDSPORE: models and reports number by number against those that MindSpore Lite 2.0.0 made of the same
// network, samples and configuration. They are not in the repository: OCTET_SHARED names the folder that holds oracle/golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
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

struct Case {
  const char* name;
  bool compares_rounds = true;
};

constexpr double kTolerance = 5e-4;  // four significant digits

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case kCases[] = {
    {"cnn_full_maxmin"}, {"cnn_full_maxmin_nobias"}, {"cnn_full_maxmin_layer"}, {"cnn_full_kl"},      {"cnn_full_kl_layer"},
    {"cnn_full_outlier"}, {"cnn_full_outlier_layer"}, {"cnn_full_nvgpu"},        {"cnn_full_dsp", false},
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
    replace(config, "quant_type=FULL_QUANT", "quant_type=FULL_QUANT\ncompatibility=MINDSPORE");
    replace(config, std::string("debug_info_save_path=") + GetParam().name + "/report", "debug_info_save_path=" + folder_.file("report"));
    replace(config, ":inputs/", ":" + (golden_folder() / "inputs/").string());
    write_file(folder_.file("c.cfg"), config);
    const ProgramRun run = run_program("converter_lite", {"--fmk=ONNX", "--modelFile=" + (golden_folder() / "models/cnn.onnx").string(),
                                                          "--outputFile=" + folder_.file("model"), "--configFile=" + folder_.file("c.cfg")});
    ASSERT_EQ(run.status, 0) << run.out << run.err;
  }

  ScratchFolder folder_;
  fs::path golden_;
};

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
  if (!GetParam().compares_rounds) GTEST_SKIP() << "the original cannot run this model";
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

INSTANTIATE_TEST_SUITE_P(MindSporeLite, Compatibility, testing::ValuesIn(kCases), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet
