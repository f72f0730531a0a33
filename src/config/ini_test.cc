// SPDX-License-Identifier: Apache-2.0
#include "config/ini.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace octet {
namespace {

using testing::HasSubstr;

IniFile parse(std::string_view text) {
  auto file = parse_ini(text, "a.cfg");
  EXPECT_TRUE(file.ok()) << (file.ok() ? "" : file.error().message);
  return file.ok() ? *file : IniFile{};
}

std::string error_of(std::string_view text) {
  const auto file = parse_ini(text, "a.cfg");
  EXPECT_FALSE(file.ok());
  if (file.ok()) return "";
  EXPECT_EQ(file.error().code, ErrorCode::kInvalidConfig);
  return file.error().message;
}

std::string value_of(std::string_view line) {
  const IniFile file = parse("[s]\n" + std::string(line) + "\n");
  return file.sections.empty() || file.sections[0].entries.empty() ? "nothing" : file.sections[0].entries[0].value;
}

TEST(Ini, KeepsSectionsKeysValuesAndLinesInOrder) {
  const IniFile file = parse("# first\n\n[one]\nb = 2\na=1\n[two]\nc=3");
  ASSERT_EQ(file.sections.size(), 2U);
  EXPECT_EQ(file.name, "a.cfg");
  EXPECT_EQ(file.sections[0].name, "one");
  EXPECT_EQ(file.sections[0].line, 3);
  ASSERT_EQ(file.sections[0].entries.size(), 2U);
  EXPECT_EQ(file.sections[0].entries[0].key, "b");
  EXPECT_EQ(file.sections[0].entries[0].value, "2");
  EXPECT_EQ(file.sections[0].entries[1].line, 5);
  EXPECT_EQ(file.find("two")->find("c")->value, "3");
  EXPECT_EQ(file.find("three"), nullptr);
  EXPECT_EQ(file.find("two")->find("a"), nullptr);
}

TEST(Ini, DropsBlanksCarriageReturnsAndQuotesAroundValues) {
  EXPECT_EQ(value_of("  key \t= \t some value  \r"), "some value");
  EXPECT_EQ(value_of("key=\"quoted value\""), "quoted value");
  EXPECT_EQ(value_of("key=\"\""), "");
  EXPECT_EQ(value_of("key="), "");
  EXPECT_EQ(value_of("key=a\"b\"c"), "a\"b\"c");
}

TEST(Ini, SplitsAtTheFirstEqualsSign) { EXPECT_EQ(value_of("key=a=b=c"), "a=b=c"); }

TEST(Ini, TakesCommentsAtLineStartOrBehindABlankOnly) {
  EXPECT_EQ(value_of("key=8 # bits"), "8");
  EXPECT_EQ(value_of("key=8\t#bits"), "8");
  EXPECT_EQ(value_of("key=conv#1"), "conv#1");
  EXPECT_EQ(value_of("key=\"a # b\" # c"), "a # b");
  EXPECT_EQ(value_of("   # key=1"), "nothing");
  EXPECT_EQ(parse("[s] # why\nk=1").sections[0].name, "s");
}

TEST(Ini, JoinsASectionThatAppearsTwice) {
  const IniFile file = parse("[s]\na=1\n[t]\n[s]\nb=2");
  ASSERT_EQ(file.sections.size(), 2U);
  EXPECT_EQ(file.find("s")->entries.size(), 2U);
}

TEST(Ini, LastOfARepeatedKeyWinsWithAWarning) {
  testing::internal::CaptureStderr();
  const IniFile file = parse("[s]\na=1\na=2");
  EXPECT_EQ(file.find("s")->find("a")->value, "2");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("a.cfg:3: [s] a replaces its value '1' of line 2"));
}

TEST(Ini, AcceptsEmptyTextByteOrderMarkAndMissingLastLineBreak) {
  EXPECT_TRUE(parse("").sections.empty());
  EXPECT_EQ(parse("\xEF\xBB\xBF[s]").sections.size(), 1U);
}

TEST(Ini, RefusesAKeyBeforeTheFirstSectionNamingItsLine) {
  EXPECT_EQ(error_of("\nbits=8\n[s]"), "a.cfg:2: bits=8 comes before the first [section]");
}

TEST(Ini, RefusesMalformedLinesNamingThem) {
  EXPECT_THAT(error_of("[s]\nbits 8"), HasSubstr("a.cfg:2: 'bits 8' is neither"));
  EXPECT_THAT(error_of("[s]\n= 8"), HasSubstr("no key"));
  EXPECT_THAT(error_of("[]"), HasSubstr("without a name"));
  EXPECT_THAT(error_of("[s"), HasSubstr("does not end in ']'"));
  EXPECT_THAT(error_of("[s] x"), HasSubstr("does not end in ']'"));
  EXPECT_THAT(error_of("[a][b]"), HasSubstr("holds one of"));
  EXPECT_THAT(error_of("[s]\nk=\"a"), HasSubstr("double quote"));
}

TEST(Ini, RefusesControlCharacters) {
  EXPECT_THAT(error_of(std::string_view("[s]\nk=\0v", 8)), HasSubstr("a.cfg:2: control character 0x00"));
  EXPECT_THAT(error_of("[s]\x1b"), HasSubstr("0x1B"));
}

TEST(Ini, LimitsLinesAndTheirLength) {
  EXPECT_TRUE(parse_ini(std::string(kMaxIniLines, '\n'), "a.cfg"));
  EXPECT_THAT(error_of(std::string(kMaxIniLines + 1, '\n')), HasSubstr("a.cfg:10000: more than 9999 lines"));
  EXPECT_THAT(error_of("#" + std::string(kMaxIniLineBytes, 'x')), HasSubstr("in one line"));
}

TEST(FlatIni, HoldsKeysWithoutASectionAndRefusesHeaders) {
  const auto file = parse_flat_ini("a=1\nb=2", "config.cfg");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->sections[0].find("b")->value, "2");
  EXPECT_THAT(parse_flat_ini("[s]", "config.cfg").error().message, HasSubstr("config.cfg:1: section header [s]"));
}

}  // namespace
}  // namespace octet
