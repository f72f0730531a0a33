// SPDX-License-Identifier: Apache-2.0
// How the values of a tensor are spread.
#ifndef OCTET_ANALYSIS_DISTRIBUTION_H_
#define OCTET_ANALYSIS_DISTRIBUTION_H_

#include <span>

namespace octet {

struct Distribution {
  float min = 0, q1 = 0, median = 0, q3 = 0, max = 0;  // quartiles between values: linear, at position (n - 1) q
  double mean = 0, standard_deviation = 0;
  double sparsity = 0;  // share of exact zeros
};

// All zero for no values.
Distribution describe(std::span<const float> values);

// The share of values outside [min, max].
double clipped_share(std::span<const float> values, float min, float max);

}  // namespace octet

#endif  // OCTET_ANALYSIS_DISTRIBUTION_H_
