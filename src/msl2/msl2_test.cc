// SPDX-License-Identifier: Apache-2.0
#include <flatbuffers/flatbuffers.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "msl2/msl2_generated.h"

namespace octet::msl2 {
namespace {

// Numbers seen in files of the real tool; a member that moves within the union would renumber all that follow it.
TEST(Msl2, OperatorsHaveTheNumbersOfTheFormat) {
  EXPECT_EQ(static_cast<int>(PrimitiveType::Abs), 1);
  EXPECT_EQ(static_cast<int>(PrimitiveType::Activation), 2);
  EXPECT_EQ(static_cast<int>(PrimitiveType::AddFusion), 5);
  EXPECT_EQ(static_cast<int>(PrimitiveType::AvgPoolFusion), 17);
  EXPECT_EQ(static_cast<int>(PrimitiveType::Conv2DFusion), 35);
  EXPECT_EQ(static_cast<int>(PrimitiveType::QuantDTypeCast), 113);
  EXPECT_EQ(static_cast<int>(PrimitiveType::FillV2), 221);
  EXPECT_EQ(static_cast<int>(PrimitiveType::MAX), 221);
}

// The verifier and a plain byte search, not our accessors, say that the bytes lie where the format wants them.
TEST(Msl2, AWrittenModelIsAVerifiedMsl2File) {
  flatbuffers::FlatBufferBuilder builder;
  const auto cast = CreateQuantDTypeCast(builder, /*src_t=*/43, /*dst_t=*/32);
  const auto primitive = CreatePrimitive(builder, PrimitiveType::QuantDTypeCast, cast.Union());
  const std::vector<std::uint32_t> src = {0};
  const std::vector<std::uint32_t> dst = {1};
  const auto node = CreateCNodeDirect(builder, "cast", primitive, &src, &dst, QuantType::QUANT_ALL);
  const std::vector<flatbuffers::Offset<CNode>> nodes = {node};
  FinishMetaGraphBuffer(builder, CreateMetaGraphDirect(builder, nullptr, "v", FmkType::ONNX, &src, &dst, 0, &nodes));

  flatbuffers::Verifier verifier(builder.GetBufferPointer(), builder.GetSize());
  ASSERT_TRUE(VerifyMetaGraphBuffer(verifier));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()) + 4, 4), "MSL2");
  const CNode* read = GetMetaGraph(builder.GetBufferPointer())->nodes()->Get(0);
  EXPECT_EQ(read->primitive()->value_as_QuantDTypeCast()->dst_t(), 32);
  EXPECT_EQ(read->deviceType(), -1);
}

TEST(Msl2, ATruncatedFileFailsVerification) {
  flatbuffers::FlatBufferBuilder builder;
  FinishMetaGraphBuffer(builder, CreateMetaGraphDirect(builder, nullptr, "MindSpore Lite 2.0.0"));
  flatbuffers::Verifier verifier(builder.GetBufferPointer(), builder.GetSize() - 8);
  EXPECT_FALSE(VerifyMetaGraphBuffer(verifier));
}

}  // namespace
}  // namespace octet::msl2
