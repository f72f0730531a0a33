// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_RUNTIME_OPERATORS_WEIGHT_ROWS_H_
#define OCTET_RUNTIME_OPERATORS_WEIGHT_ROWS_H_

#include "ir/tensor.h"

namespace octet {

// Constant integer weights (int8 or int16) as a matrix [rows, row_size], whose leading dimensions are the rows. Their
// parameters are those of the whole, or of the indices of one of the leading dimensions.
class WeightRows {
 public:
  WeightRows(const Tensor& tensor, std::size_t rows);

  std::size_t row_size() const { return row_size_; }
  std::size_t channel(std::size_t row) const { return quant_.per_channel() ? row / rows_per_channel_ % quant_.scale.size() : 0; }
  float scale(std::size_t row) const { return quant_.scale[channel(row)]; }
  void dequantize(std::size_t row, float* dst) const;

 private:
  template <typename T>
  void dequantize_as(std::size_t row, float* dst) const;

  ConstantData data_;  // shares the graph's
  bool is_int8_;
  QuantParams quant_;
  std::size_t row_size_;
  std::size_t rows_per_channel_ = 1;  // one after the other
};

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_WEIGHT_ROWS_H_
