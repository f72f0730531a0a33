// SPDX-License-Identifier: Apache-2.0
// Operators in forms that MindSpore Lite writes and Octet does not.
#include <gmock/gmock.h>

#include <cmath>

#include "importers/ms/test_ms_file.h"

namespace octet::test {
namespace {

using msl2::DataType;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::HasSubstr;

// One node of `table` made by `make` between x and y; further inputs are constants that `make` may add.
template <typename Make>
TestMsFile file_of(std::vector<std::int32_t> src, std::vector<std::int32_t> dst, Make make) {
  TestMsFile f;
  const auto x = f.input("x", src);
  const auto y = f.output("y", dst);
  std::vector<std::uint32_t> inputs = {x};
  const auto table = make(f, inputs);
  f.node("n", table, inputs, {y});
  return f;
}

TEST(MsConv, ReadsSameAndValidPadding) {
  const auto conv = [](msl2::PadMode mode) {
    return [mode](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
      inputs.push_back(f.floats("w", {1, 2, 2, 1}, {1, 1, 1, 1}));
      const std::vector<std::int64_t> pads = {5, 5, 5, 5};
      return msl2::CreateConv2DFusionDirect(f.buffer, msl2::Format::NHWC, nullptr, nullptr, nullptr, mode, &pads);
    };
  };
  EXPECT_THAT(file_of({1, 3, 3, 1}, {1, 3, 3, 1}, conv(msl2::PadMode::SAME)).text(),
              HasSubstr("{pad_mode=same_upper}"));
  EXPECT_THAT(file_of({1, 3, 3, 1}, {1, 2, 2, 1}, conv(msl2::PadMode::VALID)).text(),
              HasSubstr("conv2d(%x, %w) : f32[1,2,2,1]"));
}

TEST(MsConv, PutsOtherActivationsBehind) {
  const auto text =
      file_of({1, 3, 3, 1}, {1, 3, 3, 1}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
        inputs.push_back(f.floats("w", {1, 1, 1, 1}, {1}));
        return msl2::CreateConv2DFusionDirect(f.buffer, msl2::Format::NHWC, nullptr, nullptr, nullptr,
                                              msl2::PadMode::PAD, nullptr, 0, 1, 1, 1, msl2::ActivationType::HSWISH);
      }).text();
  EXPECT_THAT(text, HasSubstr("%n/linear = conv2d(%x, %w) : f32[1,3,3,1] @\"n\""));
  EXPECT_THAT(text, HasSubstr("%y = hard_swish(%n/linear)"));
}

TEST(MsConv, RefusesNchw) {
  const auto text = file_of({1, 1, 3, 3}, {1, 1, 3, 3}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
                      inputs.push_back(f.floats("w", {1, 1, 1, 1}, {1}));
                      return msl2::CreateConv2DFusionDirect(f.buffer, msl2::Format::NCHW);
                    }).text();
  EXPECT_THAT(text, HasSubstr("its format is 0 (NCHW), expected 1 (NHWC)"));
}

TEST(MsPool, ReadsCaffesGlobalPooling) {
  const auto text = file_of({1, 3, 3, 2}, {1, 1, 1, 2}, [](TestMsFile& f, std::vector<std::uint32_t>&) {
                      const std::vector<std::int64_t> kernel = {0, 0}, strides = {1, 1}, pads = {0, 0, 0, 0};
                      return msl2::CreateAvgPoolFusionDirect(f.buffer, &kernel, &strides, &pads, msl2::PadMode::PAD,
                                                             msl2::RoundMode::CEIL, msl2::Format::NHWC, true);
                    }).text();
  EXPECT_THAT(text, HasSubstr("%y = avg_pool2d(%x) {global=true}"));
}

TEST(MsFullConnection, FlattensAnImageAsItLiesInMemory) {
  TestMsFile f = file_of({2, 1, 2, 2}, {2, 1}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("w", {1, 4}, {1, 10, 100, 1000}));
    inputs.push_back(file.floats("b", {1}, {-1}));
    return msl2::CreateFullConnection(file.buffer, /*has_bias=*/true, /*use_axis=*/true, /*axis=*/1);
  });
  EXPECT_THAT(f.run({{1, 2, 3, 4, 5, 6, 7, 8}}), ElementsAre(4320, 8764));
}

TEST(MsFullConnection, WithoutAxisTakesTheColumnsOfItsWeights) {
  const auto text = file_of({2, 1, 2, 2}, {2, 1}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
                      inputs.push_back(f.floats("w", {1, 4}, {1, 10, 100, 1000}));
                      return msl2::CreateFullConnection(f.buffer);
                    }).text();
  EXPECT_THAT(text, HasSubstr("reshape(%x) {shape=[-1,4]}"));
}

