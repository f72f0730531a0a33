// SPDX-License-Identifier: Apache-2.0
// Whole networks: inputs, outputs, phases, computing in place, old forms, weights, and what is refused.
#include "importers/caffe/caffe_importer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "importers/caffe/handlers.h"
#include "importers/caffe/test_net.h"

namespace octet {
namespace {

using test::layer_net;
using test::TestNet;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> names(const Graph& graph, const std::vector<TensorId>& ids) {
  std::vector<std::string> result;
  for (const TensorId id : ids) result.push_back(graph.tensor(id).name);
  return result;
}

std::vector<std::string> outputs_of(const TestNet& net, const ImportOptions& options = {}) {
  const auto graph = net.import(options);
  return graph.ok() ? names(*graph, graph->outputs) : std::vector<std::string>{graph.error().message};
}
std::vector<std::string> inputs_of(const TestNet& net, const ImportOptions& options = {}) {
  const auto graph = net.import(options);
  return graph.ok() ? names(*graph, graph->inputs) : std::vector<std::string>{graph.error().message};
}

// ---------------------------------------------------------------- inputs

TEST(CaffeInputs, ReadsInputLayer) {
  EXPECT_EQ(layer_net({1, 2, 3, 4}, "ReLU").text(), R"(graph "n"
%x = input f32[1,2,3,4] nchw
%y = relu(%x) : f32[1,2,3,4]
output %y nchw
)");
}

TEST(CaffeInputs, ReadsInputDim) {
  const TestNet net(R"(input: "a" input: "b" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4
      input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4
      layer { name: "y" type: "Eltwise" bottom: "a" bottom: "b" top: "y" })");
  EXPECT_THAT(net.text(), AllOf(HasSubstr("%a = input f32[1,2,3,4] nchw"), HasSubstr("%b = input f32[1,2,3,4] nchw")));
}

TEST(CaffeInputs, ReadsInputShape) {
  EXPECT_THAT(
      TestNet(R"(input: "x" input_shape { dim: 5 dim: 7 } layer { name: "y" type: "ReLU" bottom: "x" top: "y" })")
          .text(),
      HasSubstr("%x = input f32[5,7]\n"));
}

TEST(CaffeInputs, OneShapeOfAnInputLayerServesAllTops) {
  const TestNet net(R"(layer { name: "in" type: "Input" top: "a" top: "b" input_param { shape { dim: 2 dim: 3 } } }
      layer { name: "y" type: "Eltwise" bottom: "a" bottom: "b" top: "y" })");
  EXPECT_THAT(net.text(), AllOf(HasSubstr("%a = input f32[2,3]"), HasSubstr("%b = input f32[2,3]")));
}

TEST(CaffeInputs, TakeAnyShapeOfTheOptions) {
  const ImportOptions options{{{"x", {4, 2, 9, 9}}}};
  EXPECT_THAT(layer_net({1, 2, 3, 4}, "ReLU").text(options), HasSubstr("%y = relu(%x) : f32[4,2,9,9]"));
}

TEST(CaffeInputs, RefuseAShapeOfAnotherRank) {
  EXPECT_EQ(layer_net({1, 2, 3, 4}, "ReLU").error({{{"x", {4, 2}}}}),
            "n.prototxt: input 'x': the shape [4, 2] does not fit: the network has 4 dimensions");
}

TEST(CaffeInputs, RefuseAShapeForAnUnknownName) {
  EXPECT_EQ(layer_net({1, 2}, "ReLU").error({{{"z", {4, 2}}}}),
            "n.prototxt: there is no graph input 'z' to give a shape to; the inputs are 'x'");
}

TEST(CaffeInputs, RefuseDimensionsThatAreNone) {
  EXPECT_EQ(TestNet(R"(input: "x" input_shape { dim: 0 dim: 7 } layer { name: "y" type: "ReLU" bottom: "x" top: "y" })")
                .error(),
            "n.prototxt: input 'x' has shape [0, 7], expected 1 to 8 dimensions of 1 or more; give them with "
            "--inputShape=x:...");
  EXPECT_THAT(TestNet(R"(input: "x" layer { name: "y" type: "ReLU" bottom: "x" top: "y" })").error(),
              HasSubstr("has shape []"));
  EXPECT_THAT(TestNet(R"(input: "x" input_shape { dim: 1000000000000 dim: 1000000000000 }
                  layer { name: "y" type: "ReLU" bottom: "x" top: "y" })")
                  .error(),
              HasSubstr("has shape [1000000000000, 1000000000000]"));
}

TEST(CaffeInputs, RefuseNumbersOfDimensionsThatDoNotFit) {
  EXPECT_EQ(TestNet(R"(input: "x" input_dim: 1 input_dim: 2)").error(),
            "n.prototxt: has 2 input_dim for 1 input, expected four for each");
  EXPECT_EQ(TestNet(R"(input: "x" input_shape { dim: 1 } input_shape { dim: 1 })").error(),
            "n.prototxt: has 2 input_shape for 1 input");
}

TEST(CaffeInputs, DropsOneThatNoLayerReads) {
  const TestNet net(R"(input: "x" input: "label" input_shape { dim: 2 dim: 3 } input_shape { dim: 2 dim: 1 }
      layer { name: "y" type: "ReLU" bottom: "x" top: "y" })");
  EXPECT_THAT(inputs_of(net), ElementsAre("x"));
  EXPECT_THAT(outputs_of(net), ElementsAre("y"));
}

// ---------------------------------------------------------------- outputs and names

TEST(CaffeOutputs, AreTopsThatNobodyReadsInOrder) {
  const TestNet net(R"(input: "x" input_shape { dim: 2 dim: 4 }
      layer { name: "s" type: "Slice" bottom: "x" top: "s1" top: "s2" top: "s3" top: "s4" }
      layer { name: "z" type: "ReLU" bottom: "s3" top: "z" }
      layer { name: "a" type: "ReLU" bottom: "s1" top: "a" })");
  EXPECT_THAT(outputs_of(net), ElementsAre("s2", "s4", "z", "a"));
}

TEST(CaffeOutputs, LeaveOutWhatIsSilenced) {
  const TestNet net(R"(input: "x" input_shape { dim: 2 dim: 4 }
      layer { name: "s" type: "Slice" bottom: "x" top: "s1" top: "s2" }
      layer { name: "hush" type: "Silence" bottom: "s1" })");
  EXPECT_THAT(outputs_of(net), ElementsAre("s2"));
}

TEST(CaffeOutputs, AnErrorIfThereAreNone) {
  EXPECT_THAT(TestNet(R"(input: "x" input_shape { dim: 2 })").error(), HasSubstr("has no output"));
}

TEST(CaffeInPlace, LastValueHasTheBlobsName) {
  const TestNet net(R"(name: "n" input: "x" input_shape { dim: 1 dim: 2 }
      layer { name: "y" type: "TanH" bottom: "x" top: "y" }
      layer { name: "r" type: "ReLU" bottom: "y" top: "y" }
      layer { name: "d" type: "Dropout" bottom: "y" top: "y" })");
  EXPECT_EQ(net.text(), R"(graph "n"
%x = input f32[1,2]
%y/y = tanh(%x) : f32[1,2] @"y"
%r/y = relu(%y/y) : f32[1,2] @"r"
%y = identity(%r/y) : f32[1,2] @"d"
output %y
)");
}

TEST(CaffeInPlace, EarlierReadersSeeTheEarlierValue) {
  const TestNet net(R"(input: "x" input_shape { dim: 1 dim: 2 }
      layer { name: "before" type: "Power" bottom: "x" top: "before" power_param { shift: 1 } }
      layer { name: "r" type: "ReLU" bottom: "x" top: "x" }
      layer { name: "sum" type: "Eltwise" bottom: "before" bottom: "x" top: "sum" })");
  EXPECT_THAT(net.run({{-3, 2}}), ElementsAre(-2, 5));
}

TEST(CaffeBlobs, RefusesABottomThatIsNotThere) {
  EXPECT_EQ(TestNet(R"(layer { name: "y" type: "ReLU" bottom: "x" top: "y" })").error(),
            "n.prototxt: layer 'y' (ReLU): its bottom 'x' is neither a graph input nor made by a layer before it");
}

TEST(CaffeBlobs, RefusesATopThatIsMadeTwice) {
  const TestNet net(R"(input: "x" input_shape { dim: 1 }
      layer { name: "a" type: "ReLU" bottom: "x" top: "y" }
      layer { name: "b" type: "ReLU" bottom: "x" top: "y" })");
  EXPECT_EQ(net.error(), "n.prototxt: layer 'b' (ReLU): its top 'y' is made twice, and is not computed in place");
}

TEST(CaffeBlobs, RefusesOtherNumbersOfBottomsAndTops) {
  EXPECT_EQ(
      TestNet(R"(input: "x" input_shape { dim: 1 } layer { name: "y" type: "ReLU" bottom: "x" bottom: "x" top: "y" })")
          .error(),
      "n.prototxt: layer 'y' (ReLU): has 2 bottoms, expected 1");
  EXPECT_EQ(layer_net({1, 1}, "ReLU", R"(top: "mask")").error(),
            "n.prototxt: layer 'y' (ReLU): has 2 tops, expected 1");
  EXPECT_EQ(layer_net({1, 1}, "Eltwise").error(), "n.prototxt: layer 'y' (Eltwise): has 1 bottoms, expected 2 or more");
}

// ---------------------------------------------------------------- phases

TEST(CaffePhases, LayersOfTrainingAreLeftOut) {
  const TestNet net(R"(
      layer { name: "data" type: "Data" top: "x" top: "label" include { phase: TRAIN } data_param { source: "db" batch_size: 8 } }
      layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } exclude { phase: TRAIN } }
      layer { name: "y" type: "ReLU" bottom: "x" top: "y" include { phase: TEST } }
      layer { name: "loss" type: "SoftmaxWithLoss" bottom: "y" bottom: "label" top: "loss" loss_weight: 1 include { phase: TRAIN } })");
  EXPECT_THAT(outputs_of(net), ElementsAre("y"));
}

