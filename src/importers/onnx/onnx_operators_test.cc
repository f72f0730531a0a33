// SPDX-License-Identifier: Apache-2.0
// What each operator becomes, and what it computes where that is not plain from the text.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>

#include "importers/onnx/test_model.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Not;

// The text of the nodes alone, without names of the graph, inputs and constants.
std::string nodes(const TestModel& m, const ImportOptions& options = {}) {
  std::string result;
  std::istringstream lines(m.text(options));
  for (std::string line; std::getline(lines, line);)
    if (line.find("(") != std::string::npos || line.rfind("error", 0) == 0) result += line + "\n";
  return result;
}

// A model of one node of one input "x".
TestModel one_node(std::int64_t opset, const std::string& type, const std::vector<TestModel::Dimension>& dims,
                   const std::function<void(TestModel&, TestNode&)>& set = {}) {
  TestModel m(opset);
  m.input("x", dims);
  TestNode node = m.node(type, {"x"}, {"y"});
  if (set) set(m, node);
  m.output("y");
  return m;
}

TEST(OnnxConv, TakesKernelAndDefaultsFromTheWeights) {
  TestModel m;
  m.input("x", {1, 2, 3, 3});
  m.floats("w", {2, 1, 1, 2}, {1, 2, 3, 4});
  m.node("Conv", {"x", "w"}, {"y"}).set("group", 2);
  m.output("y");
  EXPECT_EQ(nodes(m), "%y = conv2d(%x, %w, _) {group=2, layout=nchw} : f32[1,2,3,2]\n");
}

TEST(OnnxConv, KeepsAutomaticPadding) {
  for (const auto& [mode, text] : {std::pair{"SAME_UPPER", "pad_mode=same_upper, "}, {"SAME_LOWER", "pad_mode=same_lower, "}}) {
    TestModel m;
    m.input("x", {1, 1, 4, 4});
    m.floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1));
    m.node("Conv", {"x", "w"}, {"y"}).set_string("auto_pad", mode).ints("strides", {2, 2});
    m.output("y");
    EXPECT_THAT(nodes(m), HasSubstr(text));
    EXPECT_THAT(nodes(m), HasSubstr(": f32[1,1,2,2]"));
  }
}

TEST(OnnxConv, OverOneDimensionIsOneOverTwo) {
  TestModel m;
  m.input("x", {1, 1, 4});
  m.floats("w", {1, 1, 2}, {1, 10});
  m.node("Conv", {"x", "w"}, {"y"}).ints("pads", {1, 0}).ints("kernel_shape", {2});
  m.output("y");
  EXPECT_THAT(m.run({{1, 2, 3, 4}}), ElementsAre(10, 21, 32, 43));
  EXPECT_EQ(nodes(m), R"(%y/src = unsqueeze(%x) {axes=[2]} : f32[1,1,1,4]
%y/conv2d = conv2d(%y/src, %y/weights, _) {pads=[0,0,1,0], layout=nchw} : f32[1,1,1,4]
%y = squeeze(%y/conv2d) {axes=[2]} : f32[1,1,4]
)");
}

TEST(OnnxConv, RefusesWhatDoesNotFit) {
  const auto conv = [](const Shape& weights, const std::function<void(TestNode)>& set) {
    TestModel m;
    m.input("x", {1, 4, 3, 3});
    m.floats("w", weights, std::vector<float>(static_cast<std::size_t>(*num_elements(weights)), 1));
    set(m.node("Conv", {"x", "w"}, {"y"}).named("c"));
    m.output("y");
    return m.error();
  };
  EXPECT_THAT(conv({3, 4, 1, 1}, [](TestNode n) { n.set("group", 2); }), HasSubstr("group = 2 does not divide the 3 output"));
  EXPECT_THAT(conv({2, 3, 1, 1}, [](TestNode) {}), HasSubstr("input has 4 channels"));
  EXPECT_THAT(conv({2, 4, 1, 1}, [](TestNode n) { n.ints("kernel_shape", {3, 3}); }), HasSubstr("kernel_shape is [3, 3]"));
  EXPECT_THAT(conv({2, 4, 1, 1}, [](TestNode n) { n.ints("strides", {0, 1}); }), HasSubstr("'strides' is [0, 1]"));
  EXPECT_THAT(conv({2, 4, 1, 1}, [](TestNode n) { n.ints("pads", {1, 1}); }), HasSubstr("expected 4 numbers"));
  EXPECT_THAT(conv({2, 4, 1, 1}, [](TestNode n) { n.set_string("auto_pad", "SOME"); }), HasSubstr("auto_pad is 'SOME'"));
  EXPECT_THAT(conv({2, 4, 1}, [](TestNode) {}), HasSubstr("expected 4 dimensions"));
  EXPECT_THAT(conv({2, 4, 5, 5}, [](TestNode) {}), HasSubstr("node 'c'"));
}

