// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma. Products of bytes (vpmaddubsw), exact by x86_avx2_rows.h, or of int16 pairs (vpmaddwd).
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_rows.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_tile.h"

namespace octet {
namespace {

// Packed: a Header, then for each panel of 16 columns (the last one: of 8, if that is enough) a Panel and its weights
// [groups of 4 k][columns][4], 0x80 added to all bytes if these are the unsigned operand. Columns past n and values
// past k are weights of 0.
struct alignas(64) Header {
  std::size_t n;
  std::int32_t has_weights_zero_point;
  std::int32_t weights_are_unsigned;
  std::int32_t unclamped;  // all scales are at most kMaxUnclampedScale
};

// The value that stands for a real 0 should be near 0 in the operand's form: then large pairs are seldom.
constexpr std::int32_t kLeastSignedZeroPoint = -64;

std::size_t groups_of(std::size_t k_total) { return (k_total + 3) / 4; }

std::size_t panel_columns(std::size_t n, std::size_t n0) { return n - n0 <= kNr / 2 ? kNr / 2 : kNr; }

std::size_t column_of(std::size_t position, std::size_t columns) {
  return columns < kNr ? position : (position & 3) | (position & 4) << 1 | (position & 8) >> 1;
}

std::size_t panel_bytes(std::size_t k_total) { return sizeof(Panel) + groups_of(k_total) * kNr * 4; }

std::size_t packed_bytes(std::size_t n, std::size_t k, std::size_t taps) {
  return sizeof(Header) + (n + kNr - 1) / kNr * panel_bytes(k * taps);
}

// Writes the weights of a column, `flip` xored; returns their sum. Neighbours of k lie side by side.
std::uint32_t pack_weights(const std::int8_t* weights, std::size_t k_total, std::size_t columns, std::int8_t flip,
                           std::int8_t* out) {
  const auto flips = static_cast<std::uint32_t>(static_cast<std::uint8_t>(flip)) * 0x01010101u;
  const __m128i offset = _mm_set1_epi8(-128);
  __m128i sums = _mm_setzero_si128();  // of weights + 128
  std::size_t k = 0;
  for (; k + 16 <= k_total; k += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + k));
    sums = _mm_add_epi64(sums, _mm_sad_epu8(_mm_xor_si128(bytes, offset), _mm_setzero_si128()));
    for (std::size_t i = 0; i < 16; i += 4) {
      std::uint32_t group;
      __builtin_memcpy(&group, weights + k + i, 4);
      group ^= flips;
      __builtin_memcpy(out + (k + i) * columns, &group, 4);
    }
  }
  auto sum = static_cast<std::uint32_t>(_mm_cvtsi128_si32(sums)) +
             static_cast<std::uint32_t>(_mm_extract_epi32(sums, 2)) - 128u * static_cast<std::uint32_t>(k);
  for (; k < k_total; ++k) {
    out[k / 4 * columns * 4 + k % 4] = static_cast<std::int8_t>(weights[k] ^ flip);
    sum += static_cast<std::uint32_t>(weights[k]);
  }
  return sum;
}

// The same for any stride between neighbours of k.
std::uint32_t pack_strided_weights(const std::int8_t* weights, std::size_t k_stride, std::size_t k_total,
                                   std::size_t columns, std::int8_t flip, std::int8_t* out) {
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < k_total; ++k) {
    const std::int8_t weight = weights[k * k_stride];
    out[k / 4 * columns * 4 + k % 4] = static_cast<std::int8_t>(weight ^ flip);
    sum += static_cast<std::uint32_t>(weight);
  }
  return sum;
}

void pack_column(const GemmQs8PackArgs& args, std::size_t n, std::size_t position, std::size_t columns,
                 bool weights_are_unsigned, Panel& panel, std::int8_t* out) {
  const std::size_t k_total = args.k * args.taps;
  const std::int8_t* weights = args.weights + n * args.n_stride;
  const auto flip = static_cast<std::int8_t>(weights_are_unsigned ? -128 : 0);
  out += position * 4;
  std::uint32_t sum = args.k_stride == 1 ? pack_weights(weights, k_total, columns, flip, out)
                                         : pack_strided_weights(weights, args.k_stride, k_total, columns, flip, out);
  const std::int32_t zero_point = args.weights_zero_point != nullptr ? args.weights_zero_point[n] : 0;
  sum -= static_cast<std::uint32_t>(k_total) * static_cast<std::uint32_t>(zero_point);
  const auto bias = static_cast<std::uint32_t>(args.bias != nullptr ? args.bias[n] : 0);
  // What real zero is in the source's operand.
  const auto zero = static_cast<std::uint32_t>(args.src_zero_point + (weights_are_unsigned ? 0 : 128));
  panel.bias[position] = static_cast<std::int32_t>(bias - zero * sum);
  panel.scale[position] = args.scale[n];
  panel.offset[position] = requantize_offset(args.scale[n]);
  panel.weights_zero_point[position] = zero_point;
}

