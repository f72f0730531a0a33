// SPDX-License-Identifier: Apache-2.0
// The kernel for tiles of AMX; Tiles executes them (x86_amx.h). Two by two tiles of sums, up to 32 rows by 32 columns,
// take 64 values of k at a time. tdpbssd multiplies signed bytes, so rows are read where they are; what a step reads
// beyond a row's end meets weights of zero. Windows are read in place, too, from a padded copy of the image's rows. While the tiles of one block of sums multiply, vectors requantize the block before. Only for kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AMX_TILES_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AMX_TILES_H_

#include "kernels/gemm_qs8_qc8w/x86_vnni512.h"
#include "kernels/x86_amx.h"

namespace octet {
namespace {

constexpr std::size_t kStep = kTileRowBytes;  // values of k, where there are as many
constexpr std::size_t kMr = 2 * kTileRows;
constexpr std::size_t kPairColumns = 2 * kNr;  // of two panels, which are multiplied together

// The sums of a block: [rows][2 panels][16].
struct alignas(64) Sums {
  std::int32_t values[kMr][kPairColumns];
};

// Rows that are multiplied, in one run of values or in several; each may be read up to the next whole step.
struct TileRows {
  const std::int8_t* src;  // first row
  std::size_t stride;
  std::size_t runs;
  std::size_t steps;        // of a run
  std::size_t step_values;  // of one
  const std::int32_t* run_at;  // from src
  const std::int32_t* sums;     // of the rows' values, or null without zero points of weights
  const std::int32_t* dst_at;  // where each row's results go (kNowhere: nowhere), or null: to row after row
};
constexpr std::int32_t kNowhere = -1;

// One or two panels, as many as there are columns for.
struct Panels {
  const std::byte* first;
  std::size_t stride;
  std::size_t columns;  // 1 to 32
  bool is_wide() const { return columns > kNr; }
  const Panel& panel(std::size_t i) const { return *reinterpret_cast<const Panel*>(first + i * stride); }
  const std::byte* weights(std::size_t i) const { return first + i * stride + sizeof(Panel); }
};

// A block of sums on its way to the result, in groups of four vectors.
struct Finish {
  void (*run)(const Finish&, std::size_t begin, std::size_t end);  // groups
  const Sums* sums;
  Panels panels;
  std::size_t rows;
  const std::int32_t* row_sums;  // or null
  std::int8_t* dst;              // of the block's first element; or acc is it
  std::int32_t* acc;
  std::size_t dst_stride;
  const std::int32_t* dst_at;  // as in TileRows
  const RequantizeBytes* requantize;
  std::size_t groups = 0;
};

// Row r's sums of panel p, the weights' zero points taken off.
__m512i sums_of(const Finish& f, std::size_t r, std::size_t p) {
  const __m512i acc = _mm512_load_si512(f.sums->values[r] + p * kNr);
  if (f.row_sums == nullptr) return acc;
  const __m512i zero_points = _mm512_load_si512(f.panels.panel(p).weights_zero_point);
  return _mm512_sub_epi32(acc, _mm512_mullo_epi32(_mm512_set1_epi32(f.row_sums[r]), zero_points));
}

// A group is a row.
void write_accumulators(const Finish& f, std::size_t begin, std::size_t end) {
  for (std::size_t r = begin; r < end; ++r) {
    for (std::size_t p = 0; p * kNr < f.panels.columns; ++p) {
      const std::size_t left = f.panels.columns - p * kNr;
      const auto mask = static_cast<__mmask16>((1u << (left < kNr ? left : kNr)) - 1);
      _mm512_mask_storeu_epi32(f.acc + r * f.dst_stride + p * kNr, mask, sums_of(f, r, p));
    }
  }
}

// Two panels: a group is two rows. An object, so that what is constant stays in registers between the groups.
template <bool kHasZeroPoints, bool kAnyScale, bool kPositive, bool kIsScattered>
class RequantizeWide {
 public:
  explicit RequantizeWide(const Finish& finish)
      : f_(finish),
        requantize_(*finish.requantize),
        scale_{_mm512_load_ps(f_.panels.panel(0).scale), _mm512_load_ps(f_.panels.panel(1).scale)},
        offset_{_mm512_load_ps(f_.panels.panel(0).offset), _mm512_load_ps(f_.panels.panel(1).offset)},
        mask_(f_.panels.columns == kPairColumns ? ~__mmask32{0} : (__mmask32{1} << f_.panels.columns) - 1),
        dst_(f_.dst),
        dst_stride_(f_.dst_stride),
        dst_at_(f_.dst_at),
        rows_(f_.rows) {}

