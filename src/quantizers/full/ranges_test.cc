// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/ranges.h"

#include "quantizers/full/full_test_support.h"

namespace octet {
namespace {

// "node: reason" of the nodes that stay float, each by itself.
std::vector<std::string> float_nodes(const Graph& graph, FullQuantOptions options = {}) {
  options.settle_borders = false;
  const Selection selection = select_nodes(graph, options);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    EXPECT_EQ(selection.quantized[i], selection.reasons[i].empty());
    if (!selection.quantized[i]) result.push_back(graph.nodes[i].name + ": " + selection.reasons[i]);
  }
  return result;
}

using Strings = std::vector<std::string>;

TEST(SelectNodes, SkipsByNameByAbsorbedNameAndByOperator) {
  Graph graph = parsed(R"(
      %x = input f32[1,2]
      %w = const f32[2,2] = [1, 2, 3, 4]
      %a = fully_connected(%x, %w)
      %b = tanh(%a)
      %c = fully_connected(%b, %w)
      output %c)");
  graph.nodes[2].absorbed = {"relu_7"};
  EXPECT_EQ(float_nodes(graph), Strings{});
  EXPECT_EQ(float_nodes(graph, {.skip_nodes = {"a"}}), Strings{"a: skipped by configuration"});
  EXPECT_EQ(float_nodes(graph, {.skip_nodes = {"relu_7"}}), Strings{"c: skipped by configuration"});
  EXPECT_EQ(float_nodes(graph, {.skip_ops = {"tanh"}}), Strings{"b: skipped by configuration"});
}

TEST(SelectNodes, SoftmaxBeforeAnOutputStaysFloat) {
  EXPECT_EQ(float_nodes(parsed(R"(
      %x = input f32[1,2]
      %a = softmax(%x)
      %b = reshape(%a) {shape=[2]}
      %c = softmax(%x)
      %d = add(%c, %x)
      output %b, %d)")),
            (Strings{"a: it makes a graph output, which is float anyway", "b: it only moves elements of a float tensor"}));
}

TEST(SelectNodes, MovementFollowsWhatItMoves) {
  EXPECT_EQ(float_nodes(parsed(R"(
      %x = input f32[2,4]
      %a = transpose(%x) {perm=[1,0]}
      %b = div(%a, %a)
      %c = transpose(%b) {perm=[1,0]}
      %d = flatten(%c)
      %e = add(%d, %x)
      %f = slice(%e) {starts=[0], ends=[1], axes=[0], steps=[1]}
      output %f)")),
            (Strings{"b: operator div has no int8 form on CPU", "c: it only moves elements of a float tensor",
                     "d: it only moves elements of a float tensor"}));
}

TEST(SelectNodes, SaysWhatInt8CannotDo) {
  EXPECT_EQ(float_nodes(parsed(R"(
      %x = input f32[1,40000]
      %i = input i64[1,2]
      %v = input f32[1]
      %big = const f32[1,40000] = [1]
      %a = fully_connected(%x, %big)
      %b = fully_connected(%a, %a)
      %w = const f32[1,1] = [1]
      %c = fully_connected(%b, %w, %v)
      %d = matmul(%c, %c, %v)
      %e = reshape(%x) {shape=[1,200,200]}
      %f = softmax(%e) {axis=1}
      %g = relu(%f)
      %h = gather(%i, %i)
      output %d, %g, %h)")),
            (Strings{"a: it sums 40000 products, int32 is safe up to 32767", "b: its weights are not constant", "c: its bias is not constant",
                     "d: it adds a bias to a product of activations", "f: its axis is not the last dimension",
                     "h: operator gather has no int8 form on CPU"}));
}

using Ranges = std::vector<std::optional<TensorRange>>;

// "name: [min, max]" of all chosen ranges, for observed ones given by name.
Strings chosen(std::string_view text, const std::map<std::string, TensorRange>& observed) {
  const Graph graph = parsed(text);
  Ranges ranges(graph.tensors.size());
  for (const auto& [name, range] : observed) ranges[static_cast<std::size_t>(find_tensor(graph, name))] = range;
  const Ranges result = choose_ranges(graph, select_nodes(graph, {}), ranges);
  Strings list;
  for (std::size_t t = 0; t < result.size(); ++t)
    if (result[t]) list.push_back(fmt::format("{}: [{}, {}]", graph.tensors[t].name, result[t]->min, result[t]->max));
  return list;
}

TEST(ChooseRanges, ActivationsCutWhatTheyCut) {
  EXPECT_EQ(chosen(R"(
      %x = input f32[1,2]
      %a = add(%x, %x) {activation=relu}
      %b = add(%a, %x) {activation=relu6}
      %c = clip(%b) {min=1, max=2}
      %d = relu(%c)
      output %d)",
                   {{"x", {-2, 2}}, {"a", {-1, 5}}, {"b", {-3, 9}}, {"c", {0, 7}}, {"d", {0.5f, 3}}}),
            (Strings{"x: [-2, 2]", "a: [0, 5]", "b: [0, 6]", "c: [1, 2]", "d: [0.5, 3]"}));
}

TEST(ChooseRanges, ConcatAndMovementShareOneRange) {
  EXPECT_EQ(chosen(R"(
      %x = input f32[1,4]
      %z = input f32[1,4]
      %k = const f32[1,2] = [-5, 1]
      %a = concat(%x, %z, %k) {axis=1}
      %b = flatten(%a)
      %p, %q = split(%b) {axis=1, sizes=[4,6]}
      %y = add(%p, %p)
      output %y, %q)",
                   {{"x", {-2, 2}}, {"z", {0, 3}}, {"a", {-2, 3}}, {"b", {-2, 3}}, {"p", {-2, 3}}, {"q", {-2, 3}}, {"y", {-4, 6}}}),
            (Strings{"x: [-5, 3]", "z: [-5, 3]", "k: [-5, 3]", "a: [-5, 3]", "b: [-5, 3]", "p: [-5, 3]", "q: [-5, 3]", "y: [-4, 6]"}));
}

TEST(ChooseRanges, FixedOnesHoldForWhatOnlyMovesThem) {
  EXPECT_EQ(chosen(R"(
      %x = input f32[1,4]
      %a = sigmoid(%x)
      %b = reshape(%a) {shape=[4]}
      %c = add(%b, %b)
      output %c)",
                   {{"x", {-9, 9}}, {"a", {0, 0.9999f}}, {"b", {0, 0.9999f}}, {"c", {0, 2}}}),
            (Strings{"x: [-9, 9]", "a: [0, 0.99609375]", "b: [0, 0.99609375]", "c: [0, 2]"}));
}

// A sigmoid beside box coordinates: the boxes must not be cut to [0, 1].
TEST(ChooseRanges, FixedOnesDoNotCutTheirNeighboursInAConcat) {
  EXPECT_EQ(chosen(R"(
      %x = input f32[1,4]
      %a = sigmoid(%x)
      %t = tanh(%x)
      %m = add(%x, %x)
      %y = concat(%a, %m) {axis=1}
      %z = concat(%a, %t) {axis=1}
      output %y, %z)",
                   {{"x", {-9, 9}}, {"a", {0, 1}}, {"t", {-1, 1}}, {"m", {-18, 18}}, {"y", {-18, 18}}, {"z", {-1, 1}}}),
            (Strings{"x: [-9, 9]", "a: [-18, 18]", "t: [-18, 18]", "m: [-18, 18]", "y: [-18, 18]", "z: [-18, 18]"}));
}

TEST(ChooseRanges, APadMakesRoomForItsValue) {
  EXPECT_EQ(chosen(R"(
      %x = input f32[1,4]
      %a = tanh(%x)
      %b = pad(%a) {pads=[0,1,0,1], value=4}
      output %b)",
                   {{"x", {-9, 9}}, {"a", {-1, 1}}, {"b", {-1, 4}}}),
            (Strings{"x: [-9, 9]", "a: [-1, 4]", "b: [-1, 4]"}));
}

// A windowed average keeps its input's parameters, a global one has its own.
TEST(ChooseRanges, AGlobalAverageHasItsOwnRange) {
  const std::map<std::string, TensorRange> observed = {{"x", {-9, 9}}, {"y", {-1, 1}}};
  EXPECT_EQ(chosen("%x = input f32[1,4,4,2]\n%y = avg_pool2d(%x) {kernel=[2,2]}\noutput %y", observed), (Strings{"x: [-9, 9]", "y: [-9, 9]"}));
  EXPECT_EQ(chosen("%x = input f32[1,4,4,2]\n%y = avg_pool2d(%x) {global=true}\noutput %y", observed), (Strings{"x: [-9, 9]", "y: [-1, 1]"}));
}

}  // namespace
}  // namespace octet
