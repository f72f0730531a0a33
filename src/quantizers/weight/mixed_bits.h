// SPDX-License-Identifier: Apache-2.0
// Mixed bits: each tensor (or channel) gets the step that makes its relative error what is wanted; an entropy coder then gives
// it as many bits as it needs.
#ifndef OCTET_QUANTIZERS_WEIGHT_MIXED_BITS_H_
#define OCTET_QUANTIZERS_WEIGHT_MIXED_BITS_H_

#include <optional>

#include "quantizers/weight/integer_weights.h"

namespace octet {

struct MixedBitOptions {
  double relative_error;  // sqrt(sum of squared errors / sum of squared weights), in (0, 1)
  bool correct = true;
};

// q = round(w / scale), zero point 0, with a scale per channel: the largest for which each channel's relative error is at most
// relative_error (searched to 1 %, then made one of the shared scales), or a finer one where 16 bits would not hold the codes. quant.bits is what the widest
// code needs. Channels of different spread thus lose the same share, where one scale for all would starve the small ones.
std::optional<IntegerWeights> mix_bits(std::span<const float> weights, const ChannelLayout& layout, const MixedBitOptions& options);

// One scale for the whole tensor, as MindSpore Lite: bisection from (max - min) * relative_error on until the relative error of
// the tensor, mean and standard deviation restored, is within 1 % of the wanted one; q = floor(w / scale + 0.5). With correct, they
// are restored in the result, too. Nothing if that does not come out smaller than float32.
std::optional<IntegerWeights> mix_bits_like_mindspore(std::span<const float> weights, const ChannelLayout& layout,
                                                      const MixedBitOptions& options);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_MIXED_BITS_H_
