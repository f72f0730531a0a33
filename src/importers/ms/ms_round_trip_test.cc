// SPDX-License-Identifier: Apache-2.0
// Export and import give the same graph.
#include <gmock/gmock.h>

#include "exporters/ms/ms_exporter.h"
#include "importers/ms/ms_importer.h"
#include "ir/text.h"
#include "ops/table.h"

namespace octet {
namespace {

using ::testing::HasSubstr;

// A graph whose outputs say that they are NHWC if they have four dimensions and say nothing: a file says it always.
Result<Graph> parsed(std::string_view text) {
  auto graph = parse_graph(text, find_op);
  if (!graph) return graph;
  for (const TensorId id : graph->outputs) {
    Tensor& output = graph->tensor(id);
    if (output.shape.size() == 4 && output.layout == Layout::kNone) output.layout = Layout::kNhwc;
  }
  return graph;
}

// The text after parsing, exporting and importing; an error's message if one of them fails.
std::string round_trip(std::string_view text) {
  const auto graph = parsed(text);
  if (!graph) return graph.error().message;
  const auto bytes = export_ms(*graph, SourceFormat::kOnnx);
  if (!bytes) return bytes.error().message;
  const auto again = import_ms(bytes->bytes(), "a.ms");
  return again ? print_graph(*again) : again.error().message;
}

std::string printed(std::string_view text) {
  const auto graph = parsed(text);
  return graph ? print_graph(*graph) : graph.error().message;
}

// `lines` between an input %x of type `type` and an output %y.
std::string graph_of(std::string_view type, std::string_view lines) {
  return fmt::format("graph \"g\"\n%x = input {}\n{}\noutput %y\n", type, lines);
}

struct Case {
  const char* name;
  const char* input;               // type of %x
  const char* lines;               // that make %y
  const char* imported = nullptr;  // what comes back, if that differs
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
std::string case_name(const ::testing::TestParamInfo<Case>& info) { return info.param.name; }

class MsRoundTrip : public ::testing::TestWithParam<Case> {};

TEST_P(MsRoundTrip, GivesTheSameGraph) {
  const Case& c = GetParam();
  const std::string text = graph_of(c.input, c.lines);
  const std::string expected = printed(graph_of(c.input, c.imported != nullptr ? c.imported : c.lines));
  const std::string imported = round_trip(text);
  EXPECT_EQ(imported, expected);
  EXPECT_EQ(round_trip(imported), imported) << "export(import(export)) differs";
}

constexpr Case kLayers[] = {
    {"Lstm", "f32[3,2,2]",
     "%w = const f32[2,4,2] = [1]\n%r = const f32[2,4,1] = [2]\n%b = const f32[2,8] = [3]\n%h = const f32[2,2,1] = [4]\n%c = const f32[2,2,1] = [5]\n"
     "%y, %l, %m = lstm(%x, %w, %r, %b, _, %h, %c) {hidden=1, direction=both, activations=[0,1,1,0,1,1], alpha=[0,0,0,0,0,0], beta=[0,0,0,0,0,0]}"},
    {"LstmOfInt8Weights", "f32[3,1,2]",
     "%w = const i8[1,4,2] q(scale=0.5, zp=0) = [1]\n%r = const i8[1,4,1] q(scale=[0.5,1,2,4], zp=[0,0,0,0], axis=1) = [2]\n%b = const f32[1,8] = [3]\n"
     "%h = const f32[1,1,1] = [4]\n%c = const f32[1,1,1] = [5]\n"
     "%y, %l, %m = lstm(%x, %w, %r, %b, _, %h, %c) {hidden=1, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0], dynamic=true}"},
    {"Gru", "f32[3,1,2]",
     "%w = const f32[1,3,2] = [1]\n%r = const f32[1,3,1] = [2]\n%y = gru(%x, %w, %r) {hidden=1, activations=[0,1], alpha=[0,0], beta=[0,0]}",
     "%w = const f32[1,3,2] = [1]\n%r = const f32[1,3,1] = [2]\n%y_bias = const f32[1,6] = [0]\n%y_initial_h = const f32[1,1,1] = [0]\n"
     "%y, %y_last_h = gru(%x, %w, %r, %y_bias, _, %y_initial_h) {hidden=1, activations=[0,1], alpha=[0,0], beta=[0,0]}"},
    {"Conv2d", "f32[1,4,4,1] nhwc",
     "%w = const f32[2,3,3,1] = [1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9]\n%b = const f32[2] = [1,2]\n"
     "%y = conv2d(%x, %w, %b) {strides=[2,1], dilations=[1,1], pads=[1,0,1,2], activation=relu6} @\"conv\""},
    {"Conv2dWithoutBias", "f32[2,4,4,2] nhwc", "%w = const f32[2,1,1,1] = [1,2]\n%y = conv2d(%x, %w) {group=2}"},
    {"Conv2dSamePadding", "f32[1,4,4,1] nhwc",
     "%w = const f32[1,2,2,1] = [1,2,3,4]\n%y = conv2d(%x, %w) {pad_mode=same_upper}",
     "%w = const f32[1,2,2,1] = [1,2,3,4]\n%y = conv2d(%x, %w) {pads=[0,1,0,1]}"},
    {"Conv2dInt8", "i8[1,2,2,1] q(scale=0.5, zp=-3) nhwc",
     "%w = const i8[2,1,1,1] q(scale=[0.5,0.25], zp=[0,0], axis=0) = [1,-127]\n"
     "%b = const i32[2] q(scale=[0.25,0.125], zp=[0,0], axis=0, bits=32) = [1000,-5]\n"
     "%y = conv2d(%x, %w, %b) {activation=relu} : i8[1,2,2,2] q(scale=0.125, zp=-128)"},
    {"FullyConnected", "f32[2,3]",
     "%w = const f32[2,3] = [1,2,3,4,5,6]\n%b = const f32[2] = [1,2]\n%y = fully_connected(%x, %w, %b) "
     "{activation=relu}"},
    {"FullyConnectedOfManyDimensions", "f32[2,5,3]",
     "%w = const f32[2,3] = [1,2,3,4,5,6]\n%y = fully_connected(%x, %w)"},
    {"FullyConnectedInt8", "i8[2,2] q(scale=0.5, zp=1)",
     "%w = const i8[3,2] q(scale=[1,2,3], zp=[0,0,0], axis=0) = [1,2,3,4,5,6]\n"
     "%b = const i32[3] q(scale=[0.5,1,1.5], zp=[0,0,0], axis=0, bits=32) = [1,2,3]\n"
     "%y = fully_connected(%x, %w, %b) : i8[2,3] q(scale=0.125, zp=0)"},
    {"Matmul", "f32[2,2,3]", "%t = transpose(%x) {perm=[0,2,1]}\n%y = matmul(%x, %t) {activation=relu6}"},
    {"MatmulTransposed", "f32[2,2,3]", "%y = matmul(%x, %x) {transpose_b=true}"},
    {"MatmulTransposedA", "f32[2,2,3]", "%y = matmul(%x, %x) {transpose_a=true}"},
    {"MatmulInt8", "i8[2,3] q(scale=0.5, zp=1)",
     "%y = matmul(%x, %x) {transpose_b=true} : i8[2,2] q(scale=0.125, zp=0)"},
    {"MatmulOfConstant", "f32[2,3]", "%w = const f32[3,2] = [1,2,3,4,5,6]\n%y = matmul(%x, %w)",
     "%y/weights = const f32[2,3] = [1,3,5,2,4,6]\n%y = fully_connected(%x, %y/weights)"},
    {"MatmulOfInt8Constant", "i8[2,2] q(scale=0.5, zp=1)",
     "%w = const i8[2,3] q(scale=[1,2,3], zp=[0,0,0], axis=1) = [1,2,3,4,5,6]\n%y = matmul(%x, %w) : i8[2,3] "
     "q(scale=0.125, zp=0)",
     "%y/weights = const i8[3,2] q(scale=[1,2,3], zp=[0,0,0], axis=0) = [1,4,2,5,3,6]\n"
     "%y = fully_connected(%x, %y/weights) : i8[2,3] q(scale=0.125, zp=0)"},
    {"MaxPool", "f32[1,5,5,2] nhwc",
     "%y = max_pool2d(%x) {kernel=[3,2], strides=[2,2], pads=[1,0,0,1], ceil_mode=true}"},
    {"MaxPoolInt8", "i8[1,4,4,2] q(scale=0.5, zp=1) nhwc",
     "%y = max_pool2d(%x) {kernel=[2,2], strides=[2,2]} : i8[1,2,2,2] q(scale=0.5, zp=1)"},
    {"AvgPool", "f32[1,5,5,2] nhwc",
     "%y = avg_pool2d(%x) {kernel=[3,3], strides=[2,2], pads=[1,1,1,1], activation=relu}"},
    {"GlobalAvgPool", "f32[1,5,5,2] nhwc", "%y = avg_pool2d(%x) {global=true}"},
    {"GlobalMaxPool", "f32[1,5,5,2] nhwc", "%y = max_pool2d(%x) {global=true}"},
    {"GlobalAvgPoolInt8", "i8[1,5,5,2] q(scale=0.5, zp=1) nhwc",
     "%y = avg_pool2d(%x) {global=true} : i8[1,1,1,2] q(scale=0.25, zp=2)",
     "%y = reduce_mean(%x) {axes=[1,2]} : i8[1,1,1,2] q(scale=0.25, zp=2)"},
    {"ResizeNearest", "f32[1,2,2,1] nhwc",
     "%y = resize(%x) {size=[4,6], mode=nearest, coordinate_mode=asymmetric, nearest_mode=floor}"},
    {"ResizeLinear", "f32[1,2,2,1] nhwc", "%y = resize(%x) {size=[4,6], mode=linear, coordinate_mode=half_pixel}"},
    {"ResizeAlignCorners", "f32[1,2,2,1] nhwc",
     "%y = resize(%x) {size=[4,6], mode=linear, coordinate_mode=align_corners}"},
    {"ResizeCubic", "f32[1,2,2,1] nhwc", "%y = resize(%x) {size=[4,6], mode=cubic, cubic_coefficient=-0.5}"},
    {"ResizeInt8", "i8[1,2,2,1] q(scale=0.5, zp=1) nhwc",
     "%y = resize(%x) {size=[4,4], mode=linear, coordinate_mode=asymmetric} : i8[1,4,4,1] q(scale=0.5, zp=1)"},
    {"BatchNorm", "f32[1,2,2,2] nhwc",
     "%g = const f32[2] = [1,2]\n%b = const f32[2] = [3,4]\n%m = const f32[2] = [5,6]\n%v = const f32[2] = [7,8]\n"
     "%y = batch_norm(%x, %g, %b, %m, %v) {epsilon=0.25, axis=3}"},
    {"Scale", "f32[1,2,2,2] nhwc",
     "%s = const f32[2] = [1,2]\n%b = const f32[2] = [3,4]\n%y = scale(%x, %s, %b) {axis=3, activation=relu}"},
    {"LayerNorm", "f32[1,3,2]",
     "%g = const f32[2] = [1,2]\n%b = const f32[2] = [3,4]\n%y = layer_norm(%x, %g, %b) {axis=-1, epsilon=0.25}"},
    {"Lrn", "f32[1,2,2,8] nhwc", "%y = lrn(%x) {size=5, alpha=0.625, beta=0.5, bias=2, axis=3}"},
    {"Softmax", "f32[2,3]", "%y = softmax(%x) {axis=1}"},
    {"SoftmaxInt8", "i8[2,3] q(scale=0.5, zp=1)", "%y = softmax(%x) {axis=1} : i8[2,3] q(scale=0.00390625, zp=-128)"},
    {"LogSoftmax", "f32[2,3]", "%y = log_softmax(%x) {axis=-1}"},
};
INSTANTIATE_TEST_SUITE_P(Layers, MsRoundTrip, ::testing::ValuesIn(kLayers), case_name);

constexpr Case kMovements[] = {
    {"Concat", "f32[2,3]", "%c = const f32[2,1] = [1,2]\n%y = concat(%x, %c) {axis=1}"},
    {"ConcatInt8", "i8[2,3] q(scale=0.5, zp=1)",
     "%c = const i8[2,1] q(scale=0.25, zp=0) = [1,2]\n%y = concat(%x, %c) {axis=1} : i8[2,4] q(scale=1, zp=3)"},
    {"Split", "f32[5,2]", "%a, %b = split(%x) {axis=0, sizes=[2,3]}\n%y = concat(%b, %a)"},
    {"Slice", "f32[8,5]", "%y = slice(%x) {starts=[1], ends=[4], axes=[1], steps=[2]}"},
    {"SliceOfAllAxes", "f32[8,5]", "%y = slice(%x) {starts=[2,1], ends=[7,5], axes=[0,1], steps=[1,1]}"},
    {"SliceOfNothing", "f32[8,5]", "%y = slice(%x) {starts=[0], ends=[0], axes=[1], steps=[2]}"},
    {"SliceInt8", "i8[8,5] q(scale=0.5, zp=1)",
     "%y = slice(%x) {starts=[2], ends=[7], axes=[0], steps=[1]} : i8[5,5] q(scale=0.5, zp=1)"},
    {"Pad", "f32[1,2,2,1] nhwc", "%y = pad(%x) {pads=[0,1,2,0,0,3,4,0], value=1.5}"},
    {"PadReflect", "f32[1,4,4,1] nhwc", "%y = pad(%x) {pads=[0,1,2,0,0,3,2,0], mode=reflect}"},
    {"PadInt8", "i8[1,2,2,1] q(scale=0.5, zp=1) nhwc",
     "%y = pad(%x) {pads=[0,1,1,0,0,1,1,0]} : i8[1,4,4,1] q(scale=0.5, zp=1)"},
    {"Reshape", "f32[2,6]", "%y = reshape(%x) {shape=[3,4]}"},
    {"ReshapeInt8", "i8[2,6] q(scale=0.5, zp=1)", "%y = reshape(%x) {shape=[3,4]} : i8[3,4] q(scale=0.5, zp=1)"},
    {"Flatten", "f32[2,3,4]", "%y = flatten(%x)"},
    {"FlattenAtAnotherAxis", "f32[2,3,4]", "%y = flatten(%x) {axis=2}"},
    {"Squeeze", "f32[2,1,4,1] nchw", "%y = squeeze(%x) {axes=[1]}"},
    {"SqueezeAll", "f32[2,1,4,1] nchw", "%y = squeeze(%x)"},
    {"Unsqueeze", "f32[2,4]", "%y = unsqueeze(%x) {axes=[0,2]}"},
    {"Transpose", "f32[2,3,4]", "%y = transpose(%x) {perm=[2,0,1]}"},
    {"TransposeInt8", "i8[2,3] q(scale=0.5, zp=1)", "%y = transpose(%x) {perm=[1,0]} : i8[3,2] q(scale=0.5, zp=1)"},
    {"ReduceMean", "f32[2,3,4]", "%y = reduce_mean(%x) {axes=[1], keep_dims=false}"},
    {"ReduceSum", "f32[2,3,4]", "%y = reduce_sum(%x) {axes=[1,2]}"},
    {"ReduceMax", "f32[2,3,4]", "%y = reduce_max(%x) {axes=[-1]}"},
    {"ReduceMin", "f32[2,3,4]", "%y = reduce_min(%x) {axes=[0]}"},
    {"ReduceProd", "f32[2,3,4]", "%y = reduce_prod(%x) {axes=[0]}"},
    {"ReduceSumSquare", "f32[2,3,4]", "%y = reduce_sum_square(%x) {axes=[0]}"},
    {"ReduceL2", "f32[2,3,4]", "%y = reduce_l2(%x) {axes=[0]}"},
    {"ReduceAll", "f32[2,3]", "%y = reduce_sum(%x)", "%y = reduce_sum(%x) {axes=[0,1]}"},
    {"ReduceMeanInt8", "i8[2,3] q(scale=0.5, zp=1)", "%y = reduce_mean(%x) {axes=[1]} : i8[2,1] q(scale=0.25, zp=0)"},
    {"ArgMax", "f32[2,3]", "%y = arg_max(%x) {axis=1, keep_dims=false}"},
    {"Gather", "f32[4,3]", "%i = const i32[2] = [3,-1]\n%y = gather(%x, %i) {axis=1}"},
    {"GatherFromTable", "i32[2]", "%t = const f32[3,2] = [1,2,3,4,5,6]\n%y = gather(%t, %x)"},
    {"GatherInt8", "i8[4,3] q(scale=0.5, zp=1)",
     "%i = const i32[1] = [3]\n%y = gather(%x, %i) : i8[1,3] q(scale=0.5, zp=1)"},
    {"Expand", "f32[1,3]", "%y = expand(%x) {shape=[2,4,3]}"},
    {"Tile", "f32[2,3]", "%y = tile(%x) {repeats=[2,1]}"},
    {"Cast", "f32[2]", "%y = cast(%x) {to=i32}"},
};
INSTANTIATE_TEST_SUITE_P(Movements, MsRoundTrip, ::testing::ValuesIn(kMovements), case_name);

constexpr Case kIndexing[] = {
    {"ArgMin", "f32[2,3]", "%y = arg_min(%x) {axis=1, keep_dims=false}"},
    {"GatherElements", "f32[2,3]", "%i = const i64[2,2] = [0,1,1,0]\n%y = gather_elements(%x, %i) {axis=1}"},
    {"GatherNd", "f32[2,3]", "%i = const i64[2,1] = [1,0]\n%y = gather_nd(%x, %i)"},
    {"ScatterElements", "f32[2,3]",
     "%i = const i64[1,2] = [0,1]\n%u = const f32[1,2] = [5,6]\n%y = scatter_elements(%x, %i, %u) {axis=1}"},
    {"ScatterNd", "f32[2,3]", "%i = const i64[1,1] = [1]\n%u = const f32[1,3] = [1,2,3]\n%y = scatter_nd(%x, %i, %u)"},
    {"TopK", "f32[2,5]", "%k = const i64[1] = [2]\n%v, %i = top_k(%x, %k) {axis=1, largest=false}\n%y = add(%v, %v)"},
    {"CumSum", "f32[2,5]", "%a = const i64[] = [1]\n%y = cum_sum(%x, %a) {exclusive=true, reverse=true}"},
    {"ReverseSequence", "f32[2,5]",
     "%n = const i64[2] = [1,2]\n%y = reverse_sequence(%x, %n) {batch_axis=0, time_axis=1}"},
    {"Lstm", "f32[2,1,1]",
     "%w = const f32[2,4,1] = [1,2,3,4,5,6,7,8]\n%r = const f32[2,4,1] = [1,2,3,4,5,6,7,8]\n"
     "%b = const f32[2,8] = [1,2,3,4,5,6,7,8,1,2,3,4,5,6,7,8]\n%h = const f32[2,1,1] = [1,2]\n%c = const f32[2,1,1] = [3,4]\n"
     "%s, %sh, %sc = lstm(%x, %w, %r, %b, _, %h, %c) {hidden=1, direction=both, activations=[0,1,1,0,1,1], "
     "alpha=[0,0,0,0,0,0], beta=[0,0,0,0,0,0]}\n%y = add(%sh, %sc)"},
    {"LstmWithoutBiasAndState", "f32[2,1,1]",
     "%w = const f32[1,4,1] = [1,2,3,4]\n%r = const f32[1,4,1] = [1,2,3,4]\n"
     "%s, %y = lstm(%x, %w, %r) {hidden=1, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0]}",
     "%w = const f32[1,4,1] = [1,2,3,4]\n%r = const f32[1,4,1] = [1,2,3,4]\n"
     "%s_bias = const f32[1,8] = [0,0,0,0,0,0,0,0]\n%s_initial_h = const f32[1,1,1] = [0]\n%s_initial_c = const f32[1,1,1] = [0]\n"
     "%s, %y, %s_last_c = lstm(%x, %w, %r, %s_bias, _, %s_initial_h, %s_initial_c) {hidden=1, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0]}"},
};
INSTANTIATE_TEST_SUITE_P(Indexing, MsRoundTrip, ::testing::ValuesIn(kIndexing), case_name);

// Symbols are called as the importer does.
constexpr Case kDynamic[] = {
    {"Elements", "f32[x.dim0,3]", "%c = const f32[3] = [1,2,3]\n%a = add(%x, %c)\n%y = softmax(%a) {axis=1}"},
    {"FullyConnected", "f32[x.dim0,x.dim1,3]", "%w = const f32[2,3] = [1,2,3,4,5,6]\n%y = fully_connected(%x, %w)"},
    {"ReshapeToWhatIsLeft", "f32[x.dim0,x.dim1,6]", "%y = reshape(%x) {shape=[0,-1,2,3]}"},
    {"ConvOfAnyBatch", "f32[x.dim0,2,2,1] nhwc", "%w = const f32[1,1,1,1] = [1]\n%y = conv2d(%x, %w)"},
    {"Slice", "f32[x.dim0,8]", "%y = slice(%x) {starts=[1], ends=[4], axes=[1], steps=[2]}"},
    {"SliceByShape", "f32[x.dim0,3]",
     "%zero = const i64[1] = [0]\n%t = const f32[4,2] = [1,2,3,4,5,6,7,8]\n%one = const i64[1] = [1]\n"
     "%s = shape_of(%x)\n%n = gather(%s, %zero)\n%y = dynamic_slice(%t, %zero, %n, %zero, %one)"},
    {"PartOfAShape", "f32[x.dim0,4]",
     "%s = shape_of(%x) {start=1, end=2}\n%z = neg(%x)\n%y = dynamic_reshape(%z, %s) {allow_zero=true}",
     "%s/sizes = shape_of(%x)\n%s = slice(%s/sizes) {starts=[1], ends=[2], axes=[0], steps=[1]}\n%z = neg(%x)\n"
     "%y = dynamic_reshape(%z, %s)"},
    {"ReshapeToComputedShape", "f32[x.dim0,4]", "%s = shape_of(%x)\n%z = neg(%x)\n%y = dynamic_reshape(%z, %s)"},
};
INSTANTIATE_TEST_SUITE_P(Dynamic, MsRoundTrip, ::testing::ValuesIn(kDynamic), case_name);

constexpr Case kElements[] = {
    {"Add", "f32[2,3]", "%c = const f32[3] = [1,2,3]\n%y = add(%x, %c) {activation=relu}"},
    {"AddInt8", "i8[3] q(scale=0.5, zp=1)",
     "%c = const i8[3] q(scale=0.25, zp=2) = [1,2,3]\n%y = add(%x, %c) {activation=relu6} : i8[3] q(scale=1, zp=-4)"},
    {"Sub", "f32[3]", "%y = sub(%x, %x)"},
    {"Mul", "f32[3]", "%y = mul(%x, %x) {activation=relu6}"},
    {"MulInt8", "i8[3] q(scale=0.5, zp=1)", "%y = mul(%x, %x) : i8[3] q(scale=1, zp=-4)"},
    {"Div", "f32[3]", "%y = div(%x, %x)"},
    {"Minimum", "f32[3]", "%y = minimum(%x, %x)"},
    {"Maximum", "f32[3]", "%y = maximum(%x, %x)"},
    {"Pow", "f32[3]", "%e = const f32[] = [2]\n%y = pow(%x, %e)"},
    {"Prelu", "f32[2,3]", "%s = const f32[3] = [1,2,3]\n%y = prelu(%x, %s)"},
    {"PreluOfOneSlope", "f32[2,3]", "%s = const f32[1] = [2]\n%y = prelu(%x, %s)"},
    {"Equal", "f32[3]", "%y = equal(%x, %x)"},
    {"Less", "f32[3]", "%y = less(%x, %x)"},
    {"LessEqual", "f32[3]", "%y = less_equal(%x, %x)"},
    {"Greater", "f32[3]", "%y = greater(%x, %x)"},
    {"GreaterEqual", "f32[3]", "%y = greater_equal(%x, %x)"},
    {"And", "bool[3]", "%y = and(%x, %x)"},
    {"Or", "bool[3]", "%y = or(%x, %x)"},
    {"Not", "bool[3]", "%y = not(%x)"},
    {"Where", "bool[2]", "%a = const f32[2] = [1,2]\n%b = const f32[2] = [3,4]\n%y = where(%x, %a, %b)"},
    {"Relu", "f32[3]", "%y = relu(%x)"},
    {"ReluInt8", "i8[3] q(scale=0.5, zp=1)", "%y = relu(%x) : i8[3] q(scale=0.25, zp=-128)"},
    {"Relu6", "f32[3]", "%y = relu6(%x)"},
    {"Sigmoid", "f32[3]", "%y = sigmoid(%x)"},
    {"SigmoidInt8", "i8[3] q(scale=0.5, zp=1)", "%y = sigmoid(%x) : i8[3] q(scale=0.00390625, zp=-128)"},
    {"Tanh", "f32[3]", "%y = tanh(%x)"},
    {"HardSwish", "f32[3]", "%y = hard_swish(%x)"},
    {"Silu", "f32[3]", "%y = silu(%x)"},
    {"Softplus", "f32[3]", "%y = softplus(%x)"},
    {"HardSigmoid", "f32[3]", "%y = hard_sigmoid(%x) {alpha=0.16666667}"},
    {"LeakyRelu", "f32[3]", "%y = leaky_relu(%x) {alpha=0.25}"},
    {"Elu", "f32[3]", "%y = elu(%x) {alpha=0.5}"},
    {"Gelu", "f32[3]", "%y = gelu(%x)"},
    {"GeluApproximate", "f32[3]", "%y = gelu(%x) {approximate=true}"},
    {"Clip", "f32[3]", "%y = clip(%x) {min=-1, max=2.5}"},
    {"ClipOnOneSide", "f32[3]", "%y = clip(%x) {max=2.5}"},
    {"Abs", "f32[3]", "%y = abs(%x)"},
    {"Ceil", "f32[3]", "%y = ceil(%x)"},
    {"Cos", "f32[3]", "%y = cos(%x)"},
    {"Erf", "f32[3]", "%y = erf(%x)"},
    {"Exp", "f32[3]", "%y = exp(%x)"},
    {"Floor", "f32[3]", "%y = floor(%x)"},
    {"Log", "f32[3]", "%y = log(%x)"},
    {"Neg", "f32[3]", "%y = neg(%x)"},
    {"Reciprocal", "f32[3]", "%y = reciprocal(%x)"},
    {"Round", "f32[3]", "%y = round(%x)"},
    {"Sin", "f32[3]", "%y = sin(%x)"},
    {"Sqrt", "f32[3]", "%y = sqrt(%x)"},
    {"Quantize", "f32[3]", "%q = quantize(%x) : i8[3] q(scale=0.5, zp=3)\n%y = dequantize(%q)"},
    {"Requantize", "i8[3] q(scale=0.5, zp=3)", "%y = quantize(%x) : i8[3] q(scale=0.25, zp=-3)"},
};
INSTANTIATE_TEST_SUITE_P(Elements, MsRoundTrip, ::testing::ValuesIn(kElements), case_name);

TEST(MsExporter, RefusesWhatTheFormatWouldLose) {
  EXPECT_THAT(round_trip(graph_of("f32[3]", "%y = maximum(%x, %x) {activation=relu}")), HasSubstr("activation"));
  EXPECT_THAT(round_trip(graph_of("f32[2,3]", "%s = const f32[2,1] = [1,2]\n%y = prelu(%x, %s)")),
              HasSubstr("slope of shape [2, 1]"));
  EXPECT_THAT(round_trip(graph_of("f32[1,H,2,1] nhwc", "%w = const f32[1,1,1,1] = [1]\n%y = conv2d(%x, %w)")),
              HasSubstr("its image size is dynamic, and a .ms file holds a number: fix the inputs with --input-shape"));
  EXPECT_THAT(round_trip(graph_of("f32[2,1,1]",
                                  "%w = const f32[1,4,1] = [1,2,3,4]\n%r = const f32[1,4,1] = [1,2,3,4]\n"
                                  "%s, %y = lstm(%x, %w, %r) {hidden=1, clip=2, activations=[0,1,1], alpha=[0,0,0], beta=[0,0,0]}")),
              HasSubstr("node 's' (lstm): it clips its gates, which cannot be stored in a .ms file; Octet can run the source model itself"));
}

TEST(MsRoundTripOfNames, KeepsNamesOfNodesAndLayouts) {
  const std::string text =
      "graph \"net\"\n%\"the input\" = input f32[1,2,2,3] nchw\n%a = relu(%\"the input\") @\"act 1\"\n%y = "
      "neg(%a)\noutput %a, %y\n";
  EXPECT_EQ(round_trip(text), printed(text));
}

TEST(MsRoundTripOfNames, KeepsSeveralInputsInTheirOrder) {
  const std::string text = "graph \"net\"\n%b = input f32[2]\n%a = input f32[2]\n%y = sub(%a, %b)\noutput %y\n";
  EXPECT_EQ(round_trip(text), printed(text));
}

}  // namespace
}  // namespace octet
