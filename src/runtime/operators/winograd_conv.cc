// SPDX-License-Identifier: Apache-2.0
// Convolutions with fewer multiplications (kernels/winograd_f32, kernels/winograd_qs8_qc8w), where that pays.
#include <algorithm>
#include <cstring>

#include "kernels/winograd_f32/winograd_f32.h"
#include "kernels/winograd_qs8_qc8w/winograd_qs8_qc8w.h"
#include "ops/conv2d.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

// Transformed tiles of a block, before and after the products: they should stay in the second-level cache.
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
// Elements between points, so that they do not all fall in the same sets of a cache.
constexpr std::size_t kPointGap = 16;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }
std::size_t tiles_of(const Window1d& window, std::size_t outputs) { return (size(window.output_size) + outputs - 1) / outputs; }

// A layer cut in tiles.
struct Tiling {
  const WinogradForm* form;
  Window2d window;
  std::size_t batch, c, k;
  std::size_t tiles_y, tiles_x;

  std::size_t tiles_of_image() const { return tiles_y * tiles_x; }
  std::size_t tiles() const { return batch * tiles_of_image(); }
  std::size_t depth() const { return form->pieces() * c; }  // of the products
};

// What multiplications at points cost, where those of a plain product cost 1 each, per pair of channels.
struct Costs {
  double multiplication;  // also for products of fewer rows
  // Weights are read once for all tiles, more often than not from beyond the second-level cache.
  double reading_weights;
  double input_per_k, output_per_c;  // transforms of a patch and of a tile
  double plain;                      // of a plain product, to leave it only for a gain
};

double cost(const Tiling& tiling, const Costs& costs) {
  const auto points = static_cast<double>(tiling.form->points()), pieces = static_cast<double>(tiling.form->pieces());
  const auto tiles = static_cast<double>(tiling.tiles()), c = static_cast<double>(tiling.c), k = static_cast<double>(tiling.k);
  const double of_piece = points * (costs.multiplication * tiles + costs.reading_weights) + costs.input_per_k / k * tiles;
  return pieces * of_piece + costs.output_per_c / c * tiles;
}

// By the form that costs least; nothing if the node cannot or should not be computed so.
std::optional<Tiling> find_tiling(const OperatorContext& context, std::span<const WinogradForm> forms, const Costs& costs) {
  const auto& attrs = context.node.as<Conv2dAttrs>();
  if (attrs.layout != Layout::kNhwc || attrs.group != 1 || !has_constant_parameters(context)) return std::nullopt;
  const Shape& src = context.input(0).shape;
  const Shape& weights = context.input(1).shape;
  const std::size_t batch = size(src[0]), c = size(src[3]), k = size(weights[0]), taps_y = size(weights[1]), taps_x = size(weights[2]);
  const Window2d window = conv2d_window(attrs, src, weights);
  const std::size_t pixels = size(window.h.output_size * window.w.output_size);
  if (!slides(window.h) || !slides(window.w) || batch * pixels * c * k == 0) return std::nullopt;
  if (c % kWinogradChannels != 0 || k % kWinogradChannels != 0) return std::nullopt;
  double best_cost = costs.plain * static_cast<double>(taps_y * taps_x * batch * pixels);
  std::optional<Tiling> best;
  for (const WinogradForm& form : forms) {
    if (form.taps_y != taps_y || form.taps_x != taps_x) continue;
    const Tiling tiling{&form, window, batch, c, k, tiles_of(window.h, form.outputs_y), tiles_of(window.w, form.outputs_x)};
    if (cost(tiling, costs) >= best_cost) continue;
    best_cost = cost(tiling, costs);
    best = tiling;
  }
  return best;
}

// The kernels of float32 layers, with their weights.
class FloatTransforms {
 public:
  using Pixel = float;
  using InputPoint = float;
  using OutputPoint = float;