TEST(OnnxConv, TakesWeightsThatAreComputedAndMoreDimensions) {
  TestModel m;
  m.input("x", {1, 1, 3, 3});
  m.input("w", {1, 1, 2, 2});
  m.node("Conv", {"x", "w"}, {"y"}).ints("pads", {1, 0, 0, 0});
  m.output("y");
  EXPECT_EQ(nodes(m), "%y = conv(%x, %w, _) {strides=[1,1], dilations=[1,1], pads=[1,0,0,0]} : f32[1,1,3,2]\n");
  TestModel volume;
  volume.input("x", {1, 2, 4, 4, 4});
  volume.floats("w", {3, 2, 2, 2, 2}, std::vector<float>(48, 1));
  volume.node("Conv", {"x", "w"}, {"y"}).ints("strides", {2, 2, 2});
  volume.output("y");
  EXPECT_THAT(nodes(volume), HasSubstr("conv(%x, %w, _)"));
  EXPECT_THAT(nodes(volume), HasSubstr(": f32[1,3,2,2,2]"));
}

TEST(OnnxConvTranspose, HasManyWaysToSayItsSize) {
  const auto conv = [](const std::function<void(TestNode)>& set) {
    TestModel m;
    m.input("x", {1, 1, 3});
    m.floats("w", {1, 2, 3}, std::vector<float>(6, 1));
    set(m.node("ConvTranspose", {"x", "w"}, {"y"}).ints("strides", {2}));
    m.output("y");
    return nodes(m);
  };
  EXPECT_THAT(conv([](TestNode) {}), HasSubstr(": f32[1,2,7]"));
  EXPECT_THAT(conv([](TestNode n) { n.ints("pads", {1, 0}).ints("output_padding", {1}); }), HasSubstr("pads=[1,0], output_padding=[1]} : f32[1,2,7]"));
  EXPECT_THAT(conv([](TestNode n) { n.ints("output_shape", {8}); }), HasSubstr("pads=[0,0], output_padding=[1]} : f32[1,2,8]"));
  EXPECT_THAT(conv([](TestNode n) { n.set_string("auto_pad", "SAME_UPPER"); }), HasSubstr("pads=[0,1], output_padding=[0]} : f32[1,2,6]"));
  EXPECT_THAT(conv([](TestNode n) { n.set_string("auto_pad", "SAME_LOWER"); }), HasSubstr("pads=[1,0], output_padding=[0]} : f32[1,2,6]"));
  EXPECT_THAT(conv([](TestNode n) { n.ints("output_shape", {0}); }), HasSubstr("an output of 0 pixels"));
  EXPECT_THAT(conv([](TestNode n) { n.ints("pads", {9, 9}); }), HasSubstr("give no image"));
  EXPECT_THAT(conv([](TestNode n) { n.set("group", 3); }), HasSubstr("group = 3 does not divide C = 1"));
}

TEST(OnnxPool, KeepsItsAttributes) {
  EXPECT_EQ(nodes(one_node(13, "MaxPool", {1, 1, 5, 5},
                           [](auto&, TestNode& n) { n.ints("kernel_shape", {3, 2}).ints("strides", {2, 1}).set("ceil_mode", 1); })),
            "%y = max_pool2d(%x) {kernel=[3,2], strides=[2,1], ceil_mode=true, layout=nchw} : f32[1,1,2,4]\n");
  EXPECT_EQ(nodes(one_node(13, "AveragePool", {1, 1, 4},
                           [](auto&, TestNode& n) { n.ints("kernel_shape", {2}).set("count_include_pad", 1).ints("pads", {1, 0}); })),
            R"(%y/src = unsqueeze(%x) {axes=[2]} : f32[1,1,1,4]
%y/pool2d = avg_pool2d(%y/src) {kernel=[1,2], pads=[0,0,1,0], count_include_pad=true, layout=nchw} : f32[1,1,1,4]
%y = squeeze(%y/pool2d) {axes=[2]} : f32[1,1,4]
)");
  EXPECT_EQ(nodes(one_node(13, "GlobalMaxPool", {1, 2, 4})), "%y = reduce_max(%x) {axes=[2]} : f32[1,2,1]\n");
}