  [[gnu::always_inline]] inline void run(std::size_t begin, std::size_t end) const {
    for (std::size_t r = 2 * begin; r < 2 * end; r += 2) {
      const std::size_t next = r + 1 < rows_ ? r + 1 : r;
      const __m512i bytes = requantize_.bytes_in_order(rounded(r, 0), rounded(r, 1), rounded(next, 0), rounded(next, 1));
      store(r, _mm512_castsi512_si256(bytes));
      if (next != r) store(next, _mm512_extracti64x4_epi64(bytes, 1));
    }
  }

 private:
  [[gnu::always_inline]] inline __m512i rounded(std::size_t r, std::size_t p) const {
    const __m512i acc = kHasZeroPoints ? sums_of(f_, r, p) : _mm512_load_si512(f_.sums->values[r] + p * kNr);
    return RequantizeBytes::rounded<kPositive, kAnyScale>(acc, scale_[p], offset_[p]);
  }

  [[gnu::always_inline]] inline void store(std::size_t r, __m256i bytes) const {
    if constexpr (kIsScattered) {
      if (dst_at_[r] != kNowhere) _mm256_mask_storeu_epi8(dst_ + dst_at_[r], mask_, bytes);
    } else {
      _mm256_mask_storeu_epi8(dst_ + r * dst_stride_, mask_, bytes);
    }
  }

