// SPDX-License-Identifier: Apache-2.0
// How the values of a tensor are spread.
#ifndef OCTET_ANALYSIS_DISTRIBUTION_H_
#define OCTET_ANALYSIS_DISTRIBUTION_H_

#include <span>

namespace octet {

// Which values the quartiles q = 1/4, 1/2 and 3/4 of n values are.
enum class Quartiles {
  kInterpolated,  // between two of the sorted values: linear, at position (n - 1) q
  kOriginal,      // MindSpore Lite 2.0.0: value number floor(n q), counted from 0, of the first value followed by the others sorted
};

struct Distribution {
  float min = 0, q1 = 0, median = 0, q3 = 0, max = 0;
  double mean = 0, standard_deviation = 0;
  double sparsity = 0;  // share of exact zeros
};

// All zero for no values.
Distribution describe(std::span<const float> values, Quartiles quartiles = Quartiles::kInterpolated);

// The share of values outside [min, max].
double clipped_share(std::span<const float> values, float min, float max);

}  // namespace octet

#endif  // OCTET_ANALYSIS_DISTRIBUTION_H_
