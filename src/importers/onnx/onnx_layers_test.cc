// SPDX-License-Identifier: Apache-2.0
// Layers that ONNX has as one operator: attention, sequences, sampling, n-grams.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "importers/onnx/test_model.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

MATCHER(NearlyEqual, "") { return std::abs(std::get<0>(arg) - std::get<1>(arg)) < 1e-5f; }

// Two queries and two keys of two heads of one value.
TestModel attention(const std::function<void(TestModel&, TestNode&)>& set) {
  TestModel m(23);
  for (const char* name : {"q", "k", "v"}) m.input(name, {1, 2, 2});
  TestNode node = m.node("Attention", {"q", "k", "v"}, {"y"}).set("q_num_heads", 2).set("kv_num_heads", 2);
  set(m, node);
  m.output("y");
  return m;
}

// Of scores a and b: the weighted mean of values va and vb.
float mean(float a, float b, float va, float vb) {
  return (std::exp(a) * va + std::exp(b) * vb) / (std::exp(a) + std::exp(b));
}

TEST(OnnxAttention, HeadsLieSideBySide) {
  const auto m = attention([](TestModel&, TestNode&) {});
  // Head 0 has the first value of each row, head 1 the second.
  EXPECT_THAT(m.run({{1, 2, 0, -1}, {1, 0.5f, -1, 0.25f}, {10, 20, 30, 40}}),
              Pointwise(NearlyEqual(),
                        {mean(1, -1, 10, 30), mean(1, 0.5f, 20, 40), mean(0, 0, 10, 30), mean(-0.5f, -0.25f, 20, 40)}));
}

TEST(OnnxAttention, MasksAfterTheCap) {
  const auto m = attention(
      [](TestModel&, TestNode& n) { n.set("is_causal", 1).set_float("softcap", 2).set_float("scale", 0.5f); });
  const auto cap = [](float score) { return 2 * std::tanh(score / 4); };
  EXPECT_THAT(
      m.run({{1, 2, 3, -1}, {1, 0.5f, -1, 0.25f}, {10, 20, 30, 40}}),
      Pointwise(NearlyEqual(), {10.0f, 20.0f, mean(cap(3), cap(-3), 10, 30), mean(cap(-0.5f), cap(-0.25f), 20, 40)}));
}