  const Finish& f_;
  RequantizeBytes requantize_;
  __m512 scale_[2], offset_[2];
  __mmask32 mask_;
  std::int8_t* dst_;
  std::size_t dst_stride_;
  const std::int32_t* dst_at_;
  std::size_t rows_;
};

template <bool kHasZeroPoints, bool kAnyScale, bool kPositive, bool kIsScattered>
void requantize_wide(const Finish& f, std::size_t begin, std::size_t end) {
  RequantizeWide<kHasZeroPoints, kAnyScale, kPositive, kIsScattered>(f).run(begin, end);
}

// Whatever the block before needs; most need RequantizeWide without zero points and with small scales, which is built in
// where this is not.
struct AnyFinish {
  const Finish& f;
  explicit AnyFinish(const Finish& finish) : f(finish) {}
  void run(std::size_t begin, std::size_t end) const { f.run(f, begin, end); }
};

// One panel: a group is four rows.
template <bool kHasZeroPoints, bool kAnyScale, bool kPositive, bool kIsScattered>
void requantize_narrow(const Finish& f, std::size_t begin, std::size_t end) {
  const RequantizeBytes& requantize = *f.requantize;
  const __m512 scale = _mm512_load_ps(f.panels.panel(0).scale), offset = _mm512_load_ps(f.panels.panel(0).offset);
  const auto rounded = [&](std::size_t r) {
    if (r >= f.rows) r = f.rows - 1;
    const __m512i acc = kHasZeroPoints ? sums_of(f, r, 0) : _mm512_load_si512(f.sums->values[r]);
    return RequantizeBytes::rounded<kPositive, kAnyScale>(acc, scale, offset);
  };
  const auto mask = static_cast<__mmask16>((1u << f.panels.columns) - 1);
  const auto store = [&](std::size_t r, __m128i bytes) {
    if (r >= f.rows) return;
    if constexpr (kIsScattered) {
      if (f.dst_at[r] != kNowhere) _mm_mask_storeu_epi8(f.dst + f.dst_at[r], mask, bytes);
    } else {
      _mm_mask_storeu_epi8(f.dst + r * f.dst_stride, mask, bytes);
    }
  };
  for (std::size_t r = 4 * begin; r < 4 * end; r += 4) {
    const __m512i bytes = requantize.bytes_in_order(rounded(r), rounded(r + 1), rounded(r + 2), rounded(r + 3));
    store(r, _mm512_castsi512_si128(bytes));
    store(r + 1, _mm512_extracti32x4_epi32(bytes, 1));
    store(r + 2, _mm512_extracti32x4_epi32(bytes, 2));
    store(r + 3, _mm512_extracti32x4_epi32(bytes, 3));
  }
}

// Tiles 0 to 3 are the sums (row of tiles, then column), 4 and 5 rows, 6 and 7 weights.
TileConfig config_of(std::size_t num_rows, std::size_t step_values) {
  const std::size_t first = num_rows < kTileRows ? num_rows : kTileRows;
  TileConfig config;
  for (const int tile : {0, 1}) config.set(tile, first, kTileRowBytes);
  for (const int tile : {2, 3}) config.set(tile, num_rows - first, kTileRowBytes);
  config.set(4, first, step_values);
  config.set(5, num_rows - first, step_values);
  for (const int tile : {6, 7}) config.set(tile, step_values / 4, 4 * kNr);
  return config;
}

// kTall: more than 16 rows. kWide: two panels. Sums begin with the bias and go to `to`, rows `to_stride` values apart.
// Between the products `before` is finished.
template <typename Tiles, bool kTall, bool kWide, typename FinishBefore>
void multiply(const TileRows& rows, const Panels& panels, std::int32_t* to, std::size_t to_stride,
              const Finish& before) {
  Tiles::template load<0>(panels.panel(0).bias, 0);
  if constexpr (kWide) Tiles::template load<1>(panels.panel(1).bias, 0);
  if constexpr (kTall) Tiles::template load<2>(panels.panel(0).bias, 0);
  if constexpr (kTall && kWide) Tiles::template load<3>(panels.panel(1).bias, 0);
  // Products of tiles and vectors' work alternate: the processor looks only some hundred instructions ahead.
  constexpr std::size_t kProducts = (kTall ? 2 : 1) * (kWide ? 2 : 1);
  const std::size_t products = kProducts * rows.runs * rows.steps;
  const std::size_t groups_at_once = products == 0 ? 0 : (before.groups + products - 1) / products;
  const std::size_t groups = before.groups;
  const FinishBefore finish(before);
  std::size_t group = 0;
  const auto finish_some = [&]() __attribute__((always_inline)) {
    if (group >= groups) return;
    const std::size_t end = group + groups_at_once < groups ? group + groups_at_once : groups;
    finish.run(group, end);
    group = end;
  };
  const std::byte* weights = panels.weights(0);
  const std::size_t step_bytes = rows.step_values * kNr;  // of a panel's weights
  for (std::size_t run = 0; run < rows.runs; ++run) {
    const std::int8_t* src = rows.src + rows.run_at[run];
    for (std::size_t step = 0; step < rows.steps; ++step, src += rows.step_values, weights += step_bytes) {
      Tiles::template load<4>(src, rows.stride);
      Tiles::template load<6>(weights, 4 * kNr);
      Tiles::template multiply<0, 4, 6>();
      finish_some();
      if constexpr (kWide) {
        Tiles::template load<7>(weights + panels.stride, 4 * kNr);
        Tiles::template multiply<1, 4, 7>();
        finish_some();
      }
      if constexpr (kTall) {
        Tiles::template load<5>(src + kTileRows * rows.stride, rows.stride);
        Tiles::template multiply<2, 5, 6>();
        finish_some();
      }
      if constexpr (kTall && kWide) {
        Tiles::template multiply<3, 5, 7>();
        finish_some();
      }
    }
  }
  if (group < groups) before.run(before, group, groups);
  const std::size_t stride_bytes = to_stride * sizeof(std::int32_t);
  Tiles::template store<0>(to, stride_bytes);
  if constexpr (kWide) Tiles::template store<1>(to + kNr, stride_bytes);
  if constexpr (kTall) Tiles::template store<2>(to + kTileRows * to_stride, stride_bytes);
  if constexpr (kTall && kWide) Tiles::template store<3>(to + kTileRows * to_stride + kNr, stride_bytes);
}

template <typename Tiles>
struct AmxGemm : QuadPanels<kStep, true> {
  // So few rows are faster with vectors: tiles load all weights for few products.
  static constexpr std::size_t kFewRows = 2;
  using FewRows = ShiftedGemm<Vnni512, kStep>;

  static constexpr std::size_t kMostRows = 15 * kMr;  // of a gathered block
  static constexpr std::int32_t kFromTheStart[1] = {0};

  // An odd number of cache lines: sixteen rows of a tile shall not meet in one set of the cache.
  static std::size_t row_stride(std::size_t k_total) { return round_up(k_total, 64) | 64; }

