// SPDX-License-Identifier: Apache-2.0
// Float weights as integers of 1 to 16 bits: as MindSpore Lite makes them, and Octet's own way.
#ifndef OCTET_QUANTIZERS_WEIGHT_INTEGER_WEIGHTS_H_
#define OCTET_QUANTIZERS_WEIGHT_INTEGER_WEIGHTS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "quantizers/weight/weight_tensors.h"

namespace octet {

struct IntegerWeights {
  std::vector<std::int16_t> codes;  // in the order of the weights
  QuantParams quant;                // one entry per channel of the layout
};

// As MindSpore Lite 2.0.0. For each channel, with lo = min(min w, 0) and hi = max(max w, lo + 1e-10, 0) in float32:
//   scale = (hi - lo) / (2^bits - 1), a float32,  zero_point = round(-2^(bits-1) - lo / scale)
//   q = clamp(round(w / scale + zero_point), -2^(bits-1), 2^(bits-1) - 1)
// round is half away from zero. With correct (and several channels), from mean and standard deviation of the channel before
// and after: var_correction = std(w) / std(dequantized) if that is in (0, 10), else 1;
//   mean_correction = mean(w) - mean(dequantized) * var_correction
IntegerWeights quantize_like_mindspore(std::span<const float> weights, const ChannelLayout& layout, int bits, bool correct);

// Octet's own: for each channel the steps that lose least, by mean squared error.
// From 8 bits on: scale is the least that reaches all weights, enlarged to the next of 16 steps per power of two, and
// zero_point one of 16, 0 unless another makes the scale finer: so channels share their parameters, and a file holds each
// once. With correct, a few codes are rounded the other way, so that the
// mean of the channel stays.
// Below: real = scale * q + mean_correction with the scale and offset of least squares for the codes, and the codes nearest to
// the weights, in turn until nothing changes, from several widths of the range; then the scale becomes the nearest of
// those 16, the offset a multiple of an eighth of it. Without `correct` an offset is a whole number of steps, the zero point.
IntegerWeights quantize_weights_closely(std::span<const float> weights, const ChannelLayout& layout, int bits, bool correct);

// (q - zero_point) * scale * var_correction + mean_correction: of element i, which lies in channel c, and of all.
inline float dequantized(const IntegerWeights& integers, std::size_t i, std::size_t c) {
  const QuantParams& quant = integers.quant;
  const float real = static_cast<float>(integers.codes[i] - quant.zero_point[c]) * quant.scale[c];
  return quant.corrected() ? real * quant.var_correction[c] + quant.mean_correction[c] : real;
}
std::vector<float> dequantized(const IntegerWeights& integers, const ChannelLayout& layout);

}  // namespace octet

#endif  // OCTET_QUANTIZERS_WEIGHT_INTEGER_WEIGHTS_H_
