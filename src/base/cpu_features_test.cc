// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_features.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(CpuFeatures, AlwaysHaveScalar) { EXPECT_TRUE(cpu_features().has(Isa::kScalar)); }

TEST(CpuFeatures, UpToATierHoldTheLowerOnesOfItsArchitectureOnly) {
  const CpuFeatures x86 = features_up_to(Isa::kAvx512Vnni);
  EXPECT_TRUE(x86.has(Isa::kScalar) && x86.has(Isa::kAvx2) && x86.has(Isa::kAvxVnni) && x86.has(Isa::kAvx512Vnni256) &&
              x86.has(Isa::kAvx512Vnni));
  EXPECT_FALSE(x86.has(Isa::kAmxInt8) || x86.has(Isa::kNeon));
  const CpuFeatures arm = features_up_to(Isa::kNeonDot);
  EXPECT_TRUE(arm.has(Isa::kScalar) && arm.has(Isa::kNeon) && arm.has(Isa::kNeonDot));
  EXPECT_FALSE(arm.has(Isa::kAvx2) || arm.has(Isa::kNeonI8mm));
  EXPECT_FALSE(features_up_to(Isa::kScalar).has(Isa::kAvx2));
}

TEST(CpuFeatures, KnowTheirBestTier) {
  EXPECT_EQ(CpuFeatures{}.best(), Isa::kScalar);
  for (int i = 0; i < kNumIsas; ++i) EXPECT_EQ(features_up_to(static_cast<Isa>(i)).best(), static_cast<Isa>(i));
}

TEST(CpuFeatures, OfThisMachineHaveTheTiersThatEachNeeds) {
  const CpuFeatures& cpu = cpu_features();
  for (const Isa isa : {Isa::kAvxVnni, Isa::kAvx512Vnni256})
    EXPECT_TRUE(!cpu.has(isa) || cpu.has(Isa::kAvx2)) << isa_name(isa);
  EXPECT_TRUE(!cpu.has(Isa::kAvx512Vnni) || cpu.has(Isa::kAvx512Vnni256));
  EXPECT_TRUE(!cpu.has(Isa::kAmxInt8) || cpu.has(Isa::kAvx512Vnni));
  EXPECT_TRUE(!cpu.has(Isa::kNeonDot) || cpu.has(Isa::kNeon));
}

}  // namespace
}  // namespace octet