void pack(const GemmQs8PackArgs& args, std::byte* packed) {
  const std::size_t bytes = panel_bytes(args.k * args.taps);
  __builtin_memset(packed, 0, packed_bytes(args.n, args.k, args.taps));
  auto& header = *reinterpret_cast<Header*>(packed);
  header.n = args.n;
  header.has_weights_zero_point = args.weights_zero_point != nullptr;
  header.weights_are_unsigned = args.src_zero_point >= kLeastSignedZeroPoint;
  header.unclamped = 1;
  for (std::size_t n = 0; n < args.n; ++n) header.unclamped &= args.scale[n] <= kMaxUnclampedScale;
  packed += sizeof(Header);
  for (std::size_t n0 = 0; n0 < args.n; n0 += kNr, packed += bytes) {
    auto& panel = *reinterpret_cast<Panel*>(packed);
    auto* weights = reinterpret_cast<std::int8_t*>(packed + sizeof(Panel));
    if (header.weights_are_unsigned) __builtin_memset(weights, 0x80, bytes - sizeof(Panel));
    const std::size_t columns = panel_columns(args.n, n0);
    for (std::size_t position = 0; position < columns; ++position) {
      const std::size_t n = n0 + column_of(position, columns);
      if (n < args.n) pack_column(args, n, position, columns, header.weights_are_unsigned != 0, panel, weights);
    }
  }
}

// Scratch: the rows of a block as bytes or words, what there is to know of each, residuals.
constexpr std::size_t kMostRows = 96;

std::size_t row_bytes(std::size_t k_total) { return round_up(k_total, 32); }

std::size_t block_rows(std::size_t k_total) {
  constexpr std::size_t kBlockBytes = 128 * 1024;  // a quarter of the second-level cache
  const std::size_t rows = kBlockBytes / row_bytes(k_total) / kMr * kMr;
  return rows < kMr ? kMr : (rows > kMostRows ? kMostRows : rows);
}

// Each residual costs as much as some 7 values of k, and int16 products a quarter more than those of bytes.
std::size_t max_residuals(std::size_t k_total) { return block_rows(k_total) * (k_total / 32 + 1) + 16; }

std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
  const std::size_t k_total = k * taps;
  return block_rows(k_total) * row_bytes(k_total) * 2 + max_residuals(k_total) * sizeof(Residual);
}

// A block of rows, ready to be multiplied.
struct Block {
  std::byte* rows;
  std::size_t stride;  // bytes from row to row
  Products products;
  std::int32_t sums[kMostRows];              // of each row's values
  std::int32_t terms[kMostRows];             // 128 * sums: what weights + 128 add
  const Residual* residuals[kMostRows + 1];  // where each row's begin
};

// Through offsets: gathers all rows, at `first` and every `stride` bytes. All before any is read again: vectors that
// are loaded over several stores just made wait for these.
void gather_block(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, std::byte* first, std::size_t stride) {
  if (args.offsets != nullptr) gather_rows(args, m, num_rows, reinterpret_cast<std::int8_t*>(first), stride);
}

// Row m, where gather_block put it if there are offsets.
SourceRow source_row(const GemmQs8Args& args, std::size_t m, const std::byte* gathered) {
  const std::size_t k_total = args.k * args.taps;
  if (args.offsets == nullptr) return {args.src + m * args.src_stride, (args.m - 1 - m) * args.src_stride + k_total};
  return {reinterpret_cast<const std::int8_t*>(gathered), row_bytes(k_total)};
}

