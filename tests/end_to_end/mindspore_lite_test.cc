// SPDX-License-Identifier: Apache-2.0
// Octet's `.ms` files in MindSpore Lite's own runtime, beside ours. OCTET_ORACLE names the folder where it was set up
// (bin/ms_run: a program that loads a model there and writes its raw outputs).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "end_to_end/example_model.h"

namespace octet {
namespace {

constexpr std::size_t kNumSamples = 20;
constexpr std::size_t kNumClasses = 10;

using Outputs = std::vector<std::vector<float>>;

std::vector<float> floats_of(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

// Blurred blots on a dark ground: values and shapes as pictures have them.
std::vector<float> picture(std::mt19937& random) {
  std::uniform_real_distribution<float> place(4, 24), width(2, 6);
  std::vector<float> pixels(kExampleInputElements, 0.0f);
  for (int blot = 0; blot < 4; ++blot) {
    const float x0 = place(random), y0 = place(random), w = width(random);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const float x = static_cast<float>(i % 28) - x0, y = static_cast<float>(i / 28) - y0;
      pixels[i] = std::min(1.0f, pixels[i] + std::exp(-(x * x + y * y) / (w * w)));
    }
  }
  return pixels;
}

class MindSporeLite : public testing::Test {
 protected:
  void SetUp() override {
    const char* oracle = std::getenv("OCTET_ORACLE");
    if (oracle == nullptr) GTEST_SKIP() << "needs MindSpore Lite: set OCTET_ORACLE to the folder it was set up in";
    ms_run_ = std::string(oracle) + "/bin/ms_run";
    std::mt19937 random(1);
    for (std::size_t i = 0; i < kNumSamples; ++i) {
      const std::vector<float> pixels = picture(random);
      inputs_.push_back(folder_.file("input_" + std::to_string(i) + ".bin"));
      write_file(inputs_.back(), {reinterpret_cast<const char*>(pixels.data()), pixels.size() * sizeof(float)});
    }
  }

  Outputs theirs(const std::string& model) const {
    std::string list;
    for (const std::string& input : inputs_) list += input + "\n";
    write_file(folder_.file("inputs.txt"), list);
    const ProgramRun run =
        run_program_at(ms_run_, {model, "--input-list", folder_.file("inputs.txt"), "--output-dir", folder_.file("theirs")});
    EXPECT_EQ(run.status, 0) << run.out << run.err;
    const std::vector<float> all = floats_of(read_file(folder_.file("theirs/0.bin")));
    EXPECT_EQ(all.size(), kNumSamples * kNumClasses);
    Outputs outputs;
    for (auto at = all.begin(); all.end() - at >= static_cast<std::ptrdiff_t>(kNumClasses); at += kNumClasses) {
      outputs.emplace_back(at, at + kNumClasses);
    }
    return outputs;
  }

  Outputs ours(const std::string& model) const {
    Outputs outputs;
    for (const std::string& input : inputs_) {
      const ProgramRun run = run_program("octet", {"run", model, "--input", input, "--output-dir", folder_.file("ours")});
      EXPECT_EQ(run.status, 0) << run.err;
      const auto description = nlohmann::json::parse(read_file(folder_.file("ours/outputs.json")));
      const std::string file = description["outputs"][0]["file"];
      outputs.push_back(floats_of(read_file(folder_.file("ours/" + file))));
    }
    return outputs;
  }

  ScratchFolder folder_;

 private:
  std::string ms_run_;
  std::vector<std::string> inputs_;
};

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

TEST_F(MindSporeLite, RunsOurFloatFileToOurOutputs) {
  const std::string model = convert_example(folder_, "float.ms", "");
  const Outputs a = ours(model), b = theirs(model);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t s = 0; s < a.size(); ++s) {
    float most = 0;
    for (const float value : a[s]) most = std::max(most, std::fabs(value));
    for (std::size_t i = 0; i < kNumClasses; ++i) EXPECT_NEAR(b[s][i], a[s][i], 1e-4f * most) << "sample " << s;
  }
}

TEST_F(MindSporeLite, RunsOurInt8FileToOurOutputs) {
  for (const char* method : {"", "activation_quant_method=MAX_MIN\n"}) {
    const std::string config = write_config(folder_, {.extra_full = method});
    const std::string model = convert_example(folder_, "int8.ms", config);
    const Outputs a = ours(model), b = theirs(model);
    ASSERT_EQ(a.size(), b.size());
    double sum = 0;
    for (std::size_t s = 0; s < a.size(); ++s) {
      sum += cosine(a[s], b[s]);
      EXPECT_EQ(std::ranges::max_element(a[s]) - a[s].begin(), std::ranges::max_element(b[s]) - b[s].begin());
    }
    EXPECT_GT(sum / static_cast<double>(a.size()), 0.999);
  }
}

TEST_F(MindSporeLite, RunsOurWeightQuantizedFilesToOurOutputs) {
  for (const int bits : {0, 1, 4, 7, 8, 9, 16}) {
    for (const char* keys : {"", "compatibility=MINDSPORE\n"}) {
      SCOPED_TRACE(std::to_string(bits) + " bits " + keys);
      const std::string config = folder_.file("weights.cfg");
      write_file(config, "[common_quant_param]\nquant_type=WEIGHT_QUANT\nmin_quant_weight_channel=0\nbit_num=" + std::to_string(bits) + "\n" + keys);
      const std::string model = convert_example(folder_, "weights.ms", config);
      const Outputs a = ours(model), b = theirs(model);
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t s = 0; s < a.size(); ++s) {
        float most = 0;
        for (const float value : a[s]) most = std::max(most, std::fabs(value));
        for (std::size_t i = 0; i < kNumClasses; ++i) EXPECT_NEAR(b[s][i], a[s][i], 1e-4f * most) << "sample " << s;
      }
    }
  }
}

}  // namespace
}  // namespace octet