TEST(MsFullConnection, KeepsParametersOfAnInt8ImageThatItFlattens) {
  TestMsFile f;
  const auto x = f.input("x", {1, 1, 2, 2}, DataType::Int8, {.quant = {{0.5, 3}}});
  const auto y = f.output("y", {1, 1}, DataType::Int8, {.quant = {{0.25}}});
  const auto w = f.constant<std::int8_t>("w", DataType::Int8, {1, 4}, {1, 2, 3, 4}, {.quant = {{0.125}}});
  f.node("n", msl2::CreateFullConnection(f.buffer, false, true, 1), {x, w}, {y});
  EXPECT_THAT(f.text(), HasSubstr("reshape(%x) {shape=[0,-1]} : i8[1,4] q(scale=0.5, zp=3)"));
}

TEST(MsMatMul, TakesABiasWithAConstantMatrix) {
  TestMsFile f = file_of({1, 2}, {1, 2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("w", {2, 2}, {1, 2, 3, 4}));
    inputs.push_back(file.floats("b", {2}, {100, 200}));
    return msl2::CreateMatMulFusion(file.buffer);
  });
  EXPECT_THAT(f.run({{1, 10}}), ElementsAre(131, 242));
}

std::string activation_text(msl2::ActivationType type, float alpha = 0, float min = 0, float max = 0) {
  return file_of({2}, {2},
                 [&](TestMsFile& f, std::vector<std::uint32_t>&) {
                   return msl2::CreateActivation(f.buffer, type, alpha, min, max);
                 })
      .text();
}

TEST(MsActivation, ReadsEachType) {
  EXPECT_THAT(activation_text(msl2::ActivationType::RELU, 0, 0, 3.4028235e38f), HasSubstr("= relu(%x)"));
  EXPECT_THAT(activation_text(msl2::ActivationType::HARD_TANH, 0, -3.4028235e38f, 1.0f),
              HasSubstr("= clip(%x) {max=1}"));
  EXPECT_THAT(activation_text(msl2::ActivationType::NO_ACTIVATION), HasSubstr("= identity(%x)"));
  EXPECT_THAT(activation_text(msl2::ActivationType::ABS), HasSubstr("= abs(%x)"));
  EXPECT_THAT(activation_text(msl2::ActivationType::SELU), HasSubstr("activation_type 11 (SELU) is not supported"));
  EXPECT_THAT(activation_text(msl2::ActivationType::ELU, NAN), HasSubstr("not a number"));
}

TEST(MsActivation, ReadsOldOperators) {
  EXPECT_THAT(file_of({2}, {2}, [](TestMsFile& f, auto&) { return msl2::CreateLeakyRelu(f.buffer, 0.25f); }).text(),
              HasSubstr("leaky_relu(%x) {alpha=0.25}"));
  EXPECT_THAT(file_of({2}, {2}, [](TestMsFile& f, auto&) { return msl2::CreateElu(f.buffer, 0.25f); }).text(),
              HasSubstr("elu(%x) {alpha=0.25}"));
  EXPECT_THAT(file_of({2}, {2}, [](TestMsFile& f, auto&) { return msl2::CreateClip(f.buffer, 6.0f, -1.0f); }).text(),
              HasSubstr("clip(%x) {min=-1, max=6}"));
}

TEST(MsPrelu, BroadcastsSlopesAlongTheLastDimension) {
  TestMsFile f = file_of({1, 2, 2, 2}, {1, 2, 2, 2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("s", {2, 1, 1}, {10, 100}));
    return msl2::CreatePReLUFusion(file.buffer);
  });
  EXPECT_THAT(f.run({{-1, -1, 1, 1, -2, -2, 2, 2}}), ElementsAre(-10, -100, 1, 1, -20, -200, 2, 2));
}

TEST(MsElementwise, ReadsSumsOfSeveralInputs) {
  TestMsFile f = file_of({2}, {2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("a", {2}, {1, 2}));
    inputs.push_back(file.floats("b", {2}, {10, 20}));
    return msl2::CreateEltwise(file.buffer, msl2::EltwiseMode::SUM);
  });
  EXPECT_THAT(f.run({{100, 200}}), ElementsAre(111, 222));
}

TEST(MsElementwise, ReadsPowersWithScaleAndShift) {
  TestMsFile f = file_of({2}, {2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("e", {1}, {2}));
    return msl2::CreatePowFusion(file.buffer, 2.0f, 1.0f);
  });
  EXPECT_THAT(f.run({{1, 2}}), ElementsAre(9, 25));
}