  FloatTransforms(const OperatorContext& context, const Tiling& tiling)
      : form_(*tiling.form),
        kernel_(choose_winograd_f32(context.cpu)),
        gemm_(choose_gemm_f32(context.cpu)),
        bounds_(activation_bounds(context.node.as<Conv2dAttrs>().activation)),
        c_(tiling.c),
        k_(tiling.k),
        packed_bytes_(gemm_.packed_bytes(k_, c_, 1)),
        packed_(context.memory.take(form_.points() * packed_bytes_)) {
    const float* const filters = context.input(1).values<float>().data();
    std::vector<float> transformed(k_ * c_);
    for (std::size_t p = 0; p < form_.points(); ++p) {
      winograd_f32_filter(form_, p, filters, k_, c_, transformed.data());
      gemm_.pack({k_, c_, 1, transformed.data(), c_, 1, nullptr}, packed_ + p * packed_bytes_);
    }
    if (!context.has_input(2)) return;
    bias_ = AlignedBuffer(k_ * sizeof(float));
    std::memcpy(bias_.data(), context.input(2).values<float>().data(), k_ * sizeof(float));
  }

  const char* name() const { return kernel_.name; }
  std::size_t panel() const { return gemm_.nr; }
  float padding() const { return 0.0f; }

  void transform_input(const float* src, std::size_t row_stride, float* dst, std::size_t point_stride) const {
    kernel_.transform_input({&form_, c_, src, row_stride, dst, point_stride});
  }
  void multiply(std::size_t point, const float* src, std::size_t tiles, std::size_t n_begin, std::size_t n_end, float* dst) const {
    GemmF32Args args = float_product(src, tiles, c_, packed_ + point * packed_bytes_, n_end, dst, k_);
    args.n_begin = n_begin;
    args.cold_weights = form_.points() * packed_bytes_ > kBlockBytes;
    gemm_.gemm(args);
  }
  void transform_output(const float* src, std::size_t point_stride, std::size_t rows, std::size_t columns, float* dst, std::size_t row_stride,
                        std::size_t pixel_stride) const {
    kernel_.transform_output({&form_, k_, src, point_stride, bias_.as<float>(), bounds_.lo, bounds_.hi, rows, columns, dst, row_stride, pixel_stride});
  }

 private:
  const WinogradForm& form_;
  const WinogradF32Kernel& kernel_;
  const GemmF32Kernel& gemm_;
  ActivationBounds bounds_;
  std::size_t c_, k_;
  std::size_t packed_bytes_;  // of the weights at one point
  std::byte* packed_;
  AlignedBuffer bias_;  // empty: zeros
};

// What is packed of an int8 layer; args point to the rest.
struct Qs8Weights {
  std::vector<float> scale;
  std::vector<std::int32_t> zero_points;
  WinogradQs8PackArgs args{};

  Qs8Weights(const OperatorContext& context, const Tiling& tiling)
      : scale(requantize_scales(*context.input(0).quant, *context.input(1).quant, *context.output().quant, tiling.k)),
        zero_points(weight_zero_points(*context.input(1).quant, tiling.k)) {
    args.form = tiling.form;
    args.n = tiling.k;
    args.c = tiling.c;
    args.weights = context.input(1).values<std::int8_t>().data();
    args.bias = context.has_input(2) ? context.input(2).values<std::int32_t>().data() : nullptr;
    args.weights_zero_point = zero_points.empty() ? nullptr : zero_points.data();
    args.src_zero_point = context.input(0).quant->zero_point[0];
    args.scale = scale.data();
  }
};

// The same for int8.
class Qs8Transforms {
 public:
  using Pixel = std::int8_t;
  using InputPoint = std::int16_t;
  using OutputPoint = std::int32_t;

  Qs8Transforms(const OperatorContext& context, const Tiling& tiling, const Qs8Weights& weights)
      : form_(*tiling.form),
        kernel_(choose_winograd_qs8_qc8w(context.cpu)),
        c_(tiling.c),
        k_(tiling.k),
        src_zero_point_(context.input(0).quant->zero_point[0]),
        output_(qs8_output(context.output(), context.node.as<Conv2dAttrs>().activation)),
        packed_(context.memory.take(winograd_qs8_packed_bytes(form_, k_, c_))) {
    pack_winograd_qs8(weights.args, packed_);
  }

