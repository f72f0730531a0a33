// SPDX-License-Identifier: Apache-2.0
#include "calibration/histogram_observer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "calibration/channel_range_observer.h"
#include "calibration/magnitude_histogram_observer.h"
#include "calibration/order_statistics_observer.h"

namespace octet {
namespace {

Result<void> observe(Observer& observer, const std::vector<float>& values, Shape shape = {}) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
  return observer.observe({DataType::kFloat32, &shape, values.data(), nullptr});
}

std::vector<std::uint32_t> counts(const HistogramObserver& h) { return {h.counts().begin(), h.counts().end()}; }

TEST(HistogramObserver, CountsZerosApartAndValuesInTheirBins) {
  HistogramObserver h;
  ASSERT_TRUE(observe(h, {0, 0, 1, -1, 0.999f}));
  EXPECT_EQ(h.num_zeros(), 2);
  EXPECT_EQ(h.num_values(), 5);
  std::uint32_t total = 0;
  for (std::size_t b = 0; b < h.counts().size(); ++b) {
    total += h.counts()[b];
    if (h.counts()[b] == 0) continue;
    EXPECT_TRUE(h.bin_begin(b) == -1 || h.bin_begin(b) == 1 || (h.bin_begin(b) <= 0.999 && 0.999 < h.bin_begin(b + 1)));
  }
  EXPECT_EQ(total, 3u);
}

TEST(HistogramObserver, TheLargestValueCoversAQuarterOfTheBinsAtLeast) {
  for (const float largest : {1e-30f, 0.7f, 1.0f, 3.9e10f}) {
    HistogramObserver h;
    ASSERT_TRUE(observe(h, {largest}));
    const double bin = largest / h.bin_width();
    EXPECT_GE(bin, HistogramObserver::kBins / 4);
    EXPECT_LT(bin, HistogramObserver::kBins / 2);
  }
}

// Whatever the order of samples, and however they are split over observers.
TEST(HistogramObserver, MergingIsExactInAnyOrder) {
  const std::vector<std::vector<float>> samples = {{0.1f, -0.2f, 0}, {100, -3}, {0, 0}, {1e-3f, 7}};
  HistogramObserver all, reversed, first, second;
  for (const auto& sample : samples) ASSERT_TRUE(observe(all, sample));
  for (std::size_t i = samples.size(); i-- > 0;) ASSERT_TRUE(observe(reversed, samples[i]));
  for (std::size_t i = 0; i < samples.size(); ++i) ASSERT_TRUE(observe(i < 2 ? first : second, samples[i]));
  first.merge(second);
  EXPECT_EQ(counts(all), counts(reversed));
  EXPECT_EQ(counts(all), counts(first));
  EXPECT_EQ(all.num_zeros(), first.num_zeros());
  EXPECT_EQ(second.num_values(), 0);
}

TEST(HistogramObserver, TakesAllChannelsOfALargeTensorAlike) {
  const std::size_t channels = 32, rows = 4096;
  std::vector<float> values(channels * rows);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % channels + 1);
  HistogramObserver h;
  ASSERT_TRUE(observe(h, values, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(channels)}));
  EXPECT_LE(h.num_values(), 2 * static_cast<std::int64_t>(HistogramObserver::kValuesPerSample));
  const auto expected = static_cast<double>(h.num_values()) / static_cast<double>(channels);
  for (const std::uint32_t count : h.counts()) {
    if (count > 0) {
      EXPECT_NEAR(count, expected, 1.0);
    }
  }
}

TEST(HistogramObserver, RefusesWhatIsNotFinite) {
  HistogramObserver h;
  EXPECT_FALSE(observe(h, {1, NAN}));
  EXPECT_FALSE(observe(h, {1, INFINITY}));
}

TEST(ChannelRangeObserver, ExtremesAndMeanSquareOfEachChannel) {
  ChannelRangeObserver a, b;
  ASSERT_TRUE(observe(a, {1, -2, 3, 4}, {2, 2}));
  ASSERT_TRUE(observe(b, {-1, 0}, {1, 2}));
  a.merge(b);
  EXPECT_EQ(a.min()[0], -1);
  EXPECT_EQ(a.max()[0], 3);
  EXPECT_EQ(a.max()[1], 4);
  EXPECT_DOUBLE_EQ(a.mean_square(0), 11.0 / 3);
  EXPECT_EQ(b.num_channels(), 0u);
  EXPECT_FALSE(observe(a, {1}, {1, 1}));
}

TEST(OrderStatisticsObserver, MeanOverSamplesOfTruncatedPositions) {
  std::vector<float> values(20000);
  std::iota(values.begin(), values.end(), 0.0f);
  OrderStatisticsObserver a(0.0001, 0.9999), b(0.0001, 0.9999);
  ASSERT_TRUE(observe(a, values));
  for (float& v : values) v += 10;
  ASSERT_TRUE(observe(b, values));
  a.merge(b);
  EXPECT_EQ(a.mean_low(), 7.0f);        // 2 and 12
  EXPECT_EQ(a.mean_high(), 20003.0f);   // 19998 and 20008
}

TEST(MagnitudeHistogramObserver, SkipsZerosAndKeepsTheLargestInTheLastBin) {
  MagnitudeHistogramObserver h(2.0f / 2048);
  ASSERT_TRUE(observe(h, {0, 2, -2, 1e-9f}));
  EXPECT_EQ(h.counts()[2047], 2u);
  EXPECT_EQ(h.counts()[0], 1u);
}

}  // namespace
}  // namespace octet
