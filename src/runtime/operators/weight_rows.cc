// SPDX-License-Identifier: Apache-2.0
#include "runtime/operators/weight_rows.h"

#include "ir/shape.h"

namespace octet {

WeightRows::WeightRows(const Tensor& tensor, std::size_t rows)
    : data_(tensor.data),
      is_int8_(tensor.type == DataType::kInt8),
      quant_(*tensor.quant),
      row_size_(static_cast<std::size_t>(*num_elements(tensor.shape)) / rows) {
  if (!quant_.per_channel()) return;
  const auto stride = static_cast<std::size_t>(dense_strides(tensor.shape)[static_cast<std::size_t>(quant_.axis)]);
  rows_per_channel_ = stride / row_size_;
}

void WeightRows::dequantize(std::size_t row, float* dst) const {
  if (is_int8_)
    dequantize_as<std::int8_t>(row, dst);
  else
    dequantize_as<std::int16_t>(row, dst);
}

template <typename T>
void WeightRows::dequantize_as(std::size_t row, float* dst) const {
  const T* q = reinterpret_cast<const T*>(data_.bytes().data()) + row * row_size_;
  const std::size_t c = channel(row);
  const float scale = quant_.scale[c];
  const std::int32_t zero_point = quant_.zero_point[c];
  for (std::size_t i = 0; i < row_size_; ++i) dst[i] = static_cast<float>(q[i] - zero_point) * scale;
  if (!quant_.corrected()) return;
  const float var = quant_.var_correction[c], mean = quant_.mean_correction[c];
  for (std::size_t i = 0; i < row_size_; ++i) dst[i] = dst[i] * var + mean;
}

}  // namespace octet