TEST(OnnxGemm, WithConstantWeightsIsFullyConnected) {
  TestModel m;
  m.input("x", {1, 2});
  m.floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  m.floats("b", {1, 3}, {10, 20, 30});
  m.node("Gemm", {"x", "w", "b"}, {"y"}).set_float("alpha", 2).set_float("beta", 0.5f);
  m.output("y");
  EXPECT_EQ(nodes(m), "%y = fully_connected(%x, %y/scaled_weights, %y/bias) : f32[1,3]\n");
  EXPECT_THAT(m.run({{1, 10}}), ElementsAre(2 * 41 + 5, 2 * 52 + 10, 2 * 63 + 15));
}

TEST(OnnxGemm, OfTwoTensorsIsAProductAndASum) {
  TestModel m;
  m.input("a", {2, 2});
  m.input("b", {3, 2});
  m.floats("c", {2, 1}, {100, 200});
  m.node("Gemm", {"a", "b", "c"}, {"y"}).set("transA", 1).set("transB", 1).set_float("alpha", 2);
  m.output("y");
  EXPECT_THAT(m.run({{1, 2, 3, 4}, {1, 0, 0, 1, 1, 1}}), ElementsAre(102, 106, 108, 204, 208, 212));
}

TEST(OnnxClip, BecomesRelusWhereItIsOne) {
  const auto clip = [](std::int64_t opset, std::optional<float> lo, std::optional<float> hi) {
    TestModel m(opset);
    m.input("x", {1});
    auto node = m.node("Clip", {"x"}, {"y"});
    if (opset < 11) {
      if (lo) node.set_float("min", *lo);
      if (hi) node.set_float("max", *hi);
    } else {
      if (lo) m.floats("lo", {}, {*lo});
      if (hi) m.floats("hi", {}, {*hi});
      node.proto().add_input(lo ? "lo" : "");
      if (hi) node.proto().add_input("hi");
    }
    m.output("y");
    return nodes(m);
  };
  for (const std::int64_t opset : {10, 11}) {
    EXPECT_THAT(clip(opset, 0.0f, 6.0f), HasSubstr("= relu6(%x)"));
    EXPECT_THAT(clip(opset, 0.0f, std::nullopt), HasSubstr("= relu(%x)"));
    EXPECT_THAT(clip(opset, 0.0f, std::numeric_limits<float>::max()), HasSubstr("= relu(%x)"));
    EXPECT_THAT(clip(opset, -1.0f, 1.5f), HasSubstr("= clip(%x) {min=-1, max=1.5}"));
    EXPECT_THAT(clip(opset, std::nullopt, 1.5f), HasSubstr("= clip(%x) {max=1.5}"));
    EXPECT_THAT(clip(opset, std::nan(""), 1.5f), HasSubstr("node 'y' (Clip): bound 'min' is not a number"));
  }
}