TEST(CaffePhases, StagesAndLevelsChoose) {
  const TestNet net(R"(state { level: 2 stage: "deploy" } input: "x" input_shape { dim: 1 }
      layer { name: "a" type: "ReLU" bottom: "x" top: "a" include { stage: "deploy" min_level: 1 } }
      layer { name: "b" type: "ReLU" bottom: "x" top: "b" include { stage: "other" } }
      layer { name: "c" type: "ReLU" bottom: "x" top: "c" include { not_stage: "deploy" } include { max_level: 2 } }
      layer { name: "d" type: "ReLU" bottom: "x" top: "d" exclude { min_level: 3 } }
      layer { name: "e" type: "ReLU" bottom: "x" top: "e" exclude { stage: "deploy" } })");
  EXPECT_THAT(outputs_of(net), ElementsAre("a", "c", "d"));
}

TEST(CaffePhases, LossesAreLeftOutAndWhatTheyReadIsAnOutput) {
  const TestNet net(R"(
      layer { name: "data" type: "Data" top: "x" top: "label" }
      layer { name: "y" type: "ReLU" bottom: "x" top: "y" }
      layer { name: "accuracy" type: "Accuracy" bottom: "y" bottom: "label" top: "accuracy" accuracy_param { top_k: 5 } }
      layer { name: "loss" type: "SoftmaxWithLoss" bottom: "y" bottom: "label" top: "loss" })");
  EXPECT_THAT(outputs_of(net, {{{"x", {1, 5}}}}), ElementsAre("y"));
  EXPECT_THAT(inputs_of(net, {{{"x", {1, 5}}}}), ElementsAre("x"));
}