  const char* name() const { return kernel_.name; }
  std::size_t panel() const { return kWinogradChannels; }
  std::int8_t padding() const { return static_cast<std::int8_t>(src_zero_point_); }

  void transform_input(const std::int8_t* src, std::size_t row_stride, std::int16_t* dst, std::size_t point_stride) const {
    kernel_.transform_input({c_, src, row_stride, dst, point_stride});
  }
  void multiply(std::size_t point, const std::int16_t* src, std::size_t tiles, std::size_t n_begin, std::size_t n_end, std::int32_t* dst) const {
    kernel_.multiply({tiles, form_.pieces() * c_, k_, n_begin, n_end, point, src, packed_, dst});
  }
  void transform_output(const std::int32_t* src, std::size_t point_stride, std::size_t rows, std::size_t columns, std::int8_t* dst, std::size_t row_stride,
                        std::size_t pixel_stride) const {
    kernel_.transform_output({k_, src, point_stride, packed_, output_, rows, columns, dst, row_stride, pixel_stride});
  }

 private:
  const WinogradForm& form_;
  const WinogradQs8Kernel& kernel_;
  std::size_t c_, k_;
  std::int32_t src_zero_point_;
  Qs8Output output_;
  std::byte* packed_;
};

template <typename Transforms>
class WinogradConv : public Operator {
 public:
  // weights: what else Transforms are made of.
  template <typename... Weights>
  WinogradConv(const OperatorContext& context, const Tiling& tiling, const Weights&... weights)
      : tiling_(tiling), form_(*tiling.form), transforms_(context, tiling, weights...) {
    mark_parameters_packed(context);
    block_tiles_ = std::clamp<std::size_t>(kBlockBytes / (form_.points() * (input_point_bytes() + output_point_bytes())), 1, tiling.tiles());
  }

  const char* kernel_name() const override { return transforms_.name(); }
  bool can_write_rows_apart() const override { return true; }
  std::size_t scratch_bytes(int num_threads) const override {
    return static_cast<std::size_t>(num_threads) * (patch_bytes() + block_bytes(block_tiles_));
  }

  // Every thread takes blocks of tiles, or all share one block after the other where there are few.
  void run(const RunContext& context) const override {
    const std::size_t tiles = tiling_.tiles(), blocks = (tiles + block_tiles_ - 1) / block_tiles_;
    const auto num_threads = static_cast<std::size_t>(context.threads->num_threads());
    std::byte* const memory = context.scratch + num_threads * patch_bytes();
    if (num_threads > 1 && blocks < 2 * num_threads) {
      for (std::size_t begin = 0; begin < tiles; begin += block_tiles_ * num_threads)
        run_together(context, {begin, std::min(block_tiles_ * num_threads, tiles - begin), memory});
      return;
    }
    context.threads->parallel_for(blocks, 1, [&](std::size_t begin, std::size_t end, int thread) {
      std::byte* const own = memory + static_cast<std::size_t>(thread) * block_bytes(block_tiles_);
      for (std::size_t i = begin; i < end; ++i) {
        // Blocks of nearly equal size.
        const Block block{tiles * i / blocks, tiles * (i + 1) / blocks - tiles * i / blocks, own};
        transform_input(context, block, 0, block.tiles, thread);
        for (std::size_t p = 0; p < form_.points(); ++p) multiply(block, p, 0, tiling_.k);
        transform_output(context, block, 0, block.tiles);
      }
    });
  }

 private:
  using Pixel = typename Transforms::Pixel;
  using InputPoint = typename Transforms::InputPoint;
  using OutputPoint = typename Transforms::OutputPoint;

  struct Block {
    std::size_t first_tile, tiles;
    std::byte* memory;  // the patches' points, then the tiles'
  };

  // Of a tile.
  std::size_t input_point_bytes() const { return tiling_.depth() * sizeof(InputPoint); }
  std::size_t output_point_bytes() const { return tiling_.k * sizeof(OutputPoint); }