template <typename Row, bool kWithSums>
bool prepare_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, Block& block) {
  const std::size_t k_total = args.k * args.taps;
  block.stride = row_bytes(k_total);
  std::byte* row = block.rows;
  auto* residual = reinterpret_cast<Residual*>(args.scratch + block_rows(k_total) * block.stride * 2);
  const Residual* const end = residual + max_residuals(k_total);
  gather_block(args, m, num_rows, row, block.stride);
  for (std::size_t r = 0; r < num_rows; ++r, row += block.stride) {
    block.residuals[r] = residual;
    const PreparedRow prepared = prepare_row<Row, kWithSums>(source_row(args, m + r, row), k_total, row, residual, end);
    if (prepared.residuals == nullptr) return false;
    residual = prepared.residuals;
    if constexpr (!kWithSums) continue;
    block.sums[r] = prepared.sum;
    block.terms[r] = static_cast<std::int32_t>(static_cast<std::uint32_t>(prepared.sum) * 128u);
  }
  block.residuals[num_rows] = residual;
  return true;
}

template <typename Row, bool kWithSums>
void widen_rows(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, Block& block) {
  const std::size_t k_total = args.k * args.taps;
  block.stride = row_bytes(k_total) * 2;
  std::byte* row = block.rows;
  // In the second halves of the rows, which are overwritten after they are read.
  std::byte* gathered = row + row_bytes(k_total);
  gather_block(args, m, num_rows, gathered, block.stride);
  for (std::size_t r = 0; r < num_rows; ++r, row += block.stride, gathered += block.stride) {
    block.sums[r] = widen_row<Row, kWithSums>(source_row(args, m + r, gathered), k_total, row);
    block.residuals[r] = nullptr;
  }
  block.residuals[num_rows] = nullptr;
}

template <typename Row, bool kWithSums>
void make_block(const GemmQs8Args& args, std::size_t m, std::size_t num_rows, Products products, Block& block) {
  block.rows = args.scratch;
  block.products = products;
  if (products != Products::kWords && prepare_rows<Row, kWithSums>(args, m, num_rows, block)) return;
  block.products = Products::kWords;
  widen_rows<Row, kWithSums>(args, m, num_rows, block);
}

// init = bias + what the residuals contribute.
void add_residuals(const Residual* begin, const Residual* end, const Tile& t, std::size_t vectors, std::int32_t* init) {
  auto* acc = reinterpret_cast<__m256i*>(init);
  for (std::size_t j = 0; j < vectors; ++j)
    acc[j] = _mm256_load_si256(reinterpret_cast<const __m256i*>(t.panel->bias) + j);
  const __m256i flip = _mm256_set1_epi8(t.weights_are_unsigned ? -128 : 0);
  for (const Residual* residual = begin; residual != end; ++residual) {
    const auto k = static_cast<std::size_t>(residual->k);
    const auto* group = reinterpret_cast<const __m256i*>(t.weights + k / 4 * 32 * vectors);
    const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(24 - k % 4 * 8));
    const __m256i value = _mm256_set1_epi32(residual->value);
    for (std::size_t j = 0; j < vectors; ++j) {
      const __m256i weights =
          _mm256_srai_epi32(_mm256_sll_epi32(_mm256_xor_si256(_mm256_load_si256(group + j), flip), shift), 24);
      const __m256i zero_points = _mm256_load_si256(reinterpret_cast<const __m256i*>(t.panel->weights_zero_point) + j);
      acc[j] = _mm256_add_epi32(acc[j], _mm256_mullo_epi32(_mm256_sub_epi32(weights, zero_points), value));
    }
  }
}

const TileFunction* tiles_of(Products products, bool wide) {
  switch (products) {
    case Products::kSrcUnsigned:
      return kTiles<Products::kSrcUnsigned>[wide];
    case Products::kWeightsUnsigned:
      return kTiles<Products::kWeightsUnsigned>[wide];
    case Products::kWords:
      return kTiles<Products::kWords>[wide];
  }
  return nullptr;
}

