// SPDX-License-Identifier: Apache-2.0
#include "calibration/calibrate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ir/text.h"
#include "kernels/kernel_test.h"
#include "ops/table.h"

namespace octet {
namespace {

class Samples : public SampleSource {
 public:
  std::size_t size() const override { return count; }
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    if (index == broken) return Error{ErrorCode::kIo, "sample cannot be read"};
    Random random(static_cast<unsigned>(index));
    auto values = random.reals(inputs[0].size() / sizeof(float), -2.0f, 3.0f);
    if (index == not_finite) values[5] = INFINITY;
    std::memcpy(inputs[0].data(), values.data(), inputs[0].size());
    return {};
  }
  std::size_t count = 17, broken = SIZE_MAX, not_finite = SIZE_MAX;
};

Graph graph_of(const std::string& shape) {
  auto graph = parse_graph("%x = input f32[" + shape + "]\n%a = exp(%x)\n%y = neg(%a)\n%z = relu(%a)\noutput %y, %z", find_op);
  EXPECT_TRUE(graph);
  return std::move(*graph);
}

std::shared_ptr<const Plan> plan() {
  auto made = Plan::make(graph_of("1,5,4"));
  EXPECT_TRUE(made);
  return *made;
}

std::vector<StatisticPoint> points(const Plan& plan) {
  std::vector<StatisticPoint> list;
  for (const char* name : {"x", "a", "y"}) {
    const TensorId id = find_tensor(plan.graph(), name);
    list.push_back({id, std::make_unique<RangeObserver>()});
    list.push_back({id, std::make_unique<ChannelMeanObserver>()});
  }
  return list;
}

// All numbers of all observers.
std::vector<float> numbers(const std::vector<StatisticPoint>& points) {
  std::vector<float> list;
  for (const StatisticPoint& point : points) {
    if (const auto* range = dynamic_cast<const RangeObserver*>(point.observer.get()))
      for (const float value : {range->min(), range->max(), range->mean_min(), range->mean_max()}) list.push_back(value);
    if (const auto* mean = dynamic_cast<const ChannelMeanObserver*>(point.observer.get()))
      for (const float value : mean->means()) list.push_back(value);
  }
  return list;
}

std::string calibration_error(const Samples& samples, int num_threads) {
  const auto made = plan();
  auto list = points(*made);
  const auto result = calibrate(made, samples, list, {num_threads, {}});
  return result ? "" : result.error().message;
}

TEST(Calibrate, ObserversSeeInputsAndResults) {
  const auto made = plan();
  auto list = points(*made);
  ASSERT_TRUE(calibrate(made, Samples(), list, {}));
  const auto& x = static_cast<const RangeObserver&>(*list[0].observer);
  const auto& a = static_cast<const RangeObserver&>(*list[2].observer);
  const auto& y = static_cast<const RangeObserver&>(*list[4].observer);
  EXPECT_EQ(x.num_samples(), 17);
  EXPECT_FLOAT_EQ(a.max(), std::exp(x.max()));
  EXPECT_EQ(y.min(), -a.max());
  EXPECT_EQ(y.mean_max(), -a.mean_min());
}

TEST(Calibrate, StatisticsDoNotDependOnTheNumberOfThreads) {
  const auto made = plan();
  auto one = points(*made);
  ASSERT_TRUE(calibrate(made, Samples(), one, {1, {}}));
  for (const int num_threads : {2, 3, 7, 40}) {
    auto several = points(*made);
    ASSERT_TRUE(calibrate(made, Samples(), several, {num_threads, {}}));
    EXPECT_EQ(numbers(one), numbers(several)) << num_threads;
  }
}

TEST(Calibrate, ReportsProgressUpToTheEnd) {
  for (const int num_threads : {1, 4}) {
    const auto made = plan();
    auto list = points(*made);
    std::vector<std::size_t> done;
    ASSERT_TRUE(calibrate(made, Samples(), list, {num_threads, [&](std::size_t n, std::size_t total) {
                                                    EXPECT_EQ(total, 17u);
                                                    done.push_back(n);
                                                  }}));
    EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
    EXPECT_EQ(done.back(), 17u);
  }
}

// Values ten times as large as those of Samples.
class LargeSamples : public Samples {
 public:
  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> inputs) const override {
    OCTET_RETURN_IF_ERROR(Samples::load(index, inputs));
    auto* values = reinterpret_cast<float*>(inputs[0].data());
    std::for_each(values, values + inputs[0].size() / sizeof(float), [](float& value) { value *= 10; });
    return {};
  }
};

TEST(Calibrate, SamplesOfOtherShapesCount) {
  const auto made = plan();
  const Graph tall = graph_of("1,9,4"), wide = graph_of("1,5,6");
  LargeSamples large;
  large.count = 3;
  Samples none;
  none.count = 0;
  for (const auto& [other, is_wide] : {std::pair(&tall, false), std::pair(&wide, true)}) {
    const CalibrationProfile profiles[] = {{"empty", &tall, &none}, {"other", other, &large}};
    auto list = points(*made);
    std::size_t last = 0;
    const auto progress = [&](std::size_t done, std::size_t total) {
      EXPECT_LE(last, done);
      EXPECT_EQ(total, 20u);
      last = done;
    };
    ASSERT_TRUE(calibrate(made, Samples(), list, {2, progress, profiles}));
    EXPECT_EQ(last, 20u);
    auto first = points(*made);
    ASSERT_TRUE(calibrate(made, Samples(), first, {}));
    const auto& x = static_cast<const RangeObserver&>(*list[0].observer);
    EXPECT_EQ(x.num_samples(), 20);
    EXPECT_LT(x.min(), -15.0f);
    EXPECT_GT(x.max(), 25.0f);
    EXPECT_GT(x.mean_max(), 5.0f);
    // Channels of another number are not the same channels.
    const auto means = [](const std::vector<StatisticPoint>& p) { return static_cast<const ChannelMeanObserver&>(*p[1].observer).means(); };
    EXPECT_EQ(means(list) == means(first), is_wide);
  }
}

TEST(Calibrate, NamesTheProfileOfAProblem) {
  const auto made = plan();
  const Graph tall = graph_of("1,9,4");
  Samples broken;
  broken.not_finite = 1;
  const CalibrationProfile profiles[] = {{"profile 2", &tall, &broken}};
  auto list = points(*made);
  const auto done = calibrate(made, Samples(), list, {1, {}, profiles});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "profile 2: calibration sample 2: tensor 'x' holds a NaN or an infinity");
}

TEST(Calibrate, NamesTensorAndSampleOfTheFirstProblem) {
  for (const int num_threads : {1, 2, 5}) {
    Samples samples;
    samples.not_finite = 3;
    EXPECT_EQ(calibration_error(samples, num_threads), "calibration sample 4: tensor 'x' holds a NaN or an infinity");
    samples.broken = 2;
    EXPECT_EQ(calibration_error(samples, num_threads), "sample cannot be read");
  }
}

TEST(Calibrate, WantsASample) {
  Samples samples;
  samples.count = 0;
  EXPECT_EQ(calibration_error(samples, 2), "there is no calibration sample");
}

}  // namespace
}  // namespace octet
