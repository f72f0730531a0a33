// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/ms_weights.h"

#include <algorithm>

#include "encoding/bit_packing.h"
#include "encoding/fse.h"
#include "encoding/indexing.h"
#include "encoding/rans.h"
#include "encoding/sparse.h"
#include "exporters/ms/ms_writer.h"

namespace octet {
namespace {

using msl2::WeightQuantCompressType;

std::vector<std::int16_t> codes_of(const Tensor& weights) {
  if (weights.type == DataType::kInt16) {
    const auto values = weights.values<std::int16_t>();
    return {values.begin(), values.end()};
  }
  const auto values = weights.values<std::int8_t>();
  return {values.begin(), values.end()};
}

SparseZeros zeros_of(const Tensor& weights, std::size_t count) {
  const QuantParams& quant = *weights.quant;
  if (!quant.per_channel()) return {quant.zero_point, std::max<std::size_t>(count, 1)};
  return {quant.zero_point, static_cast<std::size_t>(dense_strides(weights.shape)[static_cast<std::size_t>(quant.axis)])};
}

// One line per encoding, the simplest first: of equal sizes the first is taken.
struct Encoder {
  WeightQuantCompressType type;
  bool (*applies)(const Tensor& weights, const MsExportOptions& options);
  Result<std::vector<std::byte>> (*encode)(const Tensor& weights, const std::vector<std::int16_t>& codes);
  std::size_t (*num_bytes)(const Tensor& weights, const std::vector<std::int16_t>& codes) = nullptr;  // where that is known without encoding
};

bool encodes(const Tensor&, const MsExportOptions& options) { return options.encode; }
bool is_partial(const Tensor& weights, const MsExportOptions& options) {
  return options.encode && weights.quant->bits != 8 && weights.quant->bits != 16;
}
bool uses_fse(const Tensor& weights, const MsExportOptions& options) {
  return options.encode && options.fse && weights.type == DataType::kInt16 && !weights.quant->per_channel() && weights.quant->zero_point[0] == 0;
}
bool uses_fse_int(const Tensor&, const MsExportOptions& options) { return options.encode && options.fse_int; }

bool uses_rans(const Tensor& weights, const MsExportOptions& options) {
  return options.encode && options.octet_rans && weights.type == DataType::kInt8;
}

RansShape rans_shape(const Tensor& weights, std::size_t count) {
  if (!weights.quant->per_channel()) return {1, 1, count};
  const auto axis = static_cast<std::size_t>(weights.quant->axis);
  const auto channels = static_cast<std::size_t>(weights.shape[axis]);
  const auto inner = static_cast<std::size_t>(dense_strides(weights.shape)[axis]);
  return {count / (channels * inner), channels, inner};
}

constexpr Encoder kEncoders[] = {
    {WeightQuantCompressType::INDEXING, encodes,
     [](const Tensor& w, const std::vector<std::int16_t>& codes) -> Result<std::vector<std::byte>> {
       return encode_indexing(codes, w.quant->bits);
     },
     [](const Tensor& w, const std::vector<std::int16_t>& codes) { return indexing_bytes(codes, w.quant->bits); }},
    {WeightQuantCompressType::SPARSE, encodes,
     [](const Tensor& w, const std::vector<std::int16_t>& codes) -> Result<std::vector<std::byte>> {
       return encode_sparse(codes, w.quant->bits, zeros_of(w, codes.size()));
     },
     [](const Tensor& w, const std::vector<std::int16_t>& codes) {
       return sparse_bytes(codes, w.quant->bits, zeros_of(w, codes.size()));
     }},
    {WeightQuantCompressType::BITPACKING, is_partial,
     [](const Tensor& w, const std::vector<std::int16_t>& codes) -> Result<std::vector<std::byte>> {
       return pack_bits(codes, w.quant->bits);
     }},
    {WeightQuantCompressType::FSE_INT, uses_fse_int,
     [](const Tensor&, const std::vector<std::int16_t>& codes) { return encode_fse_int(codes); }},
    {WeightQuantCompressType::OCTET_RANS, uses_rans,
     [](const Tensor& w, const std::vector<std::int16_t>& codes) {
       return encode_rans(w.values<std::int8_t>(), rans_shape(w, codes.size()));
     }},
};

// Values of a table: of weights without zero point and corrections, scale * code + offset.
struct TableValues {
  double scale, offset;
};
TableValues table_values(const QuantParams& quant) {
  const double scale = quant.scale[0] * (quant.corrected() ? quant.var_correction[0] : 1.0);
  return {scale, (quant.corrected() ? quant.mean_correction[0] : 0.0) - scale * quant.zero_point[0]};
}

}  // namespace

PackedWeights pack_ms_weights(const Tensor& weights, const MsExportOptions& options, bool while_running) {
  PackedWeights best{WeightQuantCompressType::NONE, ms_data_type(weights.type), weights.data.borrow()};
  if (weights.quant->bits > 16 || weights.data.empty()) return best;
  const std::vector<std::int16_t> codes = codes_of(weights);
  if (uses_fse(weights, options)) {  // alone: beside a single parameter the original's runtime ignores corrections
    const TableValues values = table_values(*weights.quant);
    if (auto data = encode_fse(codes, values.scale, values.offset))
      return {WeightQuantCompressType::FSE, msl2::DataType::Float32, SharedBytes(std::move(*data)), /*has_params=*/false};
  }
  if (while_running && options.encode && options.fse_infer > 0 && weights.quant->bits < 8 && !weights.quant->per_channel()) {
    const TableValues values = table_values(*weights.quant);
    if (auto data = encode_fse_infer(codes, values.scale, values.offset, options.fse_infer))
      return {WeightQuantCompressType::FSE_INFER, msl2::DataType::Float32, SharedBytes(std::move(*data)), /*has_params=*/false};
  }
  for (const Encoder& encoder : kEncoders) {
    if (!encoder.applies(weights, options)) continue;
    if (encoder.num_bytes != nullptr && encoder.num_bytes(weights, codes) >= best.data.bytes().size()) continue;
    auto data = encoder.encode(weights, codes);
    if (!data || data->size() >= best.data.bytes().size()) continue;  // what an encoding cannot hold, another does
    best.type = encoder.type;
    best.data = SharedBytes(std::move(*data));
  }
  return best;
}

}  // namespace octet
