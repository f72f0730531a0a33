// SPDX-License-Identifier: Apache-2.0
#include "ops/copy.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace octet {
namespace {

using Dims = std::span<const std::int64_t>;

// `size` is a constant in most calls after inlining, which makes memcpy one move.
template <std::size_t kSize>
void copy_row(std::int64_t count, const std::byte* src, std::int64_t src_stride, std::byte* dst, std::int64_t dst_stride) {
  constexpr auto kStep = static_cast<std::int64_t>(kSize);
  for (std::int64_t i = 0; i < count; ++i) std::memcpy(dst + i * dst_stride * kStep, src + i * src_stride * kStep, kSize);
}

void copy_row(std::int64_t count, std::size_t size, const std::byte* src, std::int64_t src_stride, std::byte* dst,
              std::int64_t dst_stride) {
  if (src_stride == 1 && dst_stride == 1) {
    std::memcpy(dst, src, static_cast<std::size_t>(count) * size);
    return;
  }
  switch (size) {
    case 1: return copy_row<1>(count, src, src_stride, dst, dst_stride);
    case 2: return copy_row<2>(count, src, src_stride, dst, dst_stride);
    case 4: return copy_row<4>(count, src, src_stride, dst, dst_stride);
    default: return copy_row<8>(count, src, src_stride, dst, dst_stride);
  }
}

// A transpose, in tiles whose rows and columns stay in the cache.
void copy_transposed(Dims shape, std::size_t size, const std::byte* src, Dims src_strides, std::byte* dst, Dims dst_strides) {
  constexpr std::int64_t kTile = 32;
  const auto step = static_cast<std::int64_t>(size);
  for (std::int64_t r = 0; r < shape[0]; r += kTile) {
    for (std::int64_t c = 0; c < shape[1]; c += kTile) {
      const std::int64_t columns = std::min(kTile, shape[1] - c);
      for (std::int64_t i = r; i < std::min(r + kTile, shape[0]); ++i)
        copy_row(columns, size, src + (i * src_strides[0] + c * src_strides[1]) * step, src_strides[1],
                 dst + (i * dst_strides[0] + c * dst_strides[1]) * step, dst_strides[1]);
    }
  }
}

void copy_dims(Dims shape, std::size_t size, const std::byte* src, Dims src_strides, std::byte* dst, Dims dst_strides) {
  if (shape.size() == 1) return copy_row(shape[0], size, src, src_strides[0], dst, dst_strides[0]);
  if (shape.size() == 2 && src_strides[0] == 1) return copy_transposed(shape, size, src, src_strides, dst, dst_strides);
  const auto step = static_cast<std::int64_t>(size);
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    copy_dims(shape.subspan(1), size, src + i * src_strides[0] * step, src_strides.subspan(1),
              dst + i * dst_strides[0] * step, dst_strides.subspan(1));
  }
}

}  // namespace

Strides broadcast_strides(const Shape& src, const Shape& dst) {
  const Strides dense = dense_strides(src);
  Strides strides(dst.size(), 0);
  const std::size_t lead = dst.size() - src.size();
  for (std::size_t i = 0; i < src.size(); ++i)
    if (src[i] != 1) strides[lead + i] = dense[i];
  return strides;
}

void copy_strided(const Shape& shape, std::size_t element_size, const std::byte* src, const Strides& src_strides,
                  std::byte* dst, const Strides& dst_strides) {
  OCTET_DCHECK(element_size == 1 || element_size == 2 || element_size == 4 || element_size == 8);
  for (const std::int64_t d : shape)
    if (d == 0) return;
  if (shape.empty()) std::memcpy(dst, src, element_size);
  else copy_dims(shape, element_size, src, src_strides, dst, dst_strides);
}

Result<void> expect_same_quant(const ConstView& src, const View& dst) {
  // Floats may carry the parameters of a border beside them.
  if (is_float(src.type) || src.quant == nullptr || dst.quant == nullptr || *src.quant == *dst.quant) return {};
  return make_error(ErrorCode::kUnsupported,
                    "src and dst have different quantization parameters, and this operator moves bytes as they are");
}

}  // namespace octet