  std::size_t patch_bytes() const { return scratch_piece_bytes(form_.points() * tiling_.c * sizeof(Pixel)); }
  std::size_t input_stride(std::size_t tiles) const { return tiles * tiling_.depth() + kPointGap; }
  std::size_t output_stride(std::size_t tiles) const { return tiles * tiling_.k + kPointGap; }
  std::size_t input_bytes(std::size_t tiles) const { return scratch_piece_bytes(form_.points() * input_stride(tiles) * sizeof(InputPoint)); }
  std::size_t block_bytes(std::size_t tiles) const {
    return input_bytes(tiles) + scratch_piece_bytes(form_.points() * output_stride(tiles) * sizeof(OutputPoint));
  }
  InputPoint* input_points(const Block& block) const { return reinterpret_cast<InputPoint*>(block.memory); }
  OutputPoint* output_points(const Block& block) const { return reinterpret_cast<OutputPoint*>(block.memory + input_bytes(block.tiles)); }

  // The block may be as large as those of all threads.
  void run_together(const RunContext& context, const Block& block) const {
    context.threads->parallel_for(block.tiles, 1, [&](std::size_t begin, std::size_t end, int thread) {
      transform_input(context, block, begin, end, thread);
    });
    const std::size_t panel = transforms_.panel(), panels = (tiling_.k + panel - 1) / panel;
    context.threads->parallel_for(form_.points() * panels, 1, [&](std::size_t begin, std::size_t end, int) {
      while (begin < end) {
        const std::size_t first = begin % panels, last = std::min(panels, first + end - begin);
        multiply(block, begin / panels, first * panel, std::min(tiling_.k, last * panel));
        begin += last - first;
      }
    });
    context.threads->parallel_for(block.tiles, 1, [&](std::size_t begin, std::size_t end, int) { transform_output(context, block, begin, end); });
  }

  // Where a tile's outputs begin.
  struct Place {
    std::size_t image, y, x;
  };
  Place place(std::size_t tile) const {
    const std::size_t in_image = tile % tiling_.tiles_of_image();
    return {tile / tiling_.tiles_of_image(), in_image / tiling_.tiles_x * form_.outputs_y, in_image % tiling_.tiles_x * form_.outputs_x};
  }

  // Of tiles [begin, end) of the block.
  void transform_input(const RunContext& context, const Block& block, std::size_t begin, std::size_t end, int thread) const {
    const auto& [h, w] = tiling_.window;
    const std::size_t pieces = form_.pieces();
    for (std::size_t i = begin * pieces; i < end * pieces; ++i) {
      const Place at = place(block.first_tile + i / pieces);
      const std::size_t piece_y = i % pieces / form_.pieces_x * form_.taps_of_piece_y(), piece_x = i % form_.pieces_x * form_.taps_of_piece_x();
      const Pixel* const image = context.inputs[0].as<Pixel>() + at.image * size(h.size * w.size) * tiling_.c;
      transform_patch(context, image, static_cast<std::int64_t>(at.y + piece_y) - h.pad_begin, static_cast<std::int64_t>(at.x + piece_x) - w.pad_begin,
                      input_points(block) + i * tiling_.c, input_stride(block.tiles), thread);
    }
  }

  // The pixels from (y, x) on.
  void transform_patch(const RunContext& context, const Pixel* image, std::int64_t y, std::int64_t x, InputPoint* dst, std::size_t point_stride,
                       int thread) const {
    const auto& [h, w] = tiling_.window;
    const std::size_t c = tiling_.c;
    if (y >= 0 && x >= 0 && y + static_cast<std::int64_t>(form_.points_y) <= h.size && x + static_cast<std::int64_t>(form_.points_x) <= w.size)
      return transforms_.transform_input(image + size(y * w.size + x) * c, size(w.size) * c, dst, point_stride);
    auto* const patch = reinterpret_cast<Pixel*>(context.scratch + static_cast<std::size_t>(thread) * patch_bytes());
    copy_patch(image, y, x, patch);
    transforms_.transform_input(patch, form_.points_x * c, dst, point_stride);
  }

