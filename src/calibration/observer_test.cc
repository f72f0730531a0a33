// SPDX-License-Identifier: Apache-2.0
#include "calibration/observer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

Result<void> observe_shaped(Observer& observer, const std::vector<float>& values, const Shape& shape) {
  return observer.observe({DataType::kFloat32, &shape, values.data(), nullptr});
}

std::vector<float> sample(unsigned seed) {
  Random random(seed);
  return random.reals(2 * 100 * 7, random.real(-5.0f, -1.0f), random.real(1.0f, 5.0f));
}
const Shape kShape = {2, 100, 7};

TEST(RangeObserver, HoldsExtremesAndTheirMeans) {
  RangeObserver observer;
  ASSERT_TRUE(observe_shaped(observer, {1, -2, 3}, {3}));
  ASSERT_TRUE(observe_shaped(observer, {5, 4}, {1, 2}));
  EXPECT_EQ(observer.num_samples(), 2);
  EXPECT_EQ(observer.min(), -2.0f);
  EXPECT_EQ(observer.max(), 5.0f);
  EXPECT_EQ(observer.mean_min(), 1.0f);
  EXPECT_EQ(observer.mean_max(), 4.0f);
}

TEST(RangeObserver, RefusesWhatIsNotFinite) {
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY})
    for (std::size_t place = 0; place < 20; ++place) {
      std::vector<float> values(20, 1.0f);
      values[place] = bad;
      RangeObserver observer;
      const auto result = observe_shaped(observer, values, {20});
      ASSERT_FALSE(result) << bad << " at " << place;
      EXPECT_EQ(result.error().code, ErrorCode::kInvalidData);
    }
}

TEST(RangeObserver, MergingSampleBySampleEqualsObservingAll) {
  RangeObserver all, merged;
  for (unsigned i = 0; i < 20; ++i) {
    RangeObserver one;
    ASSERT_TRUE(observe_shaped(all, sample(i), kShape));
    ASSERT_TRUE(observe_shaped(one, sample(i), kShape));
    merged.merge(one);
    EXPECT_EQ(one.num_samples(), 0);
  }
  EXPECT_EQ(all.num_samples(), merged.num_samples());
  EXPECT_EQ(all.min(), merged.min());
  EXPECT_EQ(all.max(), merged.max());
  EXPECT_EQ(all.mean_min(), merged.mean_min());
  EXPECT_EQ(all.mean_max(), merged.mean_max());
}

TEST(ChannelMeanObserver, HoldsTheMeanOfEachChannel) {
  ChannelMeanObserver observer;
  EXPECT_TRUE(observer.means().empty());
  ASSERT_TRUE(observe_shaped(observer, {1, 10, 2, 20, 3, 30}, {1, 3, 2}));
  ASSERT_TRUE(observe_shaped(observer, {6, 40}, {1, 2}));
  EXPECT_EQ(observer.means(), (std::vector<float>{3, 25}));
}

TEST(ChannelMeanObserver, IsExactOverManyPixels) {
  // 10^6 times 0.1 in float alone would be off by a tenth of a percent and more.
  ChannelMeanObserver observer;
  const std::vector<float> values(1'000'000, 0.1f);
  ASSERT_TRUE(observe_shaped(observer, values, {1'000'000, 1}));
  EXPECT_NEAR(observer.means()[0], 0.1f, 1e-7f);
}

TEST(ChannelMeanObserver, MergingSampleBySampleEqualsObservingAll) {
  ChannelMeanObserver all, merged;
  for (unsigned i = 0; i < 20; ++i) {
    ChannelMeanObserver one;
    ASSERT_TRUE(observe_shaped(all, sample(i), kShape));
    ASSERT_TRUE(observe_shaped(one, sample(i), kShape));
    merged.merge(one);
    EXPECT_TRUE(one.means().empty());
  }
  ASSERT_EQ(all.means().size(), 7u);
  for (std::size_t c = 0; c < 7; ++c) EXPECT_EQ(all.means()[c], merged.means()[c]);
}

TEST(ChannelMeanObserver, RefusesAnotherNumberOfChannels) {
  ChannelMeanObserver observer;
  ASSERT_TRUE(observe_shaped(observer, {1, 2}, {1, 2}));
  EXPECT_FALSE(observe_shaped(observer, {1, 2, 3}, {1, 3}));
}

TEST(Observers, FreshOnesHaveSeenNothing) {
  RangeObserver range;
  ChannelMeanObserver mean;
  ASSERT_TRUE(observe_shaped(range, {1, 2}, {1, 2}));
  ASSERT_TRUE(observe_shaped(mean, {1, 2}, {1, 2}));
  EXPECT_EQ(static_cast<RangeObserver&>(*range.fresh()).num_samples(), 0);
  EXPECT_TRUE(static_cast<ChannelMeanObserver&>(*mean.fresh()).means().empty());
}

}  // namespace
}  // namespace octet
