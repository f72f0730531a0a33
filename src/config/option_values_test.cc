// SPDX-License-Identifier: Apache-2.0
#include "config/option_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(OptionValues, BooleansAreTrueAndFalseInAnyCase) {
  bool field = false;
  EXPECT_EQ(set_bool("TRUE", field), "");
  EXPECT_TRUE(field);
  EXPECT_EQ(set_bool("False", field), "");
  EXPECT_FALSE(field);
  EXPECT_NE(set_bool("on", field), "");
  EXPECT_NE(set_bool("", field), "");
}

TEST(OptionValues, IntegersAreWholeDecimalNumbersInRange) {
  int field = 7;
  EXPECT_EQ(set_int("16", 0, 16, field), "");
  EXPECT_EQ(field, 16);
  EXPECT_EQ(set_int("17", 0, 16, field), "out of range");
  EXPECT_EQ(set_int("-1", 0, 16, field), "out of range");
  EXPECT_EQ(set_int("99999999999999999999", 0, 16, field), "out of range");
  for (const char* bad : {"8x", "8.0", "0x8", " 8", "+8", "-", "eight"})
    EXPECT_EQ(set_int(bad, 0, 16, field), "not an integer");
  EXPECT_EQ(set_int("", 0, 16, field), "the value is missing");
  EXPECT_EQ(field, 16);
}

TEST(OptionValues, NumbersAreFinite) {
  double field = 0;
  EXPECT_EQ(set_double("-1.5e-2", field), "");
  EXPECT_EQ(field, -0.015);
  for (const char* bad : {"nan", "inf", "1e999", "1,5", ""}) EXPECT_NE(set_double(bad, field), "");
}

TEST(OptionValues, ListsOfNumbersStandInBrackets) {
  std::vector<double> field;
  EXPECT_EQ(set_doubles("[127.5, 0,-1]", field), "");
  EXPECT_THAT(field, ElementsAre(127.5, 0, -1));
  EXPECT_EQ(set_doubles("[5]", field), "");
  for (const char* bad : {"1,2,3", "[1,2", "[]", "[1,,2]", "[1 2]", "[1,2,3,4,5]", "[", ""})
    EXPECT_NE(set_doubles(bad, field), "");
  EXPECT_THAT(field, ElementsAre(5));
}

TEST(OptionValues, NamesAreSplitAtCommasAndNoneIsEmpty) {
  std::vector<std::string> field{"old"};
  EXPECT_EQ(set_list("a, b/c ,d", field), "");
  EXPECT_THAT(field, ElementsAre("a", "b/c", "d"));
  EXPECT_EQ(set_list("", field), "");
  EXPECT_TRUE(field.empty());
  EXPECT_NE(set_list("a,,b", field), "");
}

TEST(OptionValues, SplitHonoursQuotes) {
  EXPECT_THAT(split("a:'b,c',d", ',', '\''), ElementsAre("a:'b,c'", "d"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("a,", ','), ElementsAre("a", ""));
}

TEST(OptionValues, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> known{"bit_num", "quant_type"};
  EXPECT_THAT(did_you_mean("bitnum", known), HasSubstr("'bit_num'"));
  EXPECT_EQ(did_you_mean("something_else", known), "");
}

}  // namespace
}  // namespace octet
