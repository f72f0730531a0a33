// SPDX-License-Identifier: Apache-2.0
// Layers over sequences, and n-grams.
#include "ops/recurrent.h"

#include <gmock/gmock.h>

#include <cmath>

#include "ops/op_test.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// Relu, and weights of 1: h sums up src.
TEST(Rnn, RunsEachSequenceInItsDirectionToItsEnd) {
  const auto all = [](const char* direction, int directions) {
    const std::string ones = directions == 2 ? "1,1" : "1";
    return run_graph(fmt::format(R"(
        %x = const f32[3,2,1] = [1,10, 2,20, 4,40]
        %w = const f32[{0},1,1] = [{1}]
        %n = const i32[2] = [3,2]
        %y, %h = rnn(%x, %w, %w, _, %n) {{hidden=1, direction={2}, activations=[{3}], alpha=[{4}], beta=[{4}]}}
        output %y, %h)",
                                 directions, ones, direction, directions == 2 ? "2,2" : "2",
                                 directions == 2 ? "0,0" : "0"));
  };
  const auto values = [](const Tensor& tensor) {
    return std::vector<float>(tensor.values<float>().begin(), tensor.values<float>().end());
  };
  const auto forward = all("forward", 1), reverse = all("reverse", 1), both = all("both", 2);
  EXPECT_THAT(values(forward[0]), ElementsAre(1, 10, 3, 30, 7, 0));
  EXPECT_THAT(values(forward[1]), ElementsAre(7, 30));
  EXPECT_THAT(values(reverse[0]), ElementsAre(7, 30, 6, 20, 4, 0));
  EXPECT_THAT(values(reverse[1]), ElementsAre(7, 30));
  EXPECT_THAT(values(both[0]), ElementsAre(1, 10, 7, 30, 3, 30, 6, 20, 7, 0, 4, 0));
  EXPECT_THAT(op_error("%x = const f32[1,1,1] = [1]\n%n = const i32[1] = [2]\n%y = rnn(%x, %x, %x, _, %n) "
                       "{hidden=1, activations=[2], alpha=[0], beta=[0]}\noutput %y"),
              HasSubstr("sequence 0 has 2 of 1 steps"));
}

constexpr const char* kLstm = R"(
    %x = const f32[1,1,1] = [2]
    %w = const f32[1,4,1] = [0.1,0.2,0.3,0.4]
    %r = const f32[1,4,1] = [0.5,0.6,0.7,0.8]
    %b = const f32[1,8] = [0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08]
    %h = const f32[1,1,1] = [-1]
    %c = const f32[1,1,1] = [3]
    %p = const f32[1,3] = [0.1,-0.2,0.3]
)";

TEST(Lstm, FollowsItsFormula) {
  const float i = sigmoid(0.2f - 0.5f + 0.06f + 0.3f), f = sigmoid(0.6f - 0.7f + 0.1f + 0.9f),
              g = std::tanh(0.8f - 0.8f + 0.12f);
  const float c = f * 3 + i * g, o = sigmoid(0.4f - 0.6f + 0.08f - 0.2f * c);
  const std::string attrs = "{hidden=1, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0]}";
  const auto outputs =
      run_graph(fmt::format("{}%y, %yh, %yc = lstm(%x, %w, %r, %b, _, %h, %c, %p) {}\noutput %yh, %yc", kLstm, attrs));
  EXPECT_NEAR(outputs.at(1).values<float>()[0], c, 1e-6f);
  EXPECT_NEAR(outputs.at(0).values<float>()[0], o * std::tanh(c), 1e-6f);
}

TEST(Lstm, ClipsGatesAndCouplesForgetting) {
  const float i = sigmoid(0.05f), c = (1 - i) * 3 + i * std::tanh(0.05f), o = sigmoid(-0.05f);
  const auto outputs = run_graph(fmt::format(
      "{}%y, %yh, %yc = lstm(%x, %w, %r, %b, _, %h, %c, %p) "
      "{{hidden=1, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0], clip=0.05, input_forget=true}}\noutput %yh, %yc",
      kLstm));
  EXPECT_NEAR(outputs.at(1).values<float>()[0], c, 1e-6f);
  EXPECT_NEAR(outputs.at(0).values<float>()[0], o * std::tanh(c), 1e-6f);
}

TEST(Gru, ResetsBeforeOrAfterTheProduct) {
  const std::string inputs = R"(
      %x = const f32[1,1,1] = [2]
      %w = const f32[1,3,1] = [0.1,0.2,0.3]
      %r = const f32[1,3,1] = [0.5,0.6,0.7]
      %b = const f32[1,6] = [0.01,0.02,0.03,0.04,0.05,0.06]
      %h = const f32[1,1,1] = [-1]
)";
  const float z = sigmoid(0.2f - 0.5f + 0.05f), r = sigmoid(0.4f - 0.6f + 0.07f);
  const float before = std::tanh(0.6f + 0.03f - r * 0.7f + 0.06f),
              after = std::tanh(0.6f + 0.03f + r * (-0.7f + 0.06f));
  const std::string gru = "%y = gru(%x, %w, %r, %b, _, %h) {hidden=1, activations=[0,1], alpha=[0,0], beta=[0,0]";
  EXPECT_THAT(run_op<float>(inputs + gru + "}\noutput %y"), ElementsAre(FloatNear((1 - z) * before - z, 1e-6f)));
  EXPECT_THAT(run_op<float>(inputs + gru + ", reset_after=true}\noutput %y"),
              ElementsAre(FloatNear((1 - z) * after - z, 1e-6f)));
}

