// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/range_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "quantizers/full/range_methods.h"

namespace octet {
namespace {

struct Data {
  RangeObserver range;
  HistogramObserver histogram;

  explicit Data(const std::vector<float>& values) {
    const Shape shape = {static_cast<std::int64_t>(values.size())};
    EXPECT_TRUE(range.observe({DataType::kFloat32, &shape, values.data(), nullptr}));
    EXPECT_TRUE(histogram.observe({DataType::kFloat32, &shape, values.data(), nullptr}));
  }
  TensorRange full() const { return {range.min(), range.max()}; }
  TensorStatistics statistics() const { return {&range, &histogram}; }
};

// Bell-shaped, with an outlier 40 standard deviations away.
std::vector<float> bell_with_outlier() {
  std::mt19937 random(1);
  std::vector<float> values;
  std::normal_distribution<float> bell(0, 1);
  for (int i = 0; i < 10000; ++i) values.push_back(bell(random));
  values.push_back(40);
  return values;
}

constexpr RangeMethod kMethods[] = {RangeMethod::kMinMax, RangeMethod::kMeanMinMax, RangeMethod::kPercentile,
                                    RangeMethod::kMse,    RangeMethod::kKl,         RangeMethod::kRemovalOutlier};

TEST(MseRange, GivesUpAnOutlierForAFinerStep) {
  const Data data(bell_with_outlier());
  // With 15 steps the finer one saves more than one outlier of 10,001 values costs: the optimum is near a fifth of 40.
  const TensorRange range = mse_range(data.histogram, data.full(), 15, false);
  EXPECT_LT(range.max, 15);
  EXPECT_LT(range.min, -1);
  EXPECT_GE(range.min, data.full().min);
}

TEST(MseRange, KeepsWhatIsEvenlySpread) {
  std::vector<float> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(static_cast<float>(i) / 1000);
  const Data data(values);
  EXPECT_EQ(mse_range(data.histogram, data.full(), 255, false), (TensorRange{0, 1}));
}

TEST(PercentileRange, CutsTheShareItIsTold) {
  std::vector<float> values;
  for (int i = 1; i <= 10000; ++i) values.push_back(static_cast<float>(i));
  const Data data(values);
  EXPECT_NEAR(percentile_range(data.histogram, data.full(), 0.01).max, 9900, 5);
  EXPECT_EQ(percentile_range(data.histogram, data.full(), 0.0).max, 10000);
}

// The original's KL leaves a tenth of such a range (8 samples of a layer with 10 outputs).
TEST(RangeMethods, SmallTensorsDoNotCollapse) {
  const Data data({-2.7f, -1.2f, 0.05f, 0.5f, 1.7f, -0.4f, 0.9f, 1.1f, -2.0f, 0.3f});
  for (const RangeMethod method : kMethods) {
    const TensorRange range = range_by(method, data.statistics(), 255, false);
    EXPECT_LT(range.min, -2.5f) << range_method_name(method);
    EXPECT_GT(range.max, 1.6f) << range_method_name(method);
  }
}

TEST(RangeMethods, OneSidedDataKeepAOneSidedRange) {
  std::vector<float> values = bell_with_outlier();
  for (float& v : values) v = std::max(v, 0.0f);
  const Data data(values);
  for (const RangeMethod method : kMethods) {
    EXPECT_EQ(range_by(method, data.statistics(), 255, false).min, 0) << range_method_name(method);
    EXPECT_GT(range_by(method, data.statistics(), 255, false).max, 2.5f) << range_method_name(method);
  }
}

TEST(RangeMethods, ConstantsAndZerosAreFine) {
  for (const std::vector<float>& values : {std::vector<float>{0, 0, 0}, std::vector<float>{3, 3}, std::vector<float>{-1}}) {
    const Data data(values);
    for (const RangeMethod method : kMethods) {
      const TensorRange range = range_by(method, data.statistics(), 255, false);
      EXPECT_LE(range.min, values[0]) << range_method_name(method);
      EXPECT_GE(range.max, values[0]) << range_method_name(method);
    }
  }
}

TEST(RangeMethods, SymmetricSearchesCountBothSides) {
  std::vector<float> values = bell_with_outlier();
  const Data data(values);
  const TensorRange range = mse_range(data.histogram, data.full(), 14, true);
  EXPECT_LT(range.max, 20);
  EXPECT_LE(std::abs(range.min), range.max);
}

TEST(KlRange, IsNeverNarrowerThanTheLeastSquaredError) {
  const Data data(bell_with_outlier());
  const TensorRange kl = kl_range(data.histogram, data.full(), 255, false), mse = mse_range(data.histogram, data.full(), 255, false);
  EXPECT_LE(kl.min, mse.min);
  EXPECT_GE(kl.max, mse.max);
}

}  // namespace
}  // namespace octet
