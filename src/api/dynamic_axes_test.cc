// SPDX-License-Identifier: Apache-2.0
// One file of a model with dynamic axes runs at all sizes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "api/convert_with_config.h"
#include "api/session_impl.h"
#include "base/file.h"
#include "importers/onnx/test_model.h"
#include "octet/octet.h"

namespace octet {
namespace {

constexpr std::int64_t kHidden = 16, kHeads = 2, kInner = 32, kWords = 11, kPositions = 40;

std::vector<float> wave(std::size_t count, float scale, int seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = scale * std::sin(static_cast<float>(i * 7 + static_cast<std::size_t>(seed) * 131) * 0.37f);
  return values;
}

// An encoder layer as exporters write it for inputs ids and mask [batch, seq]: positions are a slice of a table by the
// shape of the input, heads a reshape to sizes of which two are computed.
class Transformer {
 public:
  Transformer() {
    model_.input("ids", {"batch", "seq"}, onnx::TensorProto::INT64);
    model_.input("mask", {"batch", "seq"}, onnx::TensorProto::INT64);
    add_constants();
    const std::string x = embedded();
    const std::string attended = add("Add", {x, linear("o", attention(x), kHidden, kHidden, 5)});
    const std::string inner = add("Relu", {linear("up", attended, kHidden, kInner, 6)});
    model_.node("Add", {attended, linear("down", inner, kInner, kHidden, 7)}, {"y"});
    auto* output = model_.graph().add_output();
    output->set_name("y");
  }

  void write(const std::string& path) const { std::ofstream(path, std::ios::binary) << model_.proto.SerializeAsString(); }

 private:
  std::string add(const std::string& type, const std::vector<std::string>& inputs) {
    const std::string name = type + std::to_string(next_++);
    model_.node(type, inputs, {name}).named(name);
    return name;
  }

  void add_constants() {
    model_.floats("words", {kWords, kHidden}, wave(kWords * kHidden, 1.0f, 1));
    model_.floats("positions", {kPositions, kHidden}, wave(kPositions * kHidden, 0.5f, 2));
    for (const std::int64_t value : {0, 1, 2}) {
      *model_.graph().add_initializer() = test::int_tensor("n" + std::to_string(value), {}, {value});
      model_.ints("axis" + std::to_string(value), {value});
    }
    model_.ints("heads", {kHeads});
    model_.ints("size", {kHidden / kHeads});
    model_.ints("hidden", {kHidden});
    model_.floats("one", {}, {1.0f});
    model_.floats("far", {}, {-100.0f});
  }

  // One element of the shape of ids, as a vector.
  std::string dimension(const std::string& index) {
    return add("Unsqueeze", {add("Gather", {add("Shape", {"ids"}), index}), "axis0"});
  }

  std::string embedded() {
    const std::string positions = add("Slice", {"positions", "axis0", dimension("n1"), "axis0", "axis1"});
    return add("Add", {add("Gather", {"words", "ids"}), add("Unsqueeze", {positions, "axis0"})});
  }

  std::string linear(const std::string& name, const std::string& src, std::int64_t k, std::int64_t n, int seed) {
    model_.floats(name + "_w", {k, n}, wave(static_cast<std::size_t>(k * n), 0.4f, seed));
    model_.floats(name + "_b", {n}, wave(static_cast<std::size_t>(n), 0.1f, seed + 50));
    return add("Add", {add("MatMul", {src, name + "_w"}), name + "_b"});
  }

  std::string split(const std::string& src, const std::vector<std::int64_t>& perm) {
    const std::string shape = add("Concat", {dimension("n0"), dimension("n1"), "heads", "size"});
    model_.graph().mutable_node(model_.graph().node_size() - 1)->add_attribute()->CopyFrom(int_attribute("axis", 0));
    const std::string heads = add("Reshape", {src, shape});
    const std::string name = add("Transpose", {heads});
    test::TestNode(model_.graph().mutable_node(model_.graph().node_size() - 1)).ints("perm", perm);
    return name;
  }

  static onnx::AttributeProto int_attribute(const std::string& name, std::int64_t value) {
    onnx::AttributeProto attribute;
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
    return attribute;
  }