TEST(MsElementwise, ReadsExponentialsOfAnotherBase) {
  TestMsFile f =
      file_of({2}, {2}, [](TestMsFile& file, auto&) { return msl2::CreateExpFusion(file.buffer, 2.0f, 3.0f, 1.0f); });
  EXPECT_THAT(f.run({{0, 1}}), ElementsAre(FloatNear(2, 1e-5f), FloatNear(16, 1e-4f)));
}

TEST(MsElementwise, ReadsRootsAndSquares) {
  EXPECT_THAT(file_of({1}, {1}, [](TestMsFile& f, auto&) { return msl2::CreateRsqrt(f.buffer); }).run({{4}}),
              ElementsAre(0.5f));
  EXPECT_THAT(file_of({1}, {1}, [](TestMsFile& f, auto&) { return msl2::CreateSquare(f.buffer); }).run({{4}}),
              ElementsAre(16));
}

TEST(MsElementwise, RefusesInt8WhereItNeedsAnInnerTensor) {
  TestMsFile f;
  const auto x = f.input("x", {2}, DataType::Int8, {.quant = {{0.5}}});
  const auto y = f.output("y", {2}, DataType::Int8, {.quant = {{0.5}}});
  f.node("n", msl2::CreateRsqrt(f.buffer), {x}, {y});
  EXPECT_THAT(f.text(), HasSubstr("node 'n' (Rsqrt): this operator is not supported in int8"));
}

TEST(MsSplit, MakesEqualPartsWithoutSizes) {
  TestMsFile f;
  const auto x = f.input("x", {4});
  const auto a = f.output("a", {2});
  const auto b = f.output("b", {2});
  f.node("n", msl2::CreateSplitDirect(f.buffer, 2), {x}, {a, b});
  EXPECT_THAT(f.text(), HasSubstr("%a, %b = split(%x) {sizes=[2,2]}"));
}

TEST(MsSplit, GivesTheRestToASizeOfMinusOne) {
  TestMsFile f;
  const auto x = f.input("x", {4});
  const auto a = f.output("a", {1});
  const auto b = f.output("b", {3});
  const std::vector<std::int64_t> sizes = {1, -1};
  f.node("n", msl2::CreateSplitDirect(f.buffer, 2, &sizes), {x}, {a, b});
  EXPECT_THAT(f.text(), HasSubstr("%a, %b = split(%x) {sizes=[1,3]}"));
}

TEST(MsReshape, TakesTheOutputsShapeIfItsShapeIsComputed) {
  TestMsFile f;
  const auto x = f.input("x", {2, 3});
  const auto s = f.input("s", {1}, DataType::Int32);
  const auto y = f.output("y", {6});
  f.node("n", msl2::CreateReshape(f.buffer), {x, s}, {y});
  EXPECT_THAT(f.text(), HasSubstr("%y = reshape(%x) {shape=[6]}"));
}

TEST(MsReshape, FollowsAShapeThatIsComputedFromConstants) {
  TestMsFile f;
  const auto x = f.input("x", {2, 3});
  const auto shape = f.tensor("shape", DataType::Int32, {2});
  const auto first = f.tensor("first", DataType::Int32, {1});
  const auto target = f.tensor("target", DataType::Int32, {2});
  const auto y = f.output("y", {});
  f.node("shape", msl2::CreateShape(f.buffer), {x}, {shape});
  f.node("first", msl2::CreateGather(f.buffer), {shape, f.ints("i", {1}), f.ints("axis", {0})}, {first});
  f.node("target", msl2::CreateConcat(f.buffer), {first, f.ints("rest", {-1})}, {target});
  f.node("n", msl2::CreateReshape(f.buffer), {x, target}, {y});
  EXPECT_EQ(f.text(), "%x = input f32[2,3]\n%y = reshape(%x) {shape=[3,-1]} : f32[3,2] @\"n\"\noutput %y\n");
}

TEST(MsTranspose, ReversesWithoutAPermutation) {
  EXPECT_THAT(
      file_of({2, 3, 4}, {4, 3, 2}, [](TestMsFile& f, auto&) { return msl2::CreateTranspose(f.buffer); }).text(),
      HasSubstr("{perm=[2,1,0]}"));
}

TEST(MsExpandDims, ReadsItsAxis) {
  EXPECT_THAT(file_of({2, 3}, {2, 3, 1},
                      [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
                        inputs.push_back(f.ints("axis", {-1}));
                        return msl2::CreateExpandDims(f.buffer);
                      })
                  .text(),
              HasSubstr("unsqueeze(%x) {axes=[-1]}"));
}