// All rows of a block times the panel at column n.
void multiply_panel(const GemmQs8Args& args, const Block& block, std::size_t m, std::size_t num_rows, std::size_t n,
                    const Requantize& requantize) {
  const std::size_t k_total = args.k * args.taps;
  const auto& header = *reinterpret_cast<const Header*>(args.packed);
  const std::byte* packed = args.packed + sizeof(Header) + n / kNr * panel_bytes(k_total);
  const std::size_t columns = panel_columns(header.n, n), vectors = columns / 8;
  Tile t{};
  t.row_bytes = block.stride;
  t.groups = groups_of(k_total);
  t.panel = reinterpret_cast<const Panel*>(packed);
  t.weights = reinterpret_cast<const std::int8_t*>(packed + sizeof(Panel));
  t.weights_are_unsigned = header.weights_are_unsigned != 0;
  t.unclamped = header.unclamped != 0;
  const std::size_t wanted = args.n_end - n < columns ? args.n_end - n : columns;
  // Of a panel with columns that are not wanted.
  alignas(32) std::int8_t staged[kMr][kNr];
  alignas(32) std::int32_t staged_acc[kMr][kNr];
  t.dst_stride = wanted == columns ? args.dst_stride : kNr;
  t.requantize = &requantize;
  const TileFunction* functions = tiles_of(block.products, vectors == 2);
  alignas(32) std::int32_t corrected[kMr][kNr];
  const std::size_t tiles = (num_rows + kMr - 1) / kMr;
  for (std::size_t i = 0; i < tiles; ++i) {
    // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
    const std::size_t begin = num_rows * i / tiles, end = num_rows * (i + 1) / tiles;
    const bool any_residuals = block.residuals[begin] != block.residuals[end];
    for (std::size_t r = 0; any_residuals && r < end - begin; ++r) {
      add_residuals(block.residuals[begin + r], block.residuals[begin + r + 1], t, vectors, corrected[r]);
    }
    t.init = any_residuals ? corrected[0] : t.panel->bias;
    t.init_stride = any_residuals ? kNr : 0;
    t.rows = block.rows + begin * block.stride;
    t.row_terms = block.products == Products::kWeightsUnsigned ? block.terms + begin : nullptr;
    t.row_sums = header.has_weights_zero_point != 0 ? block.sums + begin : nullptr;
    std::int8_t* dst = args.acc != nullptr ? nullptr : args.dst + (m + begin) * args.dst_stride + n;
    t.dst = wanted == columns ? dst : staged[0];
    std::int32_t* acc = args.acc == nullptr ? nullptr : args.acc + (m + begin) * args.dst_stride + n;
    t.acc = acc == nullptr || wanted == columns ? acc : staged_acc[0];
    functions[end - begin](t);
    if (wanted == columns) continue;
    for (std::size_t r = 0; r < end - begin; ++r) {
      if (acc != nullptr) {
        __builtin_memcpy(acc + r * args.dst_stride, staged_acc[r], wanted * sizeof(*acc));
      } else {
        __builtin_memcpy(dst + r * args.dst_stride, staged[r], wanted);
      }
    }
  }
}

using MakeBlock = void (*)(const GemmQs8Args&, std::size_t, std::size_t, Products, Block&);

MakeBlock block_maker(const Header& header) {
  if (header.weights_are_unsigned != 0) return make_block<SignedRow, true>;
  return header.has_weights_zero_point != 0 ? make_block<UnsignedRow, true> : make_block<UnsignedRow, false>;
}

// After a block of rows that needed words, so many more are not tried as bytes: large values come together.
constexpr std::size_t kBlocksOfWords = 7;

void gemm(const GemmQs8Args& args) {
  const auto& header = *reinterpret_cast<const Header*>(args.packed);
  const Products byte_products = header.weights_are_unsigned != 0 ? Products::kWeightsUnsigned : Products::kSrcUnsigned;
  const MakeBlock make = block_maker(header);
  const Requantize requantize(args.output);
  const std::size_t most_rows = block_rows(args.k * args.taps);
  Block block;
  std::size_t blocks_of_words = 0;  // to come
  for (std::size_t m = 0; m < args.m; m += most_rows) {
    const std::size_t rows = args.m - m < most_rows ? args.m - m : most_rows;
    make(args, m, rows, blocks_of_words > 0 ? Products::kWords : byte_products, block);
    blocks_of_words =
        blocks_of_words > 0 ? blocks_of_words - 1 : (block.products == Products::kWords ? kBlocksOfWords : 0);
    // The rows stay in the cache while the panels pass.
    for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) multiply_panel(args, block, m, rows, n, requantize);
  }
}

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx2 = {
    "gemm_qs8_qc8w_6x16c4__avx2", Isa::kAvx2, kMr, kNr, packed_bytes, pack, scratch_bytes, gemm};

}  // namespace octet