TEST(CaffePhases, DataLayerNeedsAShape) {
  const TestNet net(
      R"(layer { name: "data" type: "ImageData" top: "x" image_data_param { source: "list.txt" batch_size: 4 } }
      layer { name: "y" type: "ReLU" bottom: "x" top: "y" })");
  EXPECT_EQ(net.error(),
            "n.prototxt: layer 'y' (ReLU): its bottom 'x' comes from layer 'data' (ImageData), which Octet does not "
            "run; use the "
            "network for deployment, or give the blob a shape with --inputShape=x:N,C,H,W");
}

TEST(CaffePhases, RefusesALayerThatComputesAsInTraining) {
  EXPECT_THAT(layer_net({1, 2}, "Dropout", "phase: TRAIN").error(),
              HasSubstr("layer 'y' (Dropout): computes as in training"));
}

// ---------------------------------------------------------------- what is refused

TEST(CaffeText, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(TestNet("name: \"n\"\nlayer {\n  name: 7\n}").error(),
            "n.prototxt: line 3, column 9: Expected string, got: 7");
  EXPECT_THAT(TestNet("layer {").error(), StartsWith("n.prototxt: line 1, column 8:"));
  EXPECT_THAT(TestNet(std::string("\x08\x01\x00", 3)).error(), StartsWith("n.prototxt: line 1"));
}

TEST(CaffeText, RefusesDeepNesting) {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "a { ";
  EXPECT_THAT(TestNet(text).error(), StartsWith("n.prototxt: line 1"));
}