  static std::size_t block_rows(std::size_t k_total) {
    constexpr std::size_t kBlockBytes = 256 * 1024;  // an eighth of the second-level cache
    const std::size_t rows = kBlockBytes / row_stride(k_total) / kMr * kMr;
    return rows < kMr ? kMr : (rows > kMostRows ? kMostRows : rows);
  }

  // Scratch: rows that are not read in place, then the sums of each row's values. Copying writes whole vectors.
  static std::size_t gathered_bytes(std::size_t k_total) { return block_rows(k_total) * row_stride(k_total) + 64; }
  static std::size_t scratch_bytes(std::size_t k, std::size_t taps) {
    const std::size_t values = AmxGemm::padded_values(k, taps);
    const std::size_t bytes = gathered_bytes(values) + block_rows(values) * sizeof(std::int32_t);
    const std::size_t few_rows_bytes = taps > 1 ? 0 : FewRows::scratch_bytes(k, taps);
    return bytes > few_rows_bytes ? bytes : few_rows_bytes;
  }

  // The runs of values that rows are packed in: the rows of windows, or all values.
  struct Runs {
    std::size_t num, values;
    explicit Runs(const GemmQs8Args& args)
        : num(args.window == nullptr ? 1 : args.taps / args.run_taps), values(args.k * args.taps / num) {}
    std::size_t step_values() const { return AmxGemm::step_of(values); }
    std::size_t stride() const { return AmxGemm::padded(values); }
    std::size_t steps() const { return values == 0 ? 0 : stride() / step_values(); }
    std::size_t padded_values() const { return num * stride(); }

    std::int32_t sum_of(const std::int8_t* row) const {
      std::int32_t sum = 0;
      for (std::size_t r = 0; r < num; ++r, row += stride())
        for (std::size_t i = 0; i < values; ++i) sum += row[i];
      return sum;
    }
  };

  // What is the same for all blocks of sums of a call.
  struct Product {
    const GemmQs8Args& args;
    Runs runs;
    std::size_t height;  // rows of a block of sums
    std::size_t panel_stride;
    bool has_zero_points;
    using Multiply = decltype(&multiply<Tiles, false, false, AnyFinish>);

    // What is done with sums of one and of two panels, and the products that have the latter built in ([tall][wide]).
    struct Functions {
      decltype(Finish::run) finish[2];
      const Multiply (*multiply)[2];
    };
    template <typename FinishBefore>
    static constexpr Multiply kMultiply[2][2] = {
        {multiply<Tiles, false, false, FinishBefore>, multiply<Tiles, false, true, FinishBefore>},
        {multiply<Tiles, true, false, FinishBefore>, multiply<Tiles, true, true, FinishBefore>}};
    template <bool kPositive, bool kIsScattered>
    static constexpr Functions kReady = {{requantize_narrow<false, false, kPositive, kIsScattered>, requantize_wide<false, false, kPositive, kIsScattered>},
                                         kMultiply<RequantizeWide<false, false, kPositive, kIsScattered>>};
    template <bool kHasZeroPoints, bool kIsScattered>
    static constexpr Functions kSlow = {{requantize_narrow<kHasZeroPoints, true, false, kIsScattered>, requantize_wide<kHasZeroPoints, true, false, kIsScattered>},
                                        kMultiply<AnyFinish>};
    static constexpr Functions kAccumulators = {{write_accumulators, write_accumulators}, kMultiply<AnyFinish>};

    static const Functions& functions_for(const GemmQs8Args& args, bool is_scattered) {
      const auto& header = *reinterpret_cast<const Header*>(args.packed);
      if (args.acc != nullptr) return kAccumulators;
      if (header.has_weights_zero_point != 0) return kSlow<true, false>;
      if (header.scales_are_at_most_half == 0) return is_scattered ? kSlow<false, true> : kSlow<false, false>;
      if (RequantizeBytes::is_positive(args.output)) return is_scattered ? kReady<true, true> : kReady<true, false>;
      return is_scattered ? kReady<false, true> : kReady<false, false>;
    }

    const Functions& functions;
    RequantizeBytes requantize;
    Sums sums[2];  // one is finished while the other one fills
    Finish pending{};
    std::size_t turn = 0;

