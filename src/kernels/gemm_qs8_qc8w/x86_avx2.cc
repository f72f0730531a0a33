// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma. Products of bytes (vpmaddubsw), exact by x86_avx2_bytes.h, or of int16 pairs (vpmaddwd).
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_bytes.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_tile.h"
#include "kernels/gemm_qs8_qc8w/x86_avx2_words.h"

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
  panel.words_bias[position] = static_cast<std::int32_t>(bias - static_cast<std::uint32_t>(args.src_zero_point) * sum);
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

// Scratch: the rows of a block, then residuals if they are bytes, or a panel's weights if they are words.
constexpr std::size_t kMostRows = 96;

std::size_t byte_row_bytes(std::size_t k_total) { return round_up(k_total, 32); }
std::size_t word_row_bytes(std::size_t k_total) { return round_up(k_total, 32) * 2; }

std::size_t block_rows(std::size_t k_total) {
  constexpr std::size_t kBlockBytes = 128 * 1024;  // a quarter of the second-level cache
  const std::size_t rows = kBlockBytes / byte_row_bytes(k_total) / kMr * kMr;
  return rows < kMr ? kMr : (rows > kMostRows ? kMostRows : rows);
}

// Beyond so many, int16 products are faster: measured on Zen 3 between one in 400 values (24 columns) and one in 60
// (256).
std::size_t max_residuals(std::size_t num_rows, std::size_t k_total) { return num_rows * k_total / 128 + 16; }

std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
  const std::size_t k_total = k * taps, rows = block_rows(k_total);
  const std::size_t bytes = rows * byte_row_bytes(k_total) + max_residuals(rows, k_total) * sizeof(Residual);
  const std::size_t words = rows * word_row_bytes(k_total) + groups_of(k_total) * kNr * 8;
  return bytes > words ? bytes : words;
}

struct Products;

// A block of rows, ready to be multiplied.
struct Block {
  const Products* products;
  std::size_t m, num_rows;  // of args
  std::byte* rows;
  std::size_t stride;            // bytes from row to row
  std::int32_t sums[kMostRows];  // of each row's values as they are multiplied
  // Of bytes:
  std::int32_t terms[kMostRows];             // 128 * sums: what weights + 128 add
  const Residual* residuals[kMostRows + 1];  // where each row's begin
};

// A way of forming products.
struct Products {
  // Readies block.num_rows rows. False: they do not suit these products.
  bool (*make)(const GemmQs8Args& args, Block& block);
  const TileFunction (*tiles)[kMr + 1];
  bool of_words;
};

// Row m, where make_bytes gathered it if there are offsets.
SourceRow source_row(const GemmQs8Args& args, std::size_t m, const std::byte* gathered) {
  const std::size_t k_total = args.k * args.taps;
  if (args.offsets == nullptr) return {args.src + m * args.src_stride, (args.m - 1 - m) * args.src_stride + k_total};
  return {reinterpret_cast<const std::int8_t*>(gathered), byte_row_bytes(k_total)};
}

template <typename Row, bool kWithSums, bool kLowered = true>
bool make_bytes(const GemmQs8Args& args, Block& block) {
  const std::size_t k_total = args.k * args.taps, num_rows = block.num_rows;
  block.stride = byte_row_bytes(k_total);
  std::byte* row = block.rows;
  auto* residual = reinterpret_cast<Residual*>(row + block_rows(k_total) * block.stride);
  const Residual* const end = residual + max_residuals(num_rows, k_total);
  // All rows before any is read again: vectors that are loaded over several stores just made wait for these.
  if (args.offsets != nullptr) {
    gather_bytes(args, block.m, num_rows, reinterpret_cast<std::int8_t*>(row), block.stride);
  }
  for (std::size_t r = 0; r < num_rows; ++r, row += block.stride) {
    block.residuals[r] = residual;
    const PreparedRow prepared =
        prepare_row<Row, kWithSums, kLowered>(source_row(args, block.m + r, row), k_total, row, residual, end);
    if (prepared.residuals == nullptr) return false;
    residual = prepared.residuals;
    if constexpr (!kWithSums) continue;
    block.sums[r] = prepared.sum;
    block.terms[r] = static_cast<std::int32_t>(static_cast<std::uint32_t>(prepared.sum) * 128u);
  }
  block.residuals[num_rows] = residual;
  return true;
}

bool make_words(const GemmQs8Args& args, Block& block) {
  const std::size_t k_total = args.k * args.taps;
  block.stride = word_row_bytes(k_total);
  auto* const words = reinterpret_cast<std::int16_t*>(block.rows);
  const std::size_t stride = block.stride / sizeof(*words);
  widen_rows(args, block.m, block.num_rows, words, stride);
  if (reinterpret_cast<const Header*>(args.packed)->has_weights_zero_point == 0) return true;
  for (std::size_t r = 0; r < block.num_rows; ++r) block.sums[r] = sum_of_words(words + r * stride, k_total);
  return true;
}

