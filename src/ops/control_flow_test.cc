// SPDX-License-Identifier: Apache-2.0
#include "ops/control_flow.h"

#include <gmock/gmock.h>

#include "ops/op_test.h"

namespace octet {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

std::string if_graph(int condition) {
  return fmt::format(R"(
      %c = const bool[] = [{}]
      %x = const f32[2] = [1, 2]
      %y = if(%c, %x, %x) {{num_then=1, then={{ %a = input f32[2]; %b = neg(%a); output %b; }}, else={{ %a = input f32[2]; output %a; }}}}
      output %y)", condition);
}

TEST(If, RunsTheBranchOfItsCondition) {
  EXPECT_EQ(run_op<float>(if_graph(1)), (Floats{-1, -2}));
  EXPECT_EQ(run_op<float>(if_graph(0)), (Floats{1, 2}));
}

TEST(If, DimensionsThatDifferAreUnknown) {
  EXPECT_EQ(output_type(R"(
      %c = input bool[]
      %x = input f32[2,3]
      %y = if(%c, %x) {num_then=1, then={ %a = input f32[2,3]; output %a; }, else={ %a = const f32[2,1] = [0]; output %a; }}
      output %y)"), "f32[2,?]");
}

TEST(If, BranchesOfOtherTypesAreAnError) {
  EXPECT_THAT(op_error(R"(
      %c = input bool[]
      %y = if(%c) {then={ %a = const f32[1] = [0]; output %a; }, else={ %a = const i64[1] = [0]; output %a; }}
      output %y)"), testing::HasSubstr("output 0 is f32[1] or i64[1]"));
}

// Sums 0 .. trips - 1 into a carried value, and stacks the sums.
std::string loop_graph(std::string_view trips) {
  return fmt::format(R"(
      %m = const i64[] = [{}]
      %s = const i64[] = [0]
      %one = const i64[] = [1]
      %sum, %rows = loop(%m, _, %s, %one) {{num_carried=1, body={{
          %i = input i64[]; %c = input bool[]; %v = input i64[]; %step = input i64[]; %k = mul(%i, %step); %n = add(%v, %k);
          %keep = identity(%c); %row = identity(%n); output %keep, %n, %row; }}}}
      output %sum, %rows)", trips);
}
std::string one_line(std::string text) {  // the text form ends a statement at the end of the line
  const std::size_t brace = text.find("body={");
  std::replace(text.begin() + static_cast<std::ptrdiff_t>(brace), text.begin() + static_cast<std::ptrdiff_t>(text.find("}}", brace)), '\n', ' ');
  return text;
}

TEST(Loop, CarriesValuesAndStacksRows) {
  const auto outputs = run_graph(one_line(loop_graph("4")));
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].values<std::int64_t>()[0], 6);
  EXPECT_EQ(outputs[1].shape, (Shape{4}));
  EXPECT_THAT(outputs[1].values<std::int64_t>(), testing::ElementsAre(0, 1, 3, 6));
}

TEST(Loop, WithoutATripGivesTheInitialValuesAndNoRows) {
  const auto outputs = run_graph(one_line(loop_graph("0")));
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].values<std::int64_t>()[0], 0);
  EXPECT_EQ(outputs[1].shape, (Shape{0}));
}

TEST(Loop, EndsWhenItsConditionIsFalse) {
  const auto outputs = run_graph(
      "%c = const bool[] = [1]\n%s = const i64[] = [1]\n"
      "%y = loop(_, %c, %s) {num_carried=1, body={ %i = input i64[]; %c = input bool[]; %v = input i64[]; %n = add(%v, %v); "
      "%most = const i64[] = [100]; %keep = less(%n, %most); output %keep, %n; }}\noutput %y\n");
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].values<std::int64_t>()[0], 128);
}

TEST(Loop, CarriedValuesThatGrowHaveUnknownSize) {
  EXPECT_EQ(output_type("%m = input i64[]\n%s = input f32[1,3]\n"
                        "%y = loop(%m, _, %s) {num_carried=1, body={ %i = input i64[]; %c = input bool[]; %v = input f32[?,3]; "
                        "%n = concat(%v, %v); %keep = identity(%c); output %keep, %n; }}\noutput %y\n"),
            "f32[?,3]");
}

TEST(Scan, GoesAlongAnAxisInEitherDirection) {
  const auto outputs = run_graph(
      "%s = const f32[2] = [0, 0]\n%x = const f32[2,3] = [1, 2, 3, 10, 20, 30]\n"
      "%last, %rows = scan(%s, %x) {num_states=1, input_axes=[1], output_axes=[1], input_reversed=[1], output_reversed=[0], "
      "body={ %a = input f32[2]; %b = input f32[2]; %n = add(%a, %b); %row = identity(%n); output %n, %row; }}\noutput %last, %rows\n");
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_THAT(outputs[0].values<float>(), testing::ElementsAre(6, 60));
  EXPECT_EQ(outputs[1].shape, (Shape{2, 3}));
  EXPECT_THAT(outputs[1].values<float>(), testing::ElementsAre(3, 5, 6, 30, 50, 60));
}

TEST(ControlFlow, GraphsInAttributesPrintAndParseAgain) {
  const auto graph = parse_graph(if_graph(1), find_op);
  ASSERT_TRUE(graph) << graph.error().message;
  const std::string text = print_graph(*graph);
  const auto again = parse_graph(text, find_op);
  ASSERT_TRUE(again) << again.error().message << text;
  EXPECT_EQ(print_graph(*again), text);
}

TEST(ControlFlow, ErrorsInsideAGraphAreSaid) {
  EXPECT_THAT(op_error("%c = input bool[]\n%y = if(%c) {then={ %a = nothing(%a); output %a; }, else={ }}\noutput %y\n"),
              testing::HasSubstr("in then: line 1"));
}

}  // namespace
}  // namespace octet