    // Blocks of up to 32 of `num_rows` rows. is_scattered: rows say where their results go.
    Product(const GemmQs8Args& gemm_args, std::size_t num_rows, bool is_scattered)
        : args(gemm_args),
          runs(gemm_args),
          panel_stride(AmxGemm::panel_bytes(runs.values, runs.num)),
          has_zero_points(reinterpret_cast<const Header*>(gemm_args.packed)->has_weights_zero_point != 0),
          functions(functions_for(gemm_args, is_scattered)),
          requantize(gemm_args.output) {
      const std::size_t tiles = (num_rows + kMr - 1) / kMr;
      height = (num_rows + tiles - 1) / tiles;
    }

    Panels panels(std::size_t n) const {
      const std::size_t left = args.n_end - n;
      return {args.packed + sizeof(Header) + n / kNr * panel_stride, panel_stride, left < kPairColumns ? left : kPairColumns};
    }

    // `rows` times the columns from n on; the first row's results, if not scattered, are row m of the product.
    void multiply_block(std::size_t m, std::size_t n, const TileRows& rows) {
      const Panels here = panels(n);
      const bool is_ready = pending.groups > 0 && pending.panels.is_wide();
      const Multiply function = (is_ready ? functions.multiply : kMultiply<AnyFinish>)[height > kTileRows][here.is_wide()];
      const std::size_t at = m * args.dst_stride + n;
      if (args.acc != nullptr && !has_zero_points && here.columns % kNr == 0) {
        function(rows, here, args.acc + at, args.dst_stride, pending);
        pending.groups = 0;
        return;
      }
      Sums& to = sums[turn ^= 1];
      function(rows, here, to.values[0], kPairColumns, pending);
      const std::size_t rows_of_group = args.acc != nullptr ? 1 : (here.is_wide() ? 2 : 4);
      pending = {.run = functions.finish[here.is_wide()],
                 .sums = &to,
                 .panels = here,
                 .rows = height,
                 .row_sums = rows.sums,
                 .dst = args.acc != nullptr ? nullptr : args.dst + at,
                 .acc = args.acc == nullptr ? nullptr : args.acc + at,
                 .dst_stride = args.dst_stride,
                 .dst_at = rows.dst_at,
                 .requantize = &requantize,
                 .groups = (height + rows_of_group - 1) / rows_of_group};
    }
  };

  // Rows [begin, begin + num_rows) in blocks of the product's height, the last of them moved back where the rows do not
  // suffice, times all columns. rows_at(m) tells where the block of row m lies.
  template <typename RowsAt>
  static void multiply_rows(Product& product, std::size_t begin, std::size_t num_rows, const RowsAt& rows_at) {
    const GemmQs8Args& args = product.args;
    // Weights that stay in the first-level cache while the rows pass.
    constexpr std::size_t kGroupBytes = 24 * 1024;
    const std::size_t pair_bytes = 2 * product.panel_stride;
    const std::size_t pairs = pair_bytes > kGroupBytes ? 1 : kGroupBytes / pair_bytes;
    for (std::size_t n_begin = args.n_begin; n_begin < args.n_end; n_begin += pairs * kPairColumns) {
      const std::size_t left = args.n_end - n_begin;
      const std::size_t n_end = n_begin + (left < pairs * kPairColumns ? left : pairs * kPairColumns);
      for (std::size_t r = 0; r < num_rows; r += product.height) {
        const std::size_t m = begin + (r + product.height <= num_rows ? r : num_rows - product.height);
        const TileRows rows = rows_at(m);
        const std::size_t dst_row = rows.dst_at == nullptr ? m : 0;
        for (std::size_t n = n_begin; n < n_end; n += kPairColumns) product.multiply_block(dst_row, n, rows);
      }
    }
  }

  // Of the rows [begin, end): where the first block begins that may not be read in place, as a step would read beyond the
  // last row of the product.
  static std::size_t first_copied(const GemmQs8Args& args, std::size_t begin, std::size_t end, std::size_t height) {
    const std::size_t readable = (args.m - 1) * args.src_stride + args.k;
    std::size_t row = end;
    while (row > begin && (row - 1) * args.src_stride + AmxGemm::padded(args.k) > readable) --row;
    if (row == end) return end;
    const std::size_t block = begin + (row - begin) / height * height;
    return block + height <= end ? block : end - height;
  }

