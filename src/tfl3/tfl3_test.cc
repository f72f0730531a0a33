// SPDX-License-Identifier: Apache-2.0
#include <flatbuffers/flatbuffers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tfl3/tfl3_generated.h"

namespace octet::tfl3 {
namespace {

// Numbers of the format; one that moves would renumber all that follow it.
TEST(Tfl3, OperatorsAndOptionsHaveTheNumbersOfTheFormat) {
  EXPECT_EQ(static_cast<int>(BuiltinOperator::ADD), 0);
  EXPECT_EQ(static_cast<int>(BuiltinOperator::DEPTHWISE_CONV_2D), 4);
  EXPECT_EQ(static_cast<int>(BuiltinOperator::CUSTOM), 32);
  EXPECT_EQ(static_cast<int>(BuiltinOperator::QUANTIZE), 114);
  EXPECT_EQ(static_cast<int>(BuiltinOperator::BATCH_MATMUL), 126);
  EXPECT_EQ(static_cast<int>(BuiltinOperator::GELU), 150);
  EXPECT_EQ(static_cast<int>(BuiltinOptions::Conv2DOptions), 1);
  EXPECT_EQ(static_cast<int>(BuiltinOptions::ReducerOptions), 27);
  EXPECT_EQ(static_cast<int>(BuiltinOptions::BatchMatMulOptions), 101);
  EXPECT_EQ(static_cast<int>(BuiltinOptions::RightShiftOptions), 126);
  EXPECT_EQ(static_cast<int>(TensorType::INT8), 9);
  EXPECT_EQ(static_cast<int>(TensorType::INT4), 17);
}

// The verifier and a plain byte search, not our accessors, say that the bytes lie where the format wants them.
TEST(Tfl3, AWrittenModelIsAVerifiedTfl3File) {
  flatbuffers::FlatBufferBuilder builder;
  const std::vector<flatbuffers::Offset<OperatorCode>> codes = {CreateOperatorCode(builder, 3)};
  FinishModelBuffer(builder, CreateModelDirect(builder, 3, &codes));
  flatbuffers::Verifier verifier(builder.GetBufferPointer(), builder.GetSize());
  ASSERT_TRUE(VerifyModelBuffer(verifier));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()) + 4, 4), "TFL3");
  flatbuffers::Verifier cut_short(builder.GetBufferPointer(), builder.GetSize() - 8);
  EXPECT_FALSE(VerifyModelBuffer(cut_short));
}

}  // namespace
}  // namespace octet::tfl3
