// SPDX-License-Identifier: Apache-2.0
// How far a tensor is from its reference.
#ifndef OCTET_ANALYSIS_METRICS_H_
#define OCTET_ANALYSIS_METRICS_H_

#include <cstddef>
#include <span>
#include <vector>

namespace octet {

// a . b / (|a| |b|), in double. 1 if both are (almost) all zeros, 0 if one is. NaN if a value is.
double cosine_similarity(std::span<const float> a, std::span<const float> b);

// max |value - reference| / max |reference|; 0 if both are all zeros, infinity if only the reference is.
double relative_error(std::span<const float> values, std::span<const float> reference);

// Indices of the k largest values, largest first; the smaller index first among equals, NaN last.
std::vector<std::size_t> top_k(std::span<const float> values, std::size_t k);

}  // namespace octet

#endif  // OCTET_ANALYSIS_METRICS_H_
