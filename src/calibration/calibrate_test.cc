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

std::shared_ptr<const Plan> plan() {
  auto graph = parse_graph("%x = input f32[1,5,4]\n%a = exp(%x)\n%y = neg(%a)\n%z = relu(%a)\noutput %y, %z", find_op);
  EXPECT_TRUE(graph);
  auto made = Plan::make(std::move(*graph));
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