  std::string attention(const std::string& x) {
    const std::string q = split(linear("q", x, kHidden, kHidden, 2), {0, 2, 1, 3});
    const std::string k = split(linear("k", x, kHidden, kHidden, 3), {0, 2, 3, 1});
    const std::string v = split(linear("v", x, kHidden, kHidden, 4), {0, 2, 1, 3});
    std::string mask = add("Cast", {add("Unsqueeze", {add("Unsqueeze", {"mask", "axis1"}), "axis2"})});
    model_.graph().mutable_node(model_.graph().node_size() - 1)->add_attribute()->CopyFrom(int_attribute("to", onnx::TensorProto::FLOAT));
    mask = add("Mul", {add("Sub", {"one", mask}), "far"});
    const std::string weights = add("Softmax", {add("Add", {add("MatMul", {q, k}), mask})});
    const std::string mixed = add("Transpose", {add("MatMul", {weights, v})});
    test::TestNode(model_.graph().mutable_node(model_.graph().node_size() - 1)).ints("perm", {0, 2, 1, 3});
    const std::string shape = add("Concat", {dimension("n0"), dimension("n1"), "hidden"});
    model_.graph().mutable_node(model_.graph().node_size() - 1)->add_attribute()->CopyFrom(int_attribute("axis", 0));
    return add("Reshape", {mixed, shape});
  }

  test::TestModel model_;
  int next_ = 0;
};

class DynamicAxes : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("octet_dynamic_axes_{}", ::getpid());
    std::filesystem::create_directories(folder_);
    Transformer().write(file("m.onnx"));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  std::string converted(const std::string& name, QuantType type) const {
    ConvertOptions options;
    options.model_file = file("m.onnx");
    options.output_file = file(name);
    QuantConfig config;
    config.common.quant_type = type;
    const auto report = convert(options, config);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return options.output_file;
  }

  static InputShapes shapes(std::int64_t batch, std::int64_t seq) { return {{"ids", {batch, seq}}, {"mask", {batch, seq}}}; }

  static std::vector<float> run(Session& session, std::int64_t batch, std::int64_t seq) {
    const auto ids = session.input<std::int64_t>(0), mask = session.input<std::int64_t>(1);
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(batch * seq));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ids[i] = static_cast<std::int64_t>(i * 5 % kWords);
      mask[i] = static_cast<std::int64_t>(i) % seq * 4 < seq * 3;
    }
    const auto done = session.run();
    EXPECT_TRUE(done.ok()) << done.error().message;
    const auto y = session.output<float>(0);
    return {y.begin(), y.end()};
  }

  // What the source model gives when its sizes are fixed before anything else.
  std::vector<float> expected(std::int64_t batch, std::int64_t seq) const {
    LoadOptions load;
    load.input_shapes = {{"ids", {batch, seq}}, {"mask", {batch, seq}}};
    const auto model = Model::load(file("m.onnx"), load);
    EXPECT_TRUE(model.ok()) << model.error().message;
    auto session = Session::create(*model);
    EXPECT_TRUE(session.ok()) << session.error().message;
    return run(*session, batch, seq);
  }

  static double cosine(const std::vector<float>& a, const std::vector<float>& b) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) ab += double{a[i]} * b[i], aa += double{a[i]} * a[i], bb += double{b[i]} * b[i];
    return ab / std::sqrt(aa * bb);
  }

  std::filesystem::path folder_;
};

TEST_F(DynamicAxes, OneFileServesAllSizes) {
  struct Form {
    QuantType type;
    double least_cosine;  // with the float source
  };
  for (const auto& [type, least_cosine] : {Form{QuantType::kNone, 1 - 1e-9}, Form{QuantType::kWeight, 0.999}, Form{QuantType::kDynamic, 0.99}}) {
    const auto model = Model::load(converted("m.ms", type));
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_EQ(model->inputs()[0].shape, (std::vector<std::int64_t>{-1, -1}));
    auto session = Session::create(*model, {.num_threads = 1, .input_shapes = shapes(1, 8)});
    ASSERT_TRUE(session.ok()) << session.error().message;
    for (const auto& [batch, seq] : {std::pair{1, 8}, {3, 5}, {2, 33}, {1, 1}, {1, 8}}) {
      const auto resized = session->resize(shapes(batch, seq));
      ASSERT_TRUE(resized.ok()) << resized.error().message;
      const std::vector<float> found = run(*session, batch, seq), wanted = expected(batch, seq);
      ASSERT_EQ(found.size(), wanted.size());
      EXPECT_GE(cosine(found, wanted), least_cosine) << batch << ' ' << seq << ' ' << static_cast<int>(type);
      EXPECT_EQ(session->impl().executor.plan().num_dynamic_steps(), 0u);  // every node has a kernel
    }
  }
}

