// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test_support.h"

namespace octet {
namespace {

constexpr std::string_view kText = R"(
      %x = input f32[1,2]
      %w = const f32[2,2] = [1, 2, 3, 4]
      %i = identity(%x)
      %c = fully_connected(%i, %w)
      %y = relu(%c)
      output %y)";

std::vector<std::string> passes_run(const PassOptions& given) {
  std::vector<std::string> names;
  PassOptions options = given;
  options.done = [&](std::string_view pass, const PassStats&, double ms) {
    names.emplace_back(pass);
    EXPECT_GE(ms, 0.0);
  };
  Graph graph = parsed(kText);
  const auto result = run_passes(graph, options);
  EXPECT_TRUE(result) << result.error().message;
  return names;
}

TEST(RunPasses, RunsTheTableInItsOrder) {
  std::vector<std::string> names;
  for (const Pass& pass : all_passes())
    if (pass.use != PassUse::kConverting) names.emplace_back(pass.name);
  EXPECT_EQ(passes_run({.for_running = true}), names);
  EXPECT_EQ(names.front(), "remove_identity");
  EXPECT_EQ(names.back(), "remove_dead");
}

TEST(RunPasses, LeavesOutWhatIsForRunningAlone) {
  EXPECT_THAT(passes_run({}), testing::Not(testing::Contains("fuse_attention")));
  EXPECT_THAT(passes_run({.for_running = true}), testing::Contains("fuse_attention"));
  EXPECT_THAT(passes_run({}), testing::Contains("convert_conv_transpose"));
  EXPECT_THAT(passes_run({.for_running = true}), testing::Not(testing::Contains("convert_conv_transpose")));
}

TEST(RunPasses, LeavesOutDisabledPassesAndFusions) {
  EXPECT_THAT(passes_run({.disabled = {"fold_pad"}}), testing::Not(testing::Contains("fold_pad")));
  const auto names = passes_run({.fusions = false});
  EXPECT_THAT(names, testing::Not(testing::Contains("fuse_activation")));
  EXPECT_THAT(names, testing::Contains("convert_layout"));
}

TEST(RunPasses, PrintsAfterTheNamedPass) {
  std::vector<std::string> printed;
  PassOptions options;
  options.print_after = {"remove_identity"};
  options.print = [&](std::string_view pass, const Graph& graph) {
    printed.push_back(fmt::format("{} {}", pass, graph.nodes.size()));
  };
  Graph graph = parsed(kText);
  ASSERT_TRUE(run_passes(graph, options));
  EXPECT_EQ(printed, std::vector<std::string>{"remove_identity 2"});
  EXPECT_EQ(graph.nodes.size(), 1u);
}

TEST(RunPasses, UnknownNamesAreErrorsWithTheNearest) {
  Graph graph = parsed(kText);
  for (const PassOptions& options : {PassOptions{.disabled = {"fold_batchnorm"}}, PassOptions{.print_after = {"fold_batchnorm"}}}) {
    const auto result = run_passes(graph, options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(result.error().message, "there is no pass 'fold_batchnorm'; the nearest is 'fold_batch_norm'");
  }
}

TEST(RunPasses, NamesThePassThatFailed) {
  Graph graph = parsed(R"(
      %x = input f32[1,2,4,5]
      %w = input f32[2,2,1,1]
      %y = conv2d(%x, %w) {layout=nchw}
      output %y)");
  const auto result = run_passes(graph);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, testing::StartsWith("pass convert_layout: node 'y' (conv2d)"));
}

// Whatever the passes do, the results stay. Each graph runs through every pass alone, through all, and without fusions.
constexpr const char* kGraphs[] = {
    // A residual net with batch norms, a squeeze-and-excite block and a classifier.
    R"(
      %x = input f32[2,3,8,8] nchw
      %w1 = const f32[4,3,3,3] = [0.1]
      %w2 = const f32[4,4,1,1] = [1, 2, 3, 4, 5, 6, 7, 8, 9, -10, 11, 12, 13, -14, 15, 16]
      %w3 = const f32[4,1,3,3] = [0.5]
      %v = const f32[4] = [1, 2, 0.5, 3]
      %u = const f32[4] = [-1, 0.3, 0, 2]
      %fw = const f32[4,10] = [0.25]
      %fb = const f32[10] = [1]
      %p0 = pad(%x) {pads=[0,0,1,1,0,0,1,1]}
      %c1 = conv2d(%p0, %w1) {strides=[2,2], layout=nchw}
      %n1 = batch_norm(%c1, %u, %v, %u, %v)
      %r1 = relu(%n1)
      %c2 = conv2d(%r1, %w2, %u) {layout=nchw}
      %n2 = batch_norm(%c2, %v, %u, %u, %v)
      %d1 = conv2d(%n2, %w3) {group=4, pads=[1,1,1,1], layout=nchw}
      %s1 = scale(%d1, %u, %v)
      %a1 = add(%s1, %r1)
      %r2 = relu6(%a1)
      %g = reduce_mean(%r2) {axes=[2,3]}
      %g1 = conv2d(%g, %w2) {layout=nchw}
      %g2 = sigmoid(%g1)
      %m = mul(%r2, %g2)
      %n3 = batch_norm(%m, %v, %u, %u, %v)
      %pool = avg_pool2d(%n3) {global=true, layout=nchw}
      %flat = flatten(%pool)
      %fc = matmul(%flat, %fw)
      %fc2 = add(%fc, %fb)
      %drop = dropout(%fc2)
      %y = softmax(%drop)
      output %y)",
    // Movement of every kind between images.
    R"(
      %x = input f32[2,4,6,5]
      %k1 = const f32[4,1,1] = [1, 2, 3, 4]
      %k2 = const f32[1,4,1,1] = [1, 2, 3, 4]
      %k3 = const f32[1] = [2.5]
      %k4 = const f32[] = [0.5]
      %k5 = const f32[5] = [1, 2, 3, 4, 5]
      %k6 = const f32[6,1] = [1, 2, 3, 4, 5, 6]
      %k7 = const f32[2,4,6,5] = [0.5]
      %slope = const f32[4,1,1] = [0.1, 0.2, 0.3, 0.4]
      %p = max_pool2d(%x) {kernel=[3,3], pads=[1,1,1,1], layout=nchw}
      %a = mul(%p, %k1)
      %b = add(%k2, %a)
      %c = sub(%k3, %b)
      %d = div(%c, %k4)
      %e = maximum(%d, %k5)
      %f = minimum(%e, %k6)
      %g = add(%f, %k7)
      %h = prelu(%g, %slope)
      %cat = concat(%h, %p, %k7) {axis=1}
      %cath = concat(%h, %p) {axis=-2}
      %s1, %s2 = split(%cat) {axis=1, sizes=[5,7]}
      %sl = slice(%s2) {starts=[1,-1], ends=[6,-9], axes=[1,-1], steps=[2,-1]}
      %sm = softmax(%s1) {axis=1}
      %pad = pad(%sl) {pads=[0,1,2,3,0,0,-1,1], value=0.5}
      %re = reduce_mean(%pad) {axes=[1]}
      %rd = reduce_mean(%cat) {axes=[2,3], keep_dims=false}
      %rc = reduce_mean(%cat) {axes=[1,2], keep_dims=false}
      %rs = reduce_sum(%cath) {axes=[2]}
      %rz = resize(%cath) {size=[5,7], mode=linear, layout=nchw}
      %rf = reshape(%cath) {shape=[2,-1]}
      output %sm, %re, %rd, %rc, %rs, %rz, %rf, %cat)",
    // Transposes of the model itself, a reader in each layout, outputs in the middle.
    R"(
      %x = input f32[1,6,5,4] nhwc
      %w = const f32[4,4,1,1] = [1, 2, 3, 4, 5, 6, 7, 8, 9, -10, 11, 12, 13, -14, 15, 16]
      %t = transpose(%x) {perm=[0,3,1,2]}
      %c = conv2d(%t, %w) {layout=nchw}
      %u = transpose(%c) {perm=[0,2,3,1]}
      %l = layer_norm(%u, %g, %g)
      %m = transpose(%l) {perm=[0,3,1,2]}
      %a = add(%m, %c)
      %p = avg_pool2d(%a) {kernel=[2,2], strides=[2,2], ceil_mode=true, layout=nchw}
      %q = transpose(%p) {perm=[0,2,3,1]}
      %r = reshape(%q) {shape=[1,-1,4]}
      %i = identity(%c)
      output %r, %c, %i, %p)",
    // One image read as an image and as rows; broadcasting of computed tensors.
    R"(
      %x = input f32[2,3,4,4]
      %z = input f32[2,3,1,1]
      %row = input f32[4]
      %w = const f32[3,3,3,3] = [0.2]
      %c = conv2d(%x, %w) {pad_mode=same_upper, layout=nchw}
      %a = mul(%c, %z)
      %b = add(%a, %row)
      %d = lrn(%b) {size=3, alpha=0.1}
      %e = log_softmax(%d) {axis=-3}
      %f = clip(%e) {min=-3, max=-0.5}
      %h = reduce_max(%f) {axes=[1]}
      %s = squeeze(%h) {axes=[1]}
      %t = matmul(%s, %s) {transpose_b=true}
      %v = leaky_relu(%a)
      output %t, %v, %f)",
};