TEST(CaffeText, NamesAllUnsupportedLayers) {
  const TestNet net(R"(input: "x" input_shape { dim: 1 }
      layer { name: "up1" type: "Im2col" bottom: "x" top: "up1" convolution_param { num_output: 1 } }
      layer { name: "up2" type: "Im2col" bottom: "up1" top: "up2" }
      layer { name: "boxes" type: "DetectionOutput" bottom: "up2" top: "boxes" detection_output_param { num_classes: 2 } })");
  EXPECT_EQ(net.error(), R"(n.prototxt: 2 layer types are not supported:
  DetectionOutput: 1 layer: 'boxes'
  Im2col: 2 layers: 'up1', 'up2')");
}

TEST(CaffeText, NamesTheUnknownFieldAndItsLayer) {
  const TestNet net(
      "input: \"x\"\ninput_shape { dim: 1 }\nlayer { name: \"a\" type: \"ReLU\" bottom: \"x\" top: \"a\" }\n"
      "layer { name: \"y\" type: \"Dropout\" bottom: \"a\" top: \"y\"\n  dropout_param { scale_train: false } }\n");
  EXPECT_EQ(net.error(),
            "n.prototxt: line 5: layer 'y' (Dropout): Octet does not know field 'scale_train' of DropoutParameter");
  EXPECT_EQ(TestNet("layer_v9 { }").error(), "n.prototxt: line 1: Octet does not know field 'layer_v9'");
}

TEST(CaffeText, SkipsFieldsThatServeTraining) {
  TestNet net(R"(force_backward: true input: "x" input_shape { dim: [1, 1, 1, 1] }
      layer { name: "y" type: "Convolution" bottom: "x" top: "y" propagate_down: true loss_weight: 0
              param { lr_mult: 1 decay_mult: 1 } param { name: "b" lr_mult: 2 }
              convolution_param { num_output: 1 kernel_size: 1 engine: CAFFE force_nd_im2col: false
                                  weight_filler { type: "xavier" nested { a: 1 } } bias_filler: < type: "constant" > } })");
  net.blobs("y", {{{1, 1, 1, 1}, {2}}, {{1}, {1}}});
  EXPECT_THAT(net.run({{5}}), ElementsAre(11));
}

TEST(CaffeText, UnknownFieldsOfLayersOfTrainingDoNotMatter) {
  const TestNet net(R"(input: "x" input_shape { dim: 1 }
      layer { name: "aug" type: "Augment" bottom: "x" top: "aug" augment_param { angle: 3 } include { phase: TRAIN } }
      layer { name: "data" type: "Data" top: "label" data_param { fork: 3 } other_param { a: 1 } }
      layer { name: "y" type: "ReLU" bottom: "x" top: "y" })");
  EXPECT_THAT(outputs_of(net), ElementsAre("y"));
}

// ---------------------------------------------------------------- old forms

TEST(CaffeV1, LayersAndBlobsOfFourDimensions) {
  TestNet net(R"(input: "x" input_dim: 1 input_dim: 2 input_dim: 1 input_dim: 1
      layers { name: "fc" type: INNER_PRODUCT bottom: "x" top: "fc" blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
               inner_product_param { num_output: 2 } }
      layers { name: "relu" type: RELU bottom: "fc" top: "fc" relu_param { negative_slope: 0.5 } }
      layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "label" include: { phase: TRAIN } })");
  auto* layer = net.weights.add_layers();
  layer->set_name("fc");
  auto* weights = layer->add_blobs();
  weights->set_num(1);
  weights->set_channels(1);
  weights->set_height(2);
  weights->set_width(2);
  for (const float value : {1.0f, 2.0f, -3.0f, 0.0f}) weights->add_data(value);
  auto* bias = layer->add_blobs();
  bias->set_num(1);
  bias->set_channels(1);
  bias->set_height(1);
  bias->set_width(2);
  for (const double value : {10.0, -1.0}) bias->add_double_data(value);
  EXPECT_THAT(net.run({{1, 1}}), ElementsAre(13, -2));
}

TEST(CaffeV1, EveryTypeHasAName) {
  for (int type = 1; type <= 39; ++type) {
    const std::string name =
        caffe::V1LayerParameter::LayerType_Name(static_cast<caffe::V1LayerParameter::LayerType>(type));
    const TestNet net(fmt::format("layers {{ name: \"y\" type: {} bottom: \"x\" top: \"y\" }}", name));
    EXPECT_THAT(net.error(), Not(HasSubstr("without a type"))) << name;
  }
}

TEST(CaffeV1, NotBesideNewLayers) {
  EXPECT_THAT(TestNet(R"(layer { name: "a" type: "ReLU" } layers { name: "b" type: RELU })").error(),
              HasSubstr("has both 'layer' and 'layers'"));
}

