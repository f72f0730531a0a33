// SPDX-License-Identifier: Apache-2.0
#include "importers/ms/ms_weights.h"

#include <algorithm>

#include "encoding/bit_packing.h"
#include "encoding/fse.h"
#include "encoding/indexing.h"
#include "encoding/rans.h"
#include "encoding/sparse.h"
#include "ir/shape.h"

namespace octet {
namespace {

using msl2::WeightQuantCompressType;
using Bytes = std::vector<std::byte>;
using Codes = std::vector<std::int16_t>;

// What a decoder knows of the tensor.
struct Packed {
  std::span<const std::byte> data;
  DataType type;
  const Shape& shape;
  std::size_t count;
  const QuantParams* quant;
};

Result<Bytes> as_elements(const Codes& codes, DataType type) {
  Bytes bytes(codes.size() * data_type_size(type));
  if (type == DataType::kInt16) {
    const auto source = std::as_bytes(std::span(codes));
    std::copy(source.begin(), source.end(), bytes.begin());
    return bytes;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < INT8_MIN || codes[i] > INT8_MAX)
      return make_error(ErrorCode::kInvalidModel, "holds the code {}, which its type {} does not", codes[i], data_type_name(type));
    bytes[i] = static_cast<std::byte>(codes[i]);
  }
  return bytes;
}

Result<Bytes> codes_as_elements(Result<Codes> codes, DataType type) {
  if (!codes) return std::move(codes).error();
  return as_elements(*codes, type);
}

Result<int> bits_of(const Packed& packed) {
  if (packed.quant == nullptr) return make_error(ErrorCode::kInvalidModel, "is packed and has no quantParams, which say how");
  return packed.quant->bits;
}

Result<Bytes> from_bits(const Packed& packed) {
  OCTET_ASSIGN_OR_RETURN(const int bits, bits_of(packed));
  return codes_as_elements(unpack_bits(packed.data, bits, packed.count), packed.type);
}

Result<Bytes> from_indexing(const Packed& packed) {
  OCTET_ASSIGN_OR_RETURN(const int bits, bits_of(packed));
  return codes_as_elements(decode_indexing(packed.data, bits, packed.count), packed.type);
}

Result<Bytes> from_sparse(const Packed& packed) {
  OCTET_ASSIGN_OR_RETURN(const int bits, bits_of(packed));
  const std::size_t run = packed.quant->per_channel() ? static_cast<std::size_t>(dense_strides(packed.shape)[static_cast<std::size_t>(packed.quant->axis)])
                                                       : packed.count;
  const SparseZeros zeros{packed.quant->zero_point, std::max<std::size_t>(run, 1)};
  return codes_as_elements(decode_sparse(packed.data, bits, packed.count, zeros), packed.type);
}

Result<Bytes> from_fse_int(const Packed& packed) {
  OCTET_RETURN_IF_ERROR(bits_of(packed));
  return codes_as_elements(decode_fse_int(packed.data, packed.count), packed.type);
}

Result<Bytes> from_fse(const Packed& packed) {
  OCTET_ASSIGN_OR_RETURN(const auto values, decode_fse(packed.data, packed.count));
  const auto bytes = std::as_bytes(std::span(values));
  return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> from_fse_infer(const Packed& packed) {
  OCTET_ASSIGN_OR_RETURN(const auto values, decode_fse_infer(packed.data, packed.count));
  const auto bytes = std::as_bytes(std::span(values));
  return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> from_rans(const Packed& packed) {
  OCTET_RETURN_IF_ERROR(bits_of(packed));
  if (packed.type != DataType::kInt8) return make_error(ErrorCode::kInvalidModel, "is {}, expected i8", data_type_name(packed.type));
  RansShape shape{1, 1, packed.count};
  if (packed.quant->per_channel()) {
    const auto axis = static_cast<std::size_t>(packed.quant->axis);
    shape.channels = static_cast<std::size_t>(packed.shape[axis]);
    shape.inner = static_cast<std::size_t>(dense_strides(packed.shape)[axis]);
    shape.outer = packed.count / (shape.channels * shape.inner);
  }
  Bytes bytes(packed.count);
  OCTET_RETURN_IF_ERROR(decode_rans(packed.data, shape, {reinterpret_cast<std::int8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

struct Decoder {
  WeightQuantCompressType type;
  bool gives_codes;  // else float32
  Result<Bytes> (*decode)(const Packed& packed);
};

constexpr Decoder kDecoders[] = {
    {WeightQuantCompressType::INDEXING, true, from_indexing},
    {WeightQuantCompressType::SPARSE, true, from_sparse},
    {WeightQuantCompressType::FSE, false, from_fse},
    {WeightQuantCompressType::BITPACKING, true, from_bits},
    {WeightQuantCompressType::FSE_INT, true, from_fse_int},
    {WeightQuantCompressType::FSE_INFER, false, from_fse_infer},
    {WeightQuantCompressType::OCTET_RANS, true, from_rans},
};

bool has_clusters(const msl2::Tensor& tensor) {
  return tensor.enableHuffmanCode() || (tensor.quantClusters() != nullptr && tensor.quantClusters()->size() > 0);
}

bool is_external(const msl2::Tensor& tensor) { return tensor.externalData() != nullptr && tensor.externalData()->size() > 0; }

}  // namespace

bool is_ms_packed(const msl2::Tensor& tensor) {
  return tensor.weightQuantCompressType() != WeightQuantCompressType::NONE || has_clusters(tensor) || is_external(tensor);
}

Result<Bytes> unpack_ms_weights(const msl2::Tensor& tensor, DataType type, const Shape& shape, const QuantParams* quant) {
  if (has_clusters(tensor)) return make_error(ErrorCode::kUnsupported, "Huffman codes and clusters are not supported");
  if (is_external(tensor)) return make_error(ErrorCode::kUnsupported, "data in another file is not supported");
  const auto packing = tensor.weightQuantCompressType();
  for (const Decoder& decoder : kDecoders) {
    if (decoder.type != packing) continue;
    const bool fits = decoder.gives_codes ? type == DataType::kInt8 || type == DataType::kInt16 : type == DataType::kFloat32;
    if (!fits)
      return make_error(ErrorCode::kInvalidModel, "is {} packed as {}, which holds {}", data_type_name(type),
                        msl2::EnumNameWeightQuantCompressType(packing), decoder.gives_codes ? "i8 and i16" : "f32");
    if (tensor.data() == nullptr) return make_error(ErrorCode::kInvalidModel, "is packed and has no data");
    const auto data = std::as_bytes(std::span(tensor.data()->Data(), tensor.data()->size()));
    return decoder.decode({data, type, shape, static_cast<std::size_t>(*num_elements(shape)), quant});
  }
  return make_error(ErrorCode::kUnsupported, "weights packed as {} ({}) are not supported", static_cast<int>(packing),
                    msl2::EnumNameWeightQuantCompressType(packing));
}

}  // namespace octet
