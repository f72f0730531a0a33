// SPDX-License-Identifier: Apache-2.0
// How a tensor's range follows from its statistics: one line of a table per method.
#ifndef OCTET_QUANTIZERS_FULL_RANGE_METHODS_H_
#define OCTET_QUANTIZERS_FULL_RANGE_METHODS_H_

#include <span>
#include <string_view>

#include "quantizers/full/range_search.h"

namespace octet {

enum class RangeMethod {
  kMinMax,          // extremes over all samples
  kMeanMinMax,      // mean over samples of each sample's extremes
  kPercentile,      // without the outermost 0.001 % of all values at each end
  kMse,             // least squared error
  kKl,              // least divergence, never narrower than kMse
  kRemovalOutlier,  // without the outermost 0.01 %, never narrower than kMse
  kBest,            // several of the above are tried, and the one whose outputs come closest to the float ones is taken
};

std::string_view range_method_name(RangeMethod method);  // as in the configuration file: "MAX_MIN"

bool needs_histogram(RangeMethod method);

// What calibration knows of one tensor.
struct TensorStatistics {
  const RangeObserver* range = nullptr;
  const HistogramObserver* histogram = nullptr;  // null if no method needs one
};

// `method` is not kBest. `levels`: steps of the quantized number, 255 for int8.
TensorRange range_by(RangeMethod method, const TensorStatistics& statistics, int levels, bool symmetric);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_RANGE_METHODS_H_