  // With padding where they lie outside the image.
  void copy_patch(const Pixel* image, std::int64_t y, std::int64_t x, Pixel* patch) const {
    const auto& [h, w] = tiling_.window;
    const auto columns = static_cast<std::int64_t>(form_.points_x);
    const std::int64_t begin = std::clamp<std::int64_t>(-x, 0, columns), end = std::clamp<std::int64_t>(w.size - x, begin, columns);
    const std::size_t c = tiling_.c;
    std::fill_n(patch, form_.points() * c, transforms_.padding());
    for (std::size_t row = 0; row < form_.points_y; ++row, patch += form_.points_x * c) {
      const std::int64_t src_y = y + static_cast<std::int64_t>(row);
      if (src_y < 0 || src_y >= h.size || begin == end) continue;
      std::memcpy(patch + size(begin) * c, image + size(src_y * w.size + x + begin) * c, size(end - begin) * c * sizeof(Pixel));
    }
  }

  // Columns [n_begin, n_end) of the product of point p.
  void multiply(const Block& block, std::size_t p, std::size_t n_begin, std::size_t n_end) const {
    transforms_.multiply(p, input_points(block) + p * input_stride(block.tiles), block.tiles, n_begin, n_end,
                         output_points(block) + p * output_stride(block.tiles));
  }

  void transform_output(const RunContext& context, const Block& block, std::size_t begin, std::size_t end) const {
    const std::size_t height = size(tiling_.window.h.output_size), width = size(tiling_.window.w.output_size);
    const std::size_t pixel_stride = context.row_stride(tiling_.k);
    for (std::size_t i = begin; i < end; ++i) {
      const Place at = place(block.first_tile + i);
      transforms_.transform_output(output_points(block) + i * tiling_.k, output_stride(block.tiles), std::min(form_.outputs_y, height - at.y),
                                   std::min(form_.outputs_x, width - at.x),
                                   context.outputs[0].as<Pixel>() + ((at.image * height + at.y) * width + at.x) * pixel_stride, width * pixel_stride,
                                   pixel_stride);
    }
  }

  Tiling tiling_;
  const WinogradForm& form_;
  Transforms transforms_;
  std::size_t block_tiles_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_winograd_conv2d_f32(const OperatorContext& context) {
  constexpr Costs kCosts = {.multiplication = 1.15, .reading_weights = 30, .input_per_k = 0, .output_per_c = 0, .plain = 0.85};
  if (context.input(0).type != DataType::kFloat32) return nullptr;
  const std::optional<Tiling> tiling = find_tiling(context, winograd_f32_forms(), kCosts);
  if (!tiling) return nullptr;
  return std::make_unique<WinogradConv<FloatTransforms>>(context, *tiling);
}

// Where products of bytes are made of words, too: not with instructions that multiply and add four bytes.
Result<std::unique_ptr<Operator>> make_winograd_conv2d_qs8(const OperatorContext& context) {
  constexpr Costs kCosts = {.multiplication = 1.45, .reading_weights = 8, .input_per_k = 160, .output_per_c = 300, .plain = 0.85};
  // Instructions counted, time not measured.
  constexpr Costs kNeonCosts = {.multiplication = 1.9, .reading_weights = 8, .input_per_k = 230, .output_per_c = 450, .plain = 0.85};
  if (context.input(0).type != DataType::kInt8) return nullptr;
  const Isa isa = choose_winograd_qs8_qc8w(context.cpu).isa;
  if (isa != choose_gemm_qs8_qc8w(context.cpu).isa) return nullptr;
  const std::optional<Tiling> tiling = find_tiling(context, winograd_qs8_forms(), isa == Isa::kNeon ? kNeonCosts : kCosts);
  if (!tiling) return nullptr;
  OCTET_RETURN_IF_ERROR(check_qs8_layer(context.input(0), context.input(1), context.has_input(2) ? &context.input(2) : nullptr, context.output()));
  const Qs8Weights weights(context, *tiling);
  if (!winograd_qs8_fits(weights.args)) return nullptr;
  return std::make_unique<WinogradConv<Qs8Transforms>>(context, *tiling, weights);
}

}  // namespace octet
