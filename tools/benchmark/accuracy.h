// SPDX-License-Identifier: Apache-2.0
// Comparing outputs with expected ones, with MindSpore Lite's measure.
#ifndef OCTET_TOOLS_BENCHMARK_ACCURACY_H_
#define OCTET_TOOLS_BENCHMARK_ACCURACY_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "octet/result.h"

namespace octet {

struct ExpectedTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

// Text: two lines per output, "name rank d0 d1 ..." and its values, separated by blanks.
// Error: kInvalidData with the line; bounded by the file's size.
Result<std::map<std::string, ExpectedTensor>> read_expected(const std::string& path);

// In percent: elements that differ by more than 1e-8 + 1e-5 |expected| count with their relative error (with the absolute one
// where |expected| is below FLT_EPSILON and the error above 1e-5); the mean is over those elements alone. 0 if none differ.
// NaN or infinity in either gives infinity.
double mean_bias_percent(std::span<const float> values, std::span<const float> expected);

}  // namespace octet

#endif  // OCTET_TOOLS_BENCHMARK_ACCURACY_H_