TEST(OnnxClip, OfComputedBoundsIsAMinimumOfAMaximum) {
  TestModel m;
  m.input("x", {3});
  m.input("lo", {});
  m.input("hi", {});
  m.node("Clip", {"x", "lo", "hi"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.run({{1, 5, 9}, {2}, {6}}), ElementsAre(2, 5, 6));
  EXPECT_THAT(m.run({{1, 5, 9}, {6}, {2}}), ElementsAre(2, 2, 2));
}

TEST(OnnxElementwise, ChainsVariadicOperators) {
  TestModel m;
  for (const char* name : {"a", "b", "c"}) m.input(name, {2});
  m.node("Sum", {"a", "b", "c"}, {"sum"});
  m.node("Mean", {"a", "b", "c"}, {"mean"});
  m.node("Max", {"a", "b", "c"}, {"max"});
  m.node("Min", {"a"}, {"min"});
  for (const char* name : {"sum", "mean", "max", "min"}) m.output(name);
  const std::vector<std::vector<float>> inputs = {{1, 2}, {3, -4}, {5, 8}};
  EXPECT_THAT(m.run(inputs, 0), ElementsAre(9, 6));
  EXPECT_THAT(m.run(inputs, 1), ElementsAre(3, 2));
  EXPECT_THAT(m.run(inputs, 2), ElementsAre(5, 8));
  EXPECT_THAT(m.run(inputs, 3), ElementsAre(1, 2));
}

TEST(OnnxElementwise, CastsTheExponentOfAPower) {
  TestModel m;
  m.input("x", {2});
  m.ints("e", {2});
  m.node("Pow", {"x", "e"}, {"y"});
  m.output("y");
  EXPECT_THAT(m.run({{3, -4}}), ElementsAre(9, 16));
}

TEST(OnnxSoftmax, BeforeOpset13NormalizesRowsOfAMatrix) {
  const auto softmax = [](std::int64_t opset) {
    return one_node(opset, "Softmax", {1, 2, 2}, [](auto&, TestNode& n) { n.set("axis", 1); });
  };
  EXPECT_THAT(softmax(12).run({{1, 1, 1, 1}}), ElementsAre(0.25f, 0.25f, 0.25f, 0.25f));
  EXPECT_THAT(softmax(13).run({{1, 1, 1, 1}}), ElementsAre(0.5f, 0.5f, 0.5f, 0.5f));
  EXPECT_EQ(nodes(one_node(11, "Softmax", {1, 4})), "%y = softmax(%x) {axis=1} : f32[1,4]\n");
  EXPECT_EQ(nodes(one_node(11, "Softmax", {1, 4, 1, 1})), "%y = softmax(%x) {axis=1} : f32[1,4,1,1]\n");
}

TEST(OnnxNormalization, OfAnInstanceUsesItsOwnMeanAndVariance) {
  TestModel m;
  m.input("x", {1, 2, 2});
  m.floats("s", {2}, {1, 10});
  m.floats("b", {2}, {0, 1});
  m.node("InstanceNormalization", {"x", "s", "b"}, {"y"}).set_float("epsilon", 0);
  m.output("y");
  EXPECT_THAT(m.run({{1, 3, 2, 8}}), ElementsAre(-1, 1, -9, 11));
}

TEST(OnnxNormalization, RefusesTraining) {
  TestModel m(15);
  m.input("x", {1, 1, 1, 1});
  m.floats("p", {1}, {1});
  m.node("BatchNormalization", {"x", "p", "p", "p", "p"}, {"y"}).set("training_mode", 1).set_float("momentum", 0.5f);
  m.output("y");
  EXPECT_THAT(m.error(), HasSubstr("export the model for inference"));
}

TEST(OnnxReduce, TakesAxesFromAttributeOrInput) {
  EXPECT_EQ(nodes(one_node(13, "ReduceMean", {2, 3, 4}, [](auto&, TestNode& n) { n.ints("axes", {-1, 1}).set("keepdims", 0); })),
            "%y = reduce_mean(%x) {axes=[2,1], keep_dims=false} : f32[2]\n");
  const auto with_input = [](TestModel& m, TestNode& n) {
    m.ints("axes", {1});
    n.proto().add_input("axes");
  };
  EXPECT_EQ(nodes(one_node(18, "ReduceMax", {2, 3}, with_input)), "%y = reduce_max(%x) {axes=[1]} : f32[2,1]\n");
  EXPECT_EQ(nodes(one_node(13, "ReduceSum", {2, 3}, with_input)), "%y = reduce_sum(%x) {axes=[1]} : f32[2,1]\n");
  EXPECT_EQ(nodes(one_node(13, "ReduceSum", {2, 3})), "%y = reduce_sum(%x) : f32[1,1]\n");
  EXPECT_EQ(nodes(one_node(13, "ReduceSum", {2, 3}, [](auto&, TestNode& n) { n.set("noop_with_empty_axes", 1); })),
            "%y = identity(%x) : f32[2,3]\n");
  EXPECT_THAT(nodes(one_node(13, "ReduceMax", {2, 3}, [](auto&, TestNode& n) { n.ints("axes", {2}); })),
              HasSubstr("axis 2 is outside [-2, 2)"));
}

TEST(OnnxShape, SqueezesAndUnsqueezes) {
  EXPECT_EQ(nodes(one_node(11, "Unsqueeze", {2}, [](auto&, TestNode& n) { n.ints("axes", {0, -1}); })),
            "%y = unsqueeze(%x) {axes=[0,2]} : f32[1,2,1]\n");
  EXPECT_EQ(nodes(one_node(13, "Squeeze", {1, 2, 1})), "%y = squeeze(%x) : f32[2]\n");
  EXPECT_THAT(nodes(one_node(11, "Unsqueeze", {2}, [](auto&, TestNode& n) { n.ints("axes", {0, 0}); })),
              HasSubstr("axis 0 is given twice"));
}

TEST(OnnxShape, TransposeReversesByDefault) {
  EXPECT_EQ(nodes(one_node(13, "Transpose", {2, 3, 4})), "%y = transpose(%x) {perm=[2,1,0]} : f32[4,3,2]\n");
  EXPECT_THAT(nodes(one_node(13, "Transpose", {2, 3}, [](auto&, TestNode& n) { n.ints("perm", {0, 0}); })),
              HasSubstr("axis 0 is given twice"));
}

TEST(OnnxShape, MovesDepthToSpaceAndBack) {
  const auto to_space = [](const char* mode) {
    return one_node(13, "DepthToSpace", {1, 8, 1, 1}, [&](auto&, TestNode& n) { n.set("blocksize", 2).set_string("mode", mode); });
  };
  EXPECT_THAT(to_space("DCR").run({{0, 1, 2, 3, 4, 5, 6, 7}}), ElementsAre(0, 2, 4, 6, 1, 3, 5, 7));
  EXPECT_THAT(to_space("CRD").run({{0, 1, 2, 3, 4, 5, 6, 7}}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  const auto to_depth = one_node(13, "SpaceToDepth", {1, 2, 2, 2}, [](auto&, TestNode& n) { n.set("blocksize", 2); });
  EXPECT_THAT(to_depth.run({{0, 2, 4, 6, 1, 3, 5, 7}}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(OnnxShape, ExpandsToItsOwnSymbolicDimension) {
  TestModel m;
  m.input("x", {"N", 1});
  m.ints("one", {0});
  m.ints("three", {3});
  m.node("Shape", {"x"}, {"s"});
  m.node("Gather", {"s", "one"}, {"n"});
  m.node("Concat", {"n", "three"}, {"target"}).set("axis", 0);
  m.node("Expand", {"x", "target"}, {"y"});
  m.output("y");
  EXPECT_EQ(nodes(m), "%y = expand(%x) {shape=[1,3]} : f32[N,3]\n");
}

TEST(OnnxSlice, TakesBoundsFromAttributesOrInputs) {
  EXPECT_EQ(nodes(one_node(9, "Slice", {4, 5}, [](auto&, TestNode& n) { n.ints("starts", {1, 0}).ints("ends", {-1, INT64_MAX}); })),
            "%y = slice(%x) {starts=[1], ends=[-1], axes=[0], steps=[1]} : f32[2,5]\n");
  TestModel m;
  m.input("x", {"N", 4});
  m.ints("starts", {3, 0});
  m.ints("ends", {-100, INT32_MAX});
  m.ints("axes", {1, 0});
  m.ints("steps", {-2, 1});
  m.node("Slice", {"x", "starts", "ends", "axes", "steps"}, {"y"});
  m.output("y");
  EXPECT_EQ(nodes(m), "%y = slice(%x) {starts=[3], ends=[-100], axes=[1], steps=[-2]} : f32[N,2]\n");
}

TEST(OnnxSplit, TakesSizesFromAttributeInputOrOutputs) {
  const auto split = [](std::int64_t opset, int num_outputs, const std::function<void(TestModel&, TestNode&)>& set) {
    TestModel m(opset);
    m.input("x", {5, 4});
    std::vector<std::string> outputs;
    for (int i = 0; i < num_outputs; ++i) outputs.push_back(fmt::format("y{}", i));
    TestNode node = m.node("Split", {"x"}, outputs);
    set(m, node);
    for (const auto& output : outputs) m.output(output);
    return nodes(m);
  };
  EXPECT_THAT(split(11, 2, [](auto&, TestNode& n) { n.ints("split", {2, 3}); }), HasSubstr("split(%x) {sizes=[2,3]}"));
  EXPECT_THAT(split(13, 2, [](TestModel& m, TestNode& n) {
                m.ints("sizes", {1, 4});
                n.proto().add_input("sizes");
              }), HasSubstr("split(%x) {sizes=[1,4]}"));
  EXPECT_THAT(split(13, 2, [](auto&, TestNode& n) { n.set("axis", -1); }), HasSubstr("split(%x) {axis=1, sizes=[2,2]}"));
  EXPECT_THAT(split(18, 2, [](auto&, TestNode& n) { n.set("num_outputs", 2); }), HasSubstr("split(%x) {sizes=[3,2]}"));
  EXPECT_THAT(split(13, 2, [](auto&, TestNode&) {}), HasSubstr("5 elements cannot be split into 2 parts"));
  EXPECT_THAT(split(11, 2, [](auto&, TestNode& n) { n.ints("split", {2}); }), HasSubstr("splits into 1 parts, and has 2 outputs"));
}

TEST(OnnxPad, TakesPadsFromAttributesOrInputs) {
  EXPECT_EQ(nodes(one_node(10, "Pad", {2, 2}, [](auto&, TestNode& n) { n.ints("pads", {0, 1, 2, 3}).set_float("value", 5); })),
            "%y = pad(%x) {pads=[0,1,2,3], value=5} : f32[4,6]\n");
  EXPECT_EQ(nodes(one_node(18, "Pad", {2, 2},
                           [](TestModel& m, TestNode& n) {
                             m.ints("pads", {1, 2});
                             m.ints("axes", {-1});
                             for (const char* name : {"pads", "", "axes"}) n.proto().add_input(name);
                             n.set_string("mode", "edge");
                           })),
            "%y = pad(%x) {pads=[0,1,0,2], mode=edge} : f32[2,5]\n");
  EXPECT_THAT(nodes(one_node(19, "Pad", {2}, [](auto&, TestNode& n) { n.set_string("mode", "circular"); })), HasSubstr("mode is 'circular'"));
}

TEST(OnnxResize, FollowsItsOpset) {
  const auto with_scales = [](TestModel& m, TestNode& n) {
    m.floats("scales", {4}, {1, 1, 2, 3});
    n.proto().add_input("scales");
  };
  EXPECT_EQ(nodes(one_node(10, "Resize", {1, 1, 2, 2}, with_scales)),
            "%y = resize(%x) {scales=[2,3], coordinate_mode=asymmetric, nearest_mode=floor, layout=nchw} : f32[1,1,4,6]\n");
  EXPECT_EQ(nodes(one_node(9, "Upsample", {1, 1, 2, 2}, with_scales)),
            "%y = resize(%x) {scales=[2,3], coordinate_mode=asymmetric, nearest_mode=floor, layout=nchw} : f32[1,1,4,6]\n");
  const auto with_sizes = [](TestModel& m, TestNode& n) {
    m.ints("sizes", {1, 1, 5, 7});
    for (const char* name : {"", "", "sizes"}) n.proto().add_input(name);
    n.set_string("mode", "linear").set_string("coordinate_transformation_mode", "align_corners");
  };
  EXPECT_EQ(nodes(one_node(13, "Resize", {1, 1, 2, 2}, with_sizes)),
            "%y = resize(%x) {size=[5,7], mode=linear, coordinate_mode=align_corners, layout=nchw} : f32[1,1,5,7]\n");
}

TEST(OnnxResize, OfOtherThanImagesIsGeneral) {
  const auto resize = [](const std::function<void(TestNode&)>& set, const std::vector<std::int64_t>& sizes = {1, 1, 4, 4}) {
    return nodes(one_node(18, "Resize", {1, 1, 2, 2}, [&](TestModel& m, TestNode& n) {
      m.ints("sizes", sizes);
      m.floats("roi", {8}, {0, 0, 0, 0, 1, 1, 1, 1});
      for (const char* name : {"roi", "", "sizes"}) n.proto().add_input(name);
      set(n);
    }));
  };
  EXPECT_THAT(resize([](TestNode& n) { n.set_string("keep_aspect_ratio_policy", "not_larger"); }), HasSubstr("policy=not_larger"));
  EXPECT_THAT(resize([](TestNode& n) { n.set("antialias", 1).set_string("mode", "linear"); }), HasSubstr("antialias=true"));
  EXPECT_THAT(resize([](TestNode& n) { n.set_string("coordinate_transformation_mode", "tf_crop_and_resize"); }),
              HasSubstr("resize_nd(%x, %roi, _, %sizes) {coordinate_mode=crop} : f32[1,1,4,4]"));
  EXPECT_THAT(resize([](TestNode&) {}, {1, 2, 4, 4}), HasSubstr("resize_nd(%x, _, _, %sizes) : f32[1,2,4,4]"));
  EXPECT_THAT(resize([](TestNode&) {}, {1, 1, 0, 4}), HasSubstr("output size is 0"));
  EXPECT_THAT(resize([](TestNode& n) { n.set_string("keep_aspect_ratio_policy", "some"); }), HasSubstr("'some'"));
}

TEST(OnnxConstant, HasManyForms) {
  const auto constant = [](const std::function<void(TestNode)>& set) {
    TestModel m;
    set(m.node("Constant", {}, {"c"}));
    m.output("c");
    const auto graph = m.import();
    return graph.ok() ? print_graph(*graph) : graph.error().message;
  };
  EXPECT_THAT(constant([](TestNode n) { n.set_float("value_float", 1.5f); }), HasSubstr("const f32[] = [1.5]"));
  EXPECT_THAT(constant([](TestNode n) { n.set("value_int", 3); }), HasSubstr("const i64[] = [3]"));
  EXPECT_THAT(constant([](TestNode n) { n.ints("value_ints", {3, 4}); }), HasSubstr("const i64[2] = [3, 4]"));
  EXPECT_THAT(constant([](TestNode n) { n.floats("value_floats", {3, 4}); }), HasSubstr("const f32[2] = [3, 4]"));
  EXPECT_THAT(constant([](TestNode n) { n.tensor("value", int_tensor("", {1, 1}, {8})); }), HasSubstr("const i64[1,1] = [8]"));
  EXPECT_THAT(constant([](TestNode n) { n.set_string("value_string", "a"); }), HasSubstr("has none of the attributes"));
}

TEST(OnnxConstant, OfShapeAndRangeAreBounded) {
  TestModel m;
  m.ints("shape", {2, 2});
  m.node("ConstantOfShape", {"shape"}, {"filled"}).tensor("value", int_tensor("", {1}, {7}));
  m.floats("start", {}, {1});
  m.floats("limit", {}, {2});
  m.floats("delta", {}, {0.25f});
  m.node("Range", {"start", "limit", "delta"}, {"range"});
  m.output("filled");
  m.output("range");
  EXPECT_THAT(m.text(), HasSubstr("const i64[2,2] = [7, 7, 7, 7]"));
  EXPECT_THAT(m.text(), HasSubstr("const f32[4] = [1, 1.25, 1.5, 1.75]"));

  TestModel huge;
  huge.ints("shape", {1 << 30, 8});
  huge.node("ConstantOfShape", {"shape"}, {"y"});
  huge.output("y");
  EXPECT_THAT(huge.error(), HasSubstr("more than 1024 MiB"));
  TestModel endless;
  endless.floats("start", {}, {0});
  endless.floats("delta", {}, {0});
  endless.node("Range", {"start", "start", "delta"}, {"y"});
  endless.output("y");
  EXPECT_THAT(endless.error(), HasSubstr("impossible"));
}

TEST(OnnxCast, RefusesTypesThatItDoesNotKnow) {
  EXPECT_THAT(nodes(one_node(13, "Cast", {1}, [](auto&, TestNode& n) { n.set("to", 8); })), HasSubstr("element type STRING"));
  EXPECT_THAT(nodes(one_node(13, "Cast", {1}, [](auto&, TestNode& n) { n.set("to", 1000000); })), HasSubstr("'to' is 1000000"));
  EXPECT_EQ(nodes(one_node(13, "Cast", {1}, [](auto&, TestNode& n) { n.set("to", 6); })), "%y = cast(%x) {to=i32} : i32[1]\n");
}

TEST(OnnxDropout, IsGoneInInference) {
  EXPECT_EQ(nodes(one_node(11, "Dropout", {1}, [](auto&, TestNode& n) { n.set_float("ratio", 0.3f); })),
            "%y = dropout(%x) : f32[1]\n");
}

}  // namespace
}  // namespace octet::test