TEST_F(DynamicAxes, TheSameSizesAreNotPlannedAgain) {
  const auto model = Model::load(converted("m.ms", QuantType::kNone));
  ASSERT_TRUE(model.ok()) << model.error().message;
  auto session = Session::create(*model, {.num_threads = 1, .input_shapes = shapes(2, 8)});
  ASSERT_TRUE(session.ok()) << session.error().message;
  const Plan* plan = &session->impl().executor.plan();
  ASSERT_TRUE(session->resize(shapes(2, 8)).ok());
  EXPECT_EQ(&session->impl().executor.plan(), plan);
  ASSERT_TRUE(session->resize(shapes(2, 9)).ok());
  EXPECT_EQ(session->input_info(0).shape, (std::vector<std::int64_t>{2, 9}));
}

TEST_F(DynamicAxes, SizesThatTheModelCannotTakeLeaveTheSessionAsItWas) {
  const auto model = Model::load(converted("m.ms", QuantType::kNone));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_FALSE(Session::create(*model).ok());
  auto session = Session::create(*model, {.num_threads = 1, .input_shapes = shapes(2, 8)});
  ASSERT_TRUE(session.ok()) << session.error().message;
  const std::vector<float> before = run(*session, 2, 8);
  EXPECT_FALSE(session->resize(shapes(1, kPositions + 1)).ok());  // the table of positions ends
  EXPECT_FALSE(session->resize({{"ids", {1, 2, 3}}, {"mask", {1, 2}}}).ok());
  EXPECT_FALSE(session->resize({{"nothing", {1}}}).ok());
  EXPECT_EQ(run(*session, 2, 8), before);
}

TEST_F(DynamicAxes, AModelOfFixedSizesRefusesOthers) {
  LoadOptions options;
  options.input_shapes = shapes(2, 8);
  const auto model = Model::load(converted("m.ms", QuantType::kNone), options);
  ASSERT_TRUE(model.ok()) << model.error().message;
  auto session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.error().message;
  EXPECT_TRUE(session->resize(shapes(2, 8)).ok());
  const auto refused = session->resize(shapes(2, 9));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("which [2, 9] does not fit"), std::string::npos) << refused.error().message;
}

// [ascend_context] with several choices: the ranges are those of all samples, whatever choice they have the size of.
TEST_F(DynamicAxes, EveryProfileOfAscendContextIsCalibrated) {
  const auto write = [&](const std::string& name, std::int64_t count, std::int64_t first, std::int64_t step) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = (first + i * step) % kWords;
    const auto written = write_file_atomically(file(name), std::as_bytes(std::span(values)));
    ASSERT_TRUE(written.ok()) << written.error().message;
  };
  for (const char* input : {"ids", "mask"}) {
    std::filesystem::create_directories(folder_ / input);
    const bool is_mask = input == std::string("mask");
    for (int i = 0; i < 5; ++i) write(fmt::format("{}/{}", input, i), i % 2 == 0 ? 6 : 18, is_mask ? 1 : i, is_mask ? 0 : 3);
  }
  for (const TargetDevice target : {TargetDevice::kCpu, TargetDevice::kAscend}) {
    ConvertOptions options;
    options.model_file = file("m.onnx");
    options.output_file = file("m.ms");
    QuantConfig config;
    config.common.quant_type = QuantType::kFull;
    config.full.target_device = target;
    config.data.input_type = CalibrationInputType::kBin;
    config.data.calibrate_path = {{"ids", file("ids")}, {"mask", file("mask")}};
    config.ascend = {.present = true, .provider = "ge", .input_shape = {{"ids", {-1, -1}}, {"mask", {-1, -1}}},
                     .dynamic_dims = {{{1, 1}, {6, 6}, {1, 1}, {6, 6}}, {{2, 2}, {9, 9}, {2, 2}, {9, 9}}, {{4, 4}, {4, 4}, {4, 4}, {4, 4}}}};
    const auto report = convert(options, config);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_GT(report->num_quantized_nodes, 5u);
    EXPECT_GT(report->cosine, 0.98);
    ASSERT_EQ(report->profiles.size(), 3u);
    EXPECT_EQ(report->profiles[1].shapes, "ids [2,9], mask [2,9]");
    for (const auto& [profile, samples] : {std::pair{0u, 3u}, {1u, 2u}, {2u, 0u}}) EXPECT_EQ(report->profiles[profile].num_samples, samples);
    const auto model = Model::load(options.output_file);
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_EQ(model->inputs()[0].shape, (std::vector<std::int64_t>{1, 6}));
  }
}

}  // namespace
}  // namespace octet