std::string graph_with_layer_norm_parameters(const char* text) {
  std::string graph = text;
  if (graph.find("%g, %g") != std::string::npos) graph = "%g = const f32[4] = [1, 2, 0.5, -1]\n" + graph;
  return graph;
}

TEST(RunPasses, KeepResultsAloneAndTogether) {
  for (const char* text : kGraphs) {
    const std::string graph = graph_with_layer_norm_parameters(text);
    for (const Pass& pass : all_passes()) expect_keeps_results(pass.run, graph, std::string(pass.name));
    expect_keeps_results(all_of_them, graph, "all");
    expect_keeps_results(
        [](Graph& g) -> Result<PassStats> {
          OCTET_RETURN_IF_ERROR(run_passes(g, {.fusions = false}));
          return PassStats{};
        },
        graph, "no fusions");
  }
}

TEST(RunPasses, APassThatReportsNoChangeMadeNone) {
  for (const char* text : kGraphs) {
    Graph graph = parsed(graph_with_layer_norm_parameters(text));
    std::string before = print_graph(graph);
    for (const Pass& pass : all_passes()) {
      const auto stats = pass.run(graph);
      ASSERT_TRUE(stats) << pass.name;
      const std::string after = print_graph(graph);
      EXPECT_EQ(stats->changed == 0, after == before) << pass.name;
      before = after;
    }
  }
}

TEST(RunPasses, RunningThemAgainChangesNothing) {
  for (const char* text : kGraphs) {
    Graph graph = parsed(graph_with_layer_norm_parameters(text));
    ASSERT_TRUE(run_passes(graph));
    const std::string once = print_graph(graph);
    ASSERT_TRUE(run_passes(graph));
    EXPECT_EQ(print_graph(graph), once);
  }
}

}  // namespace
}  // namespace octet
