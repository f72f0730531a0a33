// SPDX-License-Identifier: Apache-2.0
// The range of a tensor from its histogram: how much of the tails to give up for a finer step.
#ifndef OCTET_QUANTIZERS_FULL_RANGE_SEARCH_H_
#define OCTET_QUANTIZERS_FULL_RANGE_SEARCH_H_

#include "calibration/histogram_observer.h"

namespace octet {

struct TensorRange {
  float min = 0.0f, max = 0.0f;
  bool operator==(const TensorRange&) const = default;
};

TensorRange span(const TensorRange& a, const TensorRange& b);  // the least range that holds both

// All functions: `full` are the extremes of all values; the result lies inside it, holds 0, and ends at `full` where cutting
// gains nothing. `levels`: steps of the quantized number, 255 for int8. Deterministic; a tie goes to the wider range.

// Without the values beyond the quantiles `tail` and 1 - `tail`.
TensorRange percentile_range(const HistogramObserver& histogram, const TensorRange& full, double tail);

// With the least expected squared error: (max - min)^2 / (12 levels^2) for each value inside, the squared distance to the
// range for each outside. `symmetric`: of ranges [-m, m].
TensorRange mse_range(const HistogramObserver& histogram, const TensorRange& full, int levels, bool symmetric);

// With the least Kullback-Leibler divergence between the histogram, its tails moved into the last bins, and what is left of it
// when it is quantized (Migacz 2017, TensorRT's int8 talk), searched at both ends of the data, and never narrower than
// mse_range(): with few values the divergence of a narrow range is that of an empty histogram, which is none.
TensorRange kl_range(const HistogramObserver& histogram, const TensorRange& full, int levels, bool symmetric);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_FULL_RANGE_SEARCH_H_