TEST(OnnxAttention, QueriesInARowShareKeys) {
  TestModel m(23);
  m.input("q", {1, 4, 1, 1});
  for (const char* name : {"k", "v"}) m.input(name, {1, 2, 1, 1});
  m.node("Attention", {"q", "k", "v"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.run({{1, 2, 3, 4}, {1, 1}, {5, 7}}), ElementsAre(5, 5, 7, 7));
}

TEST(OnnxAttention, RefusesWhatDoesNotFit) {
  EXPECT_THAT(attention([](TestModel&, TestNode& n) { n.proto().mutable_attribute(0)->set_i(3); }).error(),
              HasSubstr("which its 3 heads do not divide"));
  EXPECT_THAT(attention([](TestModel&, TestNode& n) { n.set("qk_matmul_output_mode", 4); }).error(),
              HasSubstr("expected 0 to 3"));
  EXPECT_THAT(attention([](TestModel&, TestNode& n) { n.set_float("softcap", -1); }).error(),
              HasSubstr("softcap = -1"));
}

TEST(OnnxRotaryEmbedding, TurnsPairs) {
  const auto rotated = [](bool interleaved) {
    TestModel m(23);
    m.input("x", {1, 1, 1, 4});
    m.floats("cos", {2, 2}, {1, 1, 0, 1});
    m.floats("sin", {2, 2}, {0, 0, 1, 0});
    m.ints("positions", {1});
    m.node("Unsqueeze", {"positions", "axis"}, {"ids"});
    m.ints("axis", {0});
    m.node("RotaryEmbedding", {"x", "cos", "sin", "ids"}, {"y"}).set("interleaved", interleaved ? 1 : 0);
    m.output("y");
    return m.run({{1, 2, 3, 4}});
  };
  EXPECT_THAT(rotated(false), ElementsAre(-3, 2, 1, 4));  // pairs (1, 3) by 90 degrees, (2, 4) by 0
  EXPECT_THAT(rotated(true), ElementsAre(-2, 1, 3, 4));
}

TEST(OnnxLstm, ReadsActivationsOfEachDirection) {
  TestModel m(14);
  m.input("x", {2, 1, 1});
  m.floats("w", {1, 1, 1}, {1});
  m.floats("r", {1, 1, 1}, {1});
  auto node = m.node("RNN", {"x", "w", "r"}, {"y", "last"});
  auto* names = node.add("activations", onnx::AttributeProto::STRINGS);
  names->add_strings("leakyrelu");
  node.floats("activation_alpha", {0.5f}).set("hidden_size", 1).set_string("direction", "reverse");
  m.output("last");
  EXPECT_THAT(m.text(),
              HasSubstr("rnn(%x, %w, %r) {hidden=1, direction=reverse, activations=[4], alpha=[0.5], beta=[0]}"));
  EXPECT_THAT(m.run({{3, -4}}), ElementsAre(1));  // -4 -> -2, then 3 - 2
}

TEST(OnnxLstm, RefusesWhatDoesNotFit) {
  const auto lstm = [](const std::function<void(TestNode&)>& set, const Shape& r = {1, 4, 1}) {
    TestModel m(14);
    m.input("x", {2, 1, 3});
    m.floats("w", {1, 4, 3}, std::vector<float>(12, 1));
    m.floats("r", r, std::vector<float>(static_cast<std::size_t>(*num_elements(r)), 1));
    TestNode node = m.node("LSTM", {"x", "w", "r"}, {"y"});
    set(node);
    m.output("y");
    return m.error();
  };
  EXPECT_EQ(lstm([](TestNode&) {}), "");
  EXPECT_THAT(lstm([](TestNode& n) { n.set("hidden_size", 2); }),
              HasSubstr("input weights 'w' has shape [1, 4, 3], expected [1, 8, 3]"));
  EXPECT_THAT(lstm([](TestNode& n) { n.set_string("direction", "bidirectional"); }), HasSubstr("expected [2, 4, 3]"));
  EXPECT_THAT(lstm([](TestNode& n) { n.set_string("direction", "up"); }), HasSubstr("direction is 'up'"));
  EXPECT_THAT(lstm([](TestNode& n) { n.add("activations", onnx::AttributeProto::STRINGS)->add_strings("Tanh"); }),
              HasSubstr("has 1 activations, expected 3"));
}

TEST(OnnxMaxUnpool, PutsMaximaWhereTheyWere) {
  TestModel m(11);
  m.input("x", {1, 1, 1, 4});
  m.node("MaxPool", {"x"}, {"max", "at"}).ints("kernel_shape", {1, 2}).ints("strides", {1, 2});
  m.node("MaxUnpool", {"max", "at"}, {"y"}).ints("kernel_shape", {1, 2}).ints("strides", {1, 2});
  m.output("y");
  EXPECT_THAT(m.run({{1, 5, 7, 2}}), ElementsAre(0, 5, 7, 0));
}

TEST(OnnxGroupNormalization, NormalizesEachGroup) {
  const auto normalized = [](std::int64_t opset, const std::vector<float>& scale) {
    TestModel m(opset);
    m.input("x", {1, 4, 1});
    m.floats("s", {static_cast<std::int64_t>(scale.size())}, scale);
    m.floats("b", {static_cast<std::int64_t>(scale.size())}, std::vector<float>(scale.size(), 1));
    m.node("GroupNormalization", {"x", "s", "b"}, {"y"}).set("num_groups", 2).set_float("epsilon", 0);
    m.output("y");
    return m;
  };
  const std::vector<float> src = {1, 3, 10, 20};  // -1, 1, -1, 1 when normalized
  EXPECT_THAT(normalized(21, {1, 2, 3, 4}).run({src}), ElementsAre(0, 3, -2, 5));
  EXPECT_THAT(normalized(18, {1, 10}).run({src}), ElementsAre(0, 2, -9, 11));
  EXPECT_THAT(normalized(21, {1, 10}).error(), HasSubstr("expected one number for each of 4 channels"));
}

TEST(OnnxTfIdfVectorizer, CountsWithSkips) {
  TestModel m(9);
  m.input("x", {6}, onnx::TensorProto::INT32);
  m.node("TfIdfVectorizer", {"x"}, {"y"})
      .set_string("mode", "TF")
      .set("min_gram_length", 1)
      .set("max_gram_length", 2)
      .set("max_skip_count", 1)
      .ints("ngram_counts", {0, 2})
      .ints("ngram_indexes", {0, 2, 1})
      .ints("pool_int64s", {5, 6, 5, 6});
  m.output("y");
  EXPECT_THAT(m.text(), HasSubstr("ngrams(%x)"));
  EXPECT_THAT(m.text(), HasSubstr(": f32[3]"));
}

}  // namespace
}  // namespace octet::test