TEST(MsPad, TakesItsValueFromAnInput) {
  TestMsFile f = file_of({2}, {4}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.constant<std::int32_t>("p", DataType::Int32, {1, 2}, {1, 1}));
    inputs.push_back(file.floats("v", {1}, {7}));
    return msl2::CreatePadFusion(file.buffer);
  });
  EXPECT_THAT(f.run({{1, 2}}), ElementsAre(7, 1, 2, 7));
}

TEST(MsPad, ReadsPaddingsFromTheTable) {
  TestMsFile f = file_of({2}, {4}, [](TestMsFile& file, auto&) {
    const std::vector<std::int64_t> row = {2, 0};
    const std::vector<flatbuffers::Offset<msl2::Vec>> rows = {msl2::CreateVecDirect(file.buffer, &row)};
    return msl2::CreatePadFusion(file.buffer, msl2::CreateVec2DDirect(file.buffer, &rows), msl2::PaddingMode::CONSTANT,
                                 3.0f);
  });
  EXPECT_THAT(f.run({{1, 2}}), ElementsAre(3, 3, 1, 2));
}

TEST(MsPad, RepeatsTheEdgeWhereSymmetricPaddingDoes) {
  const auto pad = [](std::int32_t size) {
    return [size](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
      inputs.push_back(file.constant<std::int32_t>("p", DataType::Int32, {1, 2}, {1, size}));
      return msl2::CreatePadFusion(file.buffer, 0, msl2::PaddingMode::SYMMETRIC);
    };
  };
  EXPECT_THAT(file_of({2}, {4}, pad(1)).run({{1, 2}}), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(file_of({2}, {5}, pad(2)).text(), HasSubstr("padding_mode 2 is not supported"));
}

TEST(MsStridedSlice, ReadsAxesAndSteps) {
  const auto text =
      file_of({4, 6}, {4, 2}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
        for (const auto id : {f.ints("b", {-5}), f.ints("e", {2147483647}), f.ints("a", {1}), f.ints("s", {3})})
          inputs.push_back(id);
        return msl2::CreateStridedSlice(f.buffer);
      }).text();
  EXPECT_THAT(text, HasSubstr("slice(%x) {starts=[-5], ends=[2147483647], axes=[1], steps=[3]}"));
}

TEST(MsStridedSlice, HonoursBeginAndEndMasks) {
  TestMsFile f = file_of({4}, {2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    for (const auto id : {file.ints("b", {2}), file.ints("e", {3}), file.ints("s", {2})}) inputs.push_back(id);
    return msl2::CreateStridedSlice(file.buffer, /*begin_mask=*/1, /*end_mask=*/1);
  });
  EXPECT_THAT(f.run({{1, 2, 3, 4}}), ElementsAre(1, 3));
  TestMsFile g = file_of({4}, {4}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    for (const auto id : {file.ints("b", {2}), file.ints("e", {3}), file.ints("s", {-1})}) inputs.push_back(id);
    return msl2::CreateStridedSlice(file.buffer, /*begin_mask=*/1, /*end_mask=*/1);
  });
  EXPECT_THAT(g.run({{1, 2, 3, 4}}), ElementsAre(4, 3, 2, 1));
}

TEST(MsStridedSlice, RefusesOtherMasks) {
  const auto text = file_of({4}, {}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
                      for (const auto id : {f.ints("b", {0}), f.ints("e", {1}), f.ints("s", {1})}) inputs.push_back(id);
                      return msl2::CreateStridedSlice(f.buffer, 0, 0, 0, 0, /*shrink_axis_mask=*/1);
                    }).text();
  EXPECT_THAT(text, HasSubstr("shrink_axis_mask 1"));
}

TEST(MsSlice, TakesTheRestWithASizeOfMinusOne) {
  TestMsFile f = file_of({4}, {3}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.ints("begin", {1}));
    inputs.push_back(file.ints("size", {-1}));
    const std::vector<std::int64_t> axes = {0};
    return msl2::CreateSliceFusionDirect(file.buffer, &axes);
  });
  EXPECT_THAT(f.run({{1, 2, 3, 4}}), ElementsAre(2, 3, 4));
}