constexpr Products kWords = {make_words, kTiles<WordProducts>, true};
constexpr Products kUnsignedRows = {make_bytes<UnsignedRow, false>, kTiles<UnsignedRowProducts>, false};
constexpr Products kUnsignedRowsWithSums = {make_bytes<UnsignedRow, true>, kTiles<UnsignedRowProducts>, false};
constexpr Products kSignedRows = {make_bytes<SignedRow, true>, kTiles<SignedRowProducts>, false};
constexpr Products kSplitUnsignedRows = {make_bytes<UnsignedRow, true, false>,
                                         kTilesOfFewRows<SplitPairProducts<UnsignedRowProducts>>, false};
constexpr Products kSplitSignedRows = {make_bytes<SignedRow, true, false>,
                                       kTilesOfFewRows<SplitPairProducts<SignedRowProducts>>, false};

// For any rows. Few rows are not worth that weights are widened.
const Products& products_of_any_rows(const Header& header, std::size_t num_rows) {
  if (num_rows > kFewRows) return kWords;
  return header.weights_are_unsigned != 0 ? kSplitSignedRows : kSplitUnsignedRows;
}

const Products& byte_products(const Header& header) {
  if (header.weights_are_unsigned != 0) return kSignedRows;
  return header.has_weights_zero_point != 0 ? kUnsignedRowsWithSums : kUnsignedRows;
}

// Even if rows suit bytes: these ask more of each row, words of each product. Measured on Zen 3; where rows are
// gathered the limit is twice as high.
bool words_are_faster(const GemmQs8Args& args) {
  constexpr std::size_t kLeastRows = 2 * kMr, kMostProducts = 1536;  // of a row
  const std::size_t products = args.k * args.taps * (args.n_end - args.n_begin);
  return args.m >= kLeastRows && products <= (args.offsets != nullptr ? 2 : 1) * kMostProducts;
}

// A panel of the packed weights.
struct PackedPanel {
  const Panel* head;
  const std::byte* weights;
  std::size_t columns;
  std::int8_t flip;  // to be xored with the weights

  PackedPanel(const GemmQs8Args& args, std::size_t n) {
    const auto& header = *reinterpret_cast<const Header*>(args.packed);
    const std::byte* packed = args.packed + sizeof(Header) + n / kNr * panel_bytes(args.k * args.taps);
    head = reinterpret_cast<const Panel*>(packed);
    weights = packed + sizeof(Panel);
    columns = panel_columns(header.n, n);
    flip = header.weights_are_unsigned != 0 ? -128 : 0;
  }
};

// init = bias + what the residuals contribute.
void add_residuals(const Residual* begin, const Residual* end, const PackedPanel& panel, std::int32_t* init) {
  const std::size_t vectors = panel.columns / 8;
  auto* acc = reinterpret_cast<__m256i*>(init);
  for (std::size_t j = 0; j < vectors; ++j)
    acc[j] = _mm256_load_si256(reinterpret_cast<const __m256i*>(panel.head->bias) + j);
  const __m256i flip = _mm256_set1_epi8(panel.flip);
  for (const Residual* residual = begin; residual != end; ++residual) {
    const auto k = static_cast<std::size_t>(residual->k);
    const auto* group = reinterpret_cast<const __m256i*>(panel.weights + k / 4 * 32 * vectors);
    const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(24 - k % 4 * 8));
    const __m256i value = _mm256_set1_epi32(residual->value);
    for (std::size_t j = 0; j < vectors; ++j) {
      const __m256i weights =
          _mm256_srai_epi32(_mm256_sll_epi32(_mm256_xor_si256(_mm256_load_si256(group + j), flip), shift), 24);
      const __m256i zero_points =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(panel.head->weights_zero_point) + j);
      acc[j] = _mm256_add_epi32(acc[j], _mm256_mullo_epi32(_mm256_sub_epi32(weights, zero_points), value));
    }
  }
}

// The panel as a tile takes it, from the first row of the block on.
Tile first_tile(const GemmQs8Args& args, const Block& block, const PackedPanel& panel, std::size_t n,
                const Requantize& requantize) {
  const std::size_t k_total = args.k * args.taps;
  const auto& header = *reinterpret_cast<const Header*>(args.packed);
  Tile t{};
  t.rows = block.rows;
  t.row_bytes = block.stride;
  if (block.products->of_words) {
    std::byte* const words = block.rows + block_rows(k_total) * block.stride;
    widen_weights(panel.weights, groups_of(k_total), panel.columns / 8, panel.flip, words);
    t.weights = words;
    t.groups = (k_total + 1) / 2;
    t.init = panel.head->words_bias;
  } else {
    t.weights = panel.weights;
    t.groups = groups_of(k_total);
    t.init = panel.head->bias;
    if (header.weights_are_unsigned != 0) t.row_terms = block.terms;
  }
  if (header.has_weights_zero_point != 0) t.row_sums = block.sums;
  t.panel = panel.head;
  t.unclamped = header.unclamped != 0;
  t.requantize = &requantize;
  t.dst_stride = args.dst_stride;
  if (args.acc != nullptr) {
    t.acc = args.acc + block.m * args.dst_stride + n;
  } else {
    t.dst = args.dst + block.m * args.dst_stride + n;
  }
  return t;
}

