// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/range_methods.h"

#include <algorithm>

#include "base/error.h"

namespace octet {
namespace {

TensorRange full_range(const TensorStatistics& s) { return {s.range->min(), s.range->max()}; }

TensorRange min_max(const TensorStatistics& s, int, bool) { return full_range(s); }

TensorRange mean_min_max(const TensorStatistics& s, int, bool) { return {s.range->mean_min(), s.range->mean_max()}; }

TensorRange percentile(const TensorStatistics& s, int, bool) { return percentile_range(*s.histogram, full_range(s), 1e-5); }

TensorRange mse(const TensorStatistics& s, int levels, bool symmetric) {
  return mse_range(*s.histogram, full_range(s), levels, symmetric);
}

TensorRange kl(const TensorStatistics& s, int levels, bool symmetric) {
  return kl_range(*s.histogram, full_range(s), levels, symmetric);
}

// A ten-thousandth of a small tensor is no value at all, and of a tensor that is mostly tail it is the answer itself.
TensorRange removal_outlier(const TensorStatistics& s, int levels, bool symmetric) {
  return span(percentile_range(*s.histogram, full_range(s), 1e-4), mse(s, levels, symmetric));
}

struct Method {
  RangeMethod method;
  std::string_view name;
  bool needs_histogram;
  TensorRange (*range)(const TensorStatistics& statistics, int levels, bool symmetric);
};

constexpr Method kMethods[] = {
    {RangeMethod::kMinMax, "MAX_MIN", false, min_max},
    {RangeMethod::kMeanMinMax, "MEAN_MIN_MAX", false, mean_min_max},
    {RangeMethod::kPercentile, "PERCENTILE", true, percentile},
    {RangeMethod::kMse, "MSE", true, mse},
    {RangeMethod::kKl, "KL", true, kl},
    {RangeMethod::kRemovalOutlier, "REMOVAL_OUTLIER", true, removal_outlier},
    {RangeMethod::kBest, "best", true, nullptr},
};

const Method& find_method(RangeMethod method) {
  return *std::find_if(std::begin(kMethods), std::end(kMethods), [&](const Method& m) { return m.method == method; });
}

}  // namespace

std::string_view range_method_name(RangeMethod method) { return find_method(method).name; }

bool needs_histogram(RangeMethod method) { return find_method(method).needs_histogram; }

TensorRange range_by(RangeMethod method, const TensorStatistics& statistics, int levels, bool symmetric) {
  OCTET_CHECK(method != RangeMethod::kBest);
  return find_method(method).range(statistics, levels, symmetric);
}

}  // namespace octet