  // Windows that need no copy of their own. The image's rows are copied, padded, those that are stride_y apart behind each
  // other: then the window of one output pixel begins `pixel_bytes_` behind that of the one before, also from row to row.
  // The results of those that would reach from one row into the next, width_ less output_width a row, are dropped.
  class Band {
   public:
    explicit Band(const GemmQs8Args& args) : args_(args) {
      if (args.window == nullptr || args.taps == 1) return;
      const ImageWindow& w = *args.window;
      const auto size = [](std::int32_t value) { return static_cast<std::size_t>(value); };
      stride_y_ = size(w.stride_y);
      reach_ = size((w.kernel_height - 1) * w.dilation_y) / stride_y_;
      width_ = size(w.output_width) - 1 + (size(w.kernel_width) + size(w.stride_x) - 1) / size(w.stride_x);
      pixel_bytes_ = size(w.stride_x) * args.k;
      const std::size_t bytes = scratch_bytes(args.k * args.run_taps, args.taps / args.run_taps), fixed = stride_y_ * reach_ * row_bytes() + 128;
      const bool is_suitable = w.kernel_height <= kMostRuns && args.acc == nullptr && args.first_pixel % size(w.output_width) == 0 &&
                               args.m % size(w.output_width) == 0 &&
                               reinterpret_cast<const Header*>(args.packed)->has_weights_zero_point == 0;
      if (is_suitable && bytes > fixed) most_rows_ = (bytes - fixed) / (stride_y_ * row_bytes() + width_ * sizeof(std::int32_t));
    }

    // Output rows that the scratch memory has place for at a time; 0: windows have to be copied one by one.
    std::size_t most_rows() const { return most_rows_; }

    // Copies what the output rows [begin, begin + num_rows), counted from first_pixel, see.
    void fill(std::size_t begin, std::size_t num_rows) {
      const ImageWindow& w = *args_.window;
      const auto output_width = static_cast<std::size_t>(w.output_width), plane_rows = num_rows + reach_;
      const auto first = static_cast<std::int32_t>(args_.first_pixel / output_width + begin);
      for (std::int32_t y = 0; y < w.kernel_height; ++y) {
        const std::size_t from_top = static_cast<std::size_t>(y * w.dilation_y);
        run_at_[y] = static_cast<std::int32_t>((from_top % stride_y_ * plane_rows + from_top / stride_y_) * row_bytes());
      }
      auto* to = reinterpret_cast<std::int8_t*>(args_.scratch);
      for (std::int32_t plane = 0; plane < w.stride_y; ++plane)
        for (std::size_t i = 0; i < plane_rows; ++i, to += row_bytes())
          copy_row((first + static_cast<std::int32_t>(i)) * w.stride_y - w.pad_y + plane, to);
      positions_ = (num_rows - 1) * width_ + output_width;
      dst_at_ = reinterpret_cast<std::int32_t*>(args_.scratch + round_up(stride_y_ * plane_rows * row_bytes() + 63, 64));
      std::int32_t* at = dst_at_;
      for (std::size_t y = begin; y < begin + num_rows; ++y) {
        for (std::size_t x = 0; x < output_width; ++x) *at++ = static_cast<std::int32_t>((y * output_width + x) * args_.dst_stride);
        for (std::size_t x = output_width; x < width_; ++x) *at++ = kNowhere;
      }
    }

    std::size_t positions() const { return positions_; }
    TileRows rows(std::size_t position) const {
      const Runs runs(args_);
      return {.src = reinterpret_cast<const std::int8_t*>(args_.scratch) + position * pixel_bytes_,
              .stride = pixel_bytes_,
              .runs = runs.num,
              .steps = runs.steps(),
              .step_values = runs.step_values(),
              .run_at = run_at_,
              .sums = nullptr,
              .dst_at = dst_at_ + position};
    }

   private:
    static constexpr std::int32_t kMostRuns = 32;

    std::size_t row_bytes() const { return width_ * pixel_bytes_; }