// A tile of a panel with columns beyond those wanted.
void run_partial_tile(TileFunction run, const Tile& t, std::size_t rows, std::size_t wanted) {
  alignas(32) std::int8_t staged[kMr][kNr];
  alignas(32) std::int32_t staged_acc[kMr][kNr];
  Tile all = t;
  all.dst = staged[0];
  all.acc = t.acc != nullptr ? staged_acc[0] : nullptr;
  all.dst_stride = kNr;
  run(all, 1);
  for (std::size_t r = 0; r < rows; ++r) {
    if (t.acc != nullptr) {
      __builtin_memcpy(t.acc + r * t.dst_stride, staged_acc[r], wanted * sizeof(*t.acc));
    } else {
      __builtin_memcpy(t.dst + r * t.dst_stride, staged[r], wanted);
    }
  }
}

// Rows [begin, end) of a block times a panel: tiles of MR rows, or one by one, if each starts from its own residuals or
// has columns that are not wanted.
struct PanelProduct {
  const Block& block;
  const PackedPanel& panel;
  std::size_t wanted;
  bool any_residuals;
  const TileFunction* functions;

  void run(Tile& t, std::size_t begin, std::size_t rows, std::size_t tiles) const {
    if (wanted == panel.columns && !any_residuals) return functions[rows](t, tiles);
    const std::int32_t* const bias = t.init;
    alignas(32) std::int32_t corrected[kMr][kNr];
    for (; tiles > 0; --tiles, begin += rows) {
      const Residual* const* residuals = block.residuals + begin;
      const bool any = any_residuals && residuals[0] != residuals[rows];
      for (std::size_t r = 0; any && r < rows; ++r) add_residuals(residuals[r], residuals[r + 1], panel, corrected[r]);
      t.init = any ? corrected[0] : bias;
      t.init_stride = any ? kNr : 0;
      if (wanted == panel.columns) {
        functions[rows](t, 1);
      } else {
        run_partial_tile(functions[rows], t, rows, wanted);
        t.advance(rows);
      }
    }
    t.init = bias;
    t.init_stride = 0;
  }
};

// All rows of a block times the panel at column n.
void multiply_panel(const GemmQs8Args& args, const Block& block, std::size_t n, const Requantize& requantize) {
  const PackedPanel panel(args, n);
  Tile t = first_tile(args, block, panel, n, requantize);
  const PanelProduct product = {block, panel, args.n_end - n < panel.columns ? args.n_end - n : panel.columns,
                                !block.products->of_words && block.residuals[0] != block.residuals[block.num_rows],
                                block.products->tiles[panel.columns == kNr]};
  // Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1.
  const std::size_t tiles = (block.num_rows + kMr - 1) / kMr;
  const std::size_t height = block.num_rows / tiles, higher_tiles = block.num_rows % tiles;
  if (higher_tiles > 0) product.run(t, 0, height + 1, higher_tiles);
  product.run(t, higher_tiles * (height + 1), height, tiles - higher_tiles);
}

// After a block of rows that did not suit bytes, so many more are not tried: large values come together.
constexpr std::size_t kBlocksOfAnyRows = 7;

void gemm(const GemmQs8Args& args) {
  const auto& header = *reinterpret_cast<const Header*>(args.packed);
  const std::size_t most_rows = block_rows(args.k * args.taps);
  const Products& preferred = words_are_faster(args) ? kWords : byte_products(header);
  const Requantize requantize(args.output);
  Block block;
  block.rows = args.scratch;
  std::size_t blocks_to_come = 0;
  for (block.m = 0; block.m < args.m; block.m += most_rows) {
    block.num_rows = args.m - block.m < most_rows ? args.m - block.m : most_rows;
    block.products = blocks_to_come > 0 ? &products_of_any_rows(header, block.num_rows) : &preferred;
    if (blocks_to_come > 0) --blocks_to_come;
    if (!block.products->make(args, block)) {
      block.products = &products_of_any_rows(header, block.num_rows);
      block.products->make(args, block);
      blocks_to_come = kBlocksOfAnyRows;
    }
    // The rows stay in the cache while the panels pass.
    for (std::size_t n = args.n_begin; n < args.n_end; n += kNr) multiply_panel(args, block, n, requantize);
  }
}

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx2 = {
    "gemm_qs8_qc8w_6x16c4__avx2", Isa::kAvx2, kMr, kNr, packed_bytes, pack, scratch_bytes, gemm};

}  // namespace octet