TEST(CaffeV1, LayersOfTheFirstFormAreNamed) {
  EXPECT_THAT(TestNet("layers { layer { name: \"c\" type: \"conv\" num_output: 1 } bottom: \"x\" top: \"y\" }").error(),
              HasSubstr("(layers without a type): 1 layer: 'y'"));
}

// ---------------------------------------------------------------- weights

TestNet conv_net() {
  return layer_net({1, 2, 1, 1}, "Convolution", "convolution_param { num_output: 2 kernel_size: 1 }");
}

TEST(CaffeWeights, MissingOnesNameLayerAndFile) {
  EXPECT_EQ(conv_net().error(),
            "n.prototxt: layer 'y' (Convolution): n.caffemodel: has no weights for this layer, expected weights, bias; "
            "is it the "
            "file of this network, with the same layer names?");
}

TEST(CaffeWeights, RefusesAnotherNumberOfBlobs) {
  EXPECT_EQ(conv_net().blobs("y", {{{2, 2, 1, 1}, {1, 2, 3, 4}}}).error(),
            "n.prototxt: layer 'y' (Convolution): n.caffemodel: has 1 blob for this layer, expected 2: weights, bias");
}

TEST(CaffeWeights, RefusesAnotherShape) {
  EXPECT_EQ(conv_net().blobs("y", {{{2, 2, 2, 1}, std::vector<float>(8)}, {{2}, {1, 2}}}).error(),
            "n.prototxt: layer 'y' (Convolution): n.caffemodel: weights have shape [2, 2, 2, 1], the network needs [2, "
            "2, 1, 1]");
}

TEST(CaffeWeights, RefusesTooFewNumbers) {
  EXPECT_EQ(
      conv_net().blobs("y", {{{2, 2, 1, 1}, {1, 2, 3}}, {{2}, {1, 2}}}).error(),
      "n.prototxt: layer 'y' (Convolution): n.caffemodel: weights of shape [2, 2, 1, 1] hold 3 numbers, expected 4");
}

TEST(CaffeWeights, RefusesWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(conv_net().blobs("y", {{{2, 2, 1, 1}, {1, 2, infinity, 4}}, {{2}, {1, 2}}}).error(),
            "n.prototxt: layer 'y' (Convolution): n.caffemodel: weights hold inf as number 2, expected finite numbers");
  EXPECT_THAT(conv_net().blobs("y", {{{2, 2, 1, 1}, {1, 2, 3, 4}}, {{2}, {1, std::nanf("")}}}).error(),
              HasSubstr("bias hold nan as number 1"));
}

TEST(CaffeWeights, OfSeveralLayersWithANameTheLastCounts) {
  TestNet net = conv_net();
  net.blobs("y", {{{2, 2, 1, 1}, {1, 2, 3, 4}}, {{2}, {1, 2}}})
      .blobs("y", {{{2, 2, 1, 1}, {0, 0, 0, 0}}, {{2}, {7, 8}}});
  net.blobs("y", {}).blobs("other", {{{1}, {1}}});
  EXPECT_THAT(net.run({{1, 1}}), ElementsAre(7, 8));
}

TEST(CaffeWeights, RefusesTwoLayersOfOneName) {
  TestNet net(R"(input: "x" input_shape { dim: [1, 1, 1, 1] }
      layer { name: "c" type: "Convolution" bottom: "x" top: "a" convolution_param { num_output: 1 kernel_size: 1 bias_term: false } }
      layer { name: "c" type: "Convolution" bottom: "a" top: "b" convolution_param { num_output: 1 kernel_size: 1 bias_term: false } })");
  net.blobs("c", {{{1, 1, 1, 1}, {1}}});
  EXPECT_THAT(net.error(), HasSubstr("layer 'c' (Convolution): n.caffemodel: another layer has the same name"));
}

TEST(CaffeWeights, RefusesBytesThatAreNone) {
  const std::string text = R"(input: "x" input_shape { dim: 1 } layer { name: "y" type: "ReLU" bottom: "x" top: "y" })";
  const auto graph = import_caffe(NamedBytes{"n.prototxt", std::as_bytes(std::span(text))},
                                  NamedBytes{"w.caffemodel", std::as_bytes(std::span(text))});
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().code, ErrorCode::kInvalidModel);
  EXPECT_THAT(graph.error().message, StartsWith("n.prototxt: w.caffemodel: is no .caffemodel"));
}

TEST(CaffeFiles, NamesTheFileThatIsNotThere) {
  const auto graph = import_caffe("no/such.prototxt", "no/such.caffemodel");
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace octet