    // Row y of the image, or of the padding around it.
    void copy_row(std::int32_t y, std::int8_t* to) const {
      const ImageWindow& w = *args_.window;
      const std::size_t left = static_cast<std::size_t>(w.pad_x) * args_.k, image_bytes = static_cast<std::size_t>(w.width) * args_.k;
      if (y < 0 || y >= w.height || left >= row_bytes()) {
        __builtin_memset(to, args_.padding[0], row_bytes());
        return;
      }
      const std::size_t right = left + image_bytes < row_bytes() ? left + image_bytes : row_bytes();
      if (left > 0) __builtin_memset(to, args_.padding[0], left);
      if (right < row_bytes()) __builtin_memset(to + right, args_.padding[0], row_bytes() - right);
      __builtin_memcpy(to + left, args_.src + static_cast<std::size_t>(y) * image_bytes, right - left);
    }

    const GemmQs8Args& args_;
    std::size_t stride_y_ = 1, reach_ = 0, width_ = 0, pixel_bytes_ = 0, most_rows_ = 0, positions_ = 0;
    std::int32_t run_at_[kMostRuns];
    std::int32_t* dst_at_ = nullptr;
  };

  static void multiply_bands(const GemmQs8Args& args, Band& band) {
    const std::size_t num_rows = args.m / static_cast<std::size_t>(args.window->output_width);
    const std::size_t bands = (num_rows + band.most_rows() - 1) / band.most_rows();
    for (std::size_t i = 0; i < bands; ++i) {
      const std::size_t begin = num_rows * i / bands, end = num_rows * (i + 1) / bands;
      band.fill(begin, end - begin);
      Product product(args, band.positions(), /*is_scattered=*/true);
      Tiles::configure(config_of(product.height, product.runs.step_values()));
      multiply_rows(product, 0, band.positions(), [&](std::size_t position) { return band.rows(position); });
      finish(product);
    }
    Tiles::release();
  }

  static void gemm(const GemmQs8Args& args) {
    if (args.m == 0) return;
    if (args.m <= kFewRows && args.window == nullptr) return FewRows::gemm(args);
    Band band(args);
    if (band.most_rows() > 0) return multiply_bands(args, band);
    Product product(args, args.m, /*is_scattered=*/false);
    const Runs runs = product.runs;
    const RowCopy<0> row_copy(args, args.window != nullptr ? runs.stride() : args.k * args.run_taps);
    Tiles::configure(config_of(product.height, product.runs.step_values()));
    const std::size_t values = runs.padded_values(), stride = row_stride(values);
    auto* const gathered = reinterpret_cast<std::int8_t*>(args.scratch);
    auto* const sums = reinterpret_cast<std::int32_t*>(args.scratch + gathered_bytes(values));
    const bool in_place = args.offsets == nullptr;
    const std::size_t block = block_rows(values) / product.height * product.height;
    for (std::size_t done = 0; done < args.m; done += block) {
      const std::size_t num_rows = args.m - done < block ? (args.m - done < product.height ? product.height : args.m - done) : block;
      const std::size_t begin = args.m - done < product.height ? args.m - product.height : done;
      const std::size_t end = begin + num_rows;
      const std::size_t from = in_place ? first_copied(args, begin, end, product.height) : begin;
      auto* const copies = reinterpret_cast<std::uint8_t*>(gathered);
      // Where a row ends within a step.
      for (std::size_t m = from; m < end && runs.values % kStep != 0; ++m)
        _mm512_storeu_si512(copies + (m - from) * stride + values / kStep * kStep, _mm512_setzero_si512());
      row_copy.copy(from, end - from, copies, stride);
      const auto rows_at = [&](std::size_t m) {
        const bool is_gathered = m >= from;
        return TileRows{.src = is_gathered ? gathered + (m - from) * stride : args.src + m * args.src_stride,
                        .stride = is_gathered ? stride : args.src_stride,
                        .runs = 1,
                        .steps = runs.num * runs.steps(),
                        .step_values = runs.step_values(),
                        .run_at = kFromTheStart,
                        .sums = product.has_zero_points ? sums + (m - begin) : nullptr,
                        .dst_at = nullptr};
      };
      if (product.has_zero_points) {
        for (std::size_t m = begin; m < end; ++m) sums[m - begin] = runs.sum_of(rows_at(m).src);
      }
      multiply_rows(product, begin, num_rows, rows_at);
      // The next block's rows take the place of these and of their sums.
      if (product.has_zero_points) finish(product);
    }
    finish(product);
    Tiles::release();
  }

  static void finish(Product& product) {
    if (product.pending.groups > 0) product.pending.run(product.pending, 0, product.pending.groups);
    product.pending.groups = 0;
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AMX_TILES_H_