TEST(MsResize, ReadsSizesAndScalesFromItsInput) {
  const auto sizes = file_of({1, 2, 2, 1}, {1, 4, 6, 1}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
                       inputs.push_back(f.ints("size", {4, 6}));
                       return msl2::CreateResize(f.buffer, msl2::Format::NHWC, msl2::ResizeMethod::LINEAR);
                     }).text();
  EXPECT_THAT(sizes, HasSubstr("resize(%x) {size=[4,6], mode=linear, coordinate_mode=asymmetric}"));
  const auto scales = file_of({1, 2, 2, 1}, {1, 4, 6, 1}, [](TestMsFile& f, std::vector<std::uint32_t>& inputs) {
                        inputs.push_back(f.floats("scales", {2}, {2, 3}));
                        return msl2::CreateResize(f.buffer, msl2::Format::NHWC, msl2::ResizeMethod::NEAREST);
                      }).text();
  EXPECT_THAT(scales, HasSubstr("resize(%x) {scales=[2,3], coordinate_mode=asymmetric, nearest_mode=floor}"));
}

TEST(MsReduce, ReducesToTheEnd) {
  TestMsFile f = file_of({2, 2, 2}, {2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.ints("axes", {1}));
    return msl2::CreateReduceFusion(file.buffer, false, msl2::ReduceMode::ReduceSum, /*reduce_to_end=*/true, 1.0f);
  });
  EXPECT_THAT(f.run({{1, 2, 3, 4, 5, 6, 7, 8}}), ElementsAre(10, 26));
}

TEST(MsArgMax, GivesTheFilesIntegers) {
  TestMsFile f;
  const auto x = f.input("x", {2, 3});
  const auto y = f.output("y", {2}, DataType::Int32);
  f.node("n", msl2::CreateArgMaxFusion(f.buffer, 1), {x}, {y});
  EXPECT_EQ(f.text(),
            "%x = input f32[2,3]\n%n/i64 = arg_max(%x) {axis=1, keep_dims=false} : i64[2] @\"n\"\n"
            "%y = cast(%n/i64) {to=i32} : i32[2] @\"n/i32\"\noutput %y\n");
}

TEST(MsBatchNorm, ReadsItsFormWithoutScale) {
  TestMsFile f = file_of({1, 2}, {1, 2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("mean", {2}, {1, 2}));
    inputs.push_back(file.floats("variance", {2}, {4, 16}));
    return msl2::CreateBatchNorm(file.buffer, 0.0f, msl2::Format::NHWC);
  });
  EXPECT_THAT(f.run({{3, 10}}), ElementsAre(1, 2));
}

TEST(MsLayerNorm, ReadsItsFormWithoutScale) {
  TestMsFile f = file_of({1, 2}, {1, 2}, [](TestMsFile& file, auto&) {
    return msl2::CreateLayerNormFusion(file.buffer, -1, 0.0f, false, 0);
  });
  EXPECT_THAT(f.run({{3, 5}}), ElementsAre(FloatEq(-1), FloatEq(1)));
}

TEST(MsInstanceNorm, NormalizesEachChannelInNchw) {
  TestMsFile f = file_of({1, 2, 1, 2}, {1, 2, 1, 2}, [](TestMsFile& file, std::vector<std::uint32_t>& inputs) {
    inputs.push_back(file.floats("gamma", {2}, {1, 10}));
    inputs.push_back(file.floats("beta", {2}, {0, 100}));
    return msl2::CreateInstanceNorm(file.buffer, 0.0f);
  });
  EXPECT_THAT(f.run({{3, 5, 7, 11}}), ElementsAre(FloatEq(-1), FloatEq(1), FloatEq(90), FloatEq(110)));
}

TEST(MsLrn, CountsAlphaForEachNeighbour) {
  TestMsFile f = file_of({1, 1, 1, 3}, {1, 1, 1, 3}, [](TestMsFile& file, auto&) {
    return msl2::CreateLRNDirect(file.buffer, 1, 1.0f, 2.0f, 1.0f, "ACROSS_CHANNELS");
  });
  EXPECT_THAT(f.run({{1, 2, 3}}), ElementsAre(FloatEq(1.0f / 11), FloatEq(2.0f / 29), FloatEq(3.0f / 27)));
}

TEST(MsQuantCast, RefusesWeightsThatAreDequantizedWhileRunning) {
  TestMsFile f;
  const auto y = f.output("y", {2});
  const auto w = f.constant<std::int8_t>("w", DataType::Int8, {2}, {1, 2}, {.quant = {{0.5}}});
  f.node("n", msl2::CreateQuantDTypeCast(f.buffer, 32, 43), {w, f.floats("scales", {1}, {1})}, {y});
  EXPECT_THAT(f.text(), HasSubstr("has 2 inputs"));
}

}  // namespace
}  // namespace octet::test