TEST(Recurrent, RefusesWhatDoesNotFit) {
  const auto error = [](const char* attrs) {
    return op_error(fmt::format(
        "%x = input f32[2,1,3]\n%w = input f32[1,2,3]\n%r = input f32[1,2,2]\n%y = rnn(%x, %w, %r) {{{}}}\noutput %y",
        attrs));
  };
  EXPECT_THAT(error("hidden=3, activations=[0], alpha=[0], beta=[0]"), HasSubstr("expected [1, 3, 3]"));
  EXPECT_THAT(error("hidden=2"), HasSubstr("has 0 activations"));
  EXPECT_THAT(error("hidden=2, activations=[99], alpha=[0], beta=[0]"), HasSubstr("there is no activation 99"));
  EXPECT_THAT(error("hidden=2, activations=[0], alpha=[0], beta=[0], clip=-1"), HasSubstr("clip is -1"));
}

TEST(Ngrams, AreCountedWithSkips) {
  const std::string x = "%x = const i32[2,5] = [5,6,5,6,7, 5,5,6,1,6]\n";
  const std::string attrs =
      "pool=[5,6,5,6], starts=[0,2], indices=[0,2,1], max_length=2, max_skip=1";  // 5, 6 and (5, 6)
  EXPECT_THAT(run_op<float>(x + "%y = ngrams(%x) {" + attrs + "}\noutput %y"), ElementsAre(2, 2, 2, 2, 2, 2));
  EXPECT_THAT(run_op<float>(x + "%y = ngrams(%x) {" + attrs + ", weighting=tfidf, weights=[1,10,0.5]}\noutput %y"),
              ElementsAre(2, 20, 1, 2, 20, 1));
  EXPECT_THAT(op_error(x + "%y = ngrams(%x) {pool=[5,6], starts=[0,3], indices=[0]}\noutput %y"),
              HasSubstr("1-grams are 0 to 3 of a pool of 2"));
  EXPECT_THAT(op_error(x + "%y = ngrams(%x) {pool=[5,6], starts=[0], indices=[0]}\noutput %y"),
              HasSubstr("there are 1 indices"));
}

// Row [2, -1] has the scale 2 / 127 and the steps [127, -64]: nearest to -63.5 is the even one.
TEST(DynamicRnn, QuantizesRowsThatMeetInt8Weights) {
  const auto outputs = run_graph(R"(
      %x = const f32[2,1,2] = [2,-1, 0,0]
      %w = const i8[1,2,2] q(scale=[0.5,0.25], zp=[0,0], axis=1) = [10,20, -4,8]
      %r = const i8[1,2,2] q(scale=1, zp=0) = [1,0, 0,1]
      %y = rnn(%x, %w, %r) {hidden=2, activations=[3], alpha=[1], beta=[0], dynamic=true}
      output %y)");
  const float scale = 2.0f / 127.0f, a = static_cast<float>(127 * 10 - 64 * 20) * scale * 0.5f, b = static_cast<float>(-127 * 4 - 64 * 8) * scale * 0.25f;
  const auto values = outputs[0].values<float>();
  EXPECT_EQ(values[0], a);
  EXPECT_EQ(values[1], b);
  // The state is quantized as well: its largest value is exact, the other one within half a step.
  EXPECT_FLOAT_EQ(values[3], b);
  EXPECT_NEAR(values[2], a, std::abs(b) / 254.0f);
}

TEST(DynamicRnn, RefusesWeightsWithZeroPoints) {
  const auto error = [](const char* quant) {
    return op_error(fmt::format("%x = const f32[1,1,1] = [1]\n%w = const i8[1,1,1] q({}) = [1]\n%r = const i8[1,1,1] q(scale=1, zp=0) = [1]\n"
                                "%y = rnn(%x, %w, %r) {{hidden=1, activations=[2], alpha=[0], beta=[0], dynamic=true}}\noutput %y", quant));
  };
  EXPECT_THAT(error("scale=1, zp=1"), HasSubstr("zero points"));
  EXPECT_THAT(op_error("%x = const f32[1,1,1] = [1]\n%y = rnn(%x, %x, %x) {hidden=1, activations=[2], alpha=[0], beta=[0], dynamic=true}\noutput %y"),
              HasSubstr("is f32, expected i8"));
}

}  // namespace
}  // namespace octet
