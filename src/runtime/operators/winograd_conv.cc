// SPDX-License-Identifier: Apache-2.0
// Convolutions in float32 with fewer multiplications (kernels/winograd_f32), where that pays.
#include <algorithm>
#include <cstring>

#include "kernels/winograd_f32/winograd_f32.h"
#include "ops/conv2d.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

// Transformed tiles of a block, before and after the products: they should stay in the second-level cache.
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
// Between points, so that they do not all fall in the same sets of a cache.
constexpr std::size_t kPointGap = 16;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }
std::size_t tiles_of(const Window1d& window, std::size_t outputs) { return (size(window.output_size) + outputs - 1) / outputs; }

struct Layer {
  const WinogradF32Form* form;
  Window2d window;
  std::size_t batch, c, k;
  std::size_t tiles_y, tiles_x;

  std::size_t tiles() const { return tiles_y * tiles_x; }  // of an image
};

// Multiplications per pair of channels, weighing what costs more: products of few rows, and weights, which are read once for all tiles,
// more often than not from beyond the second-level cache.
double cost(const Layer& layer) {
  constexpr double kSmallProducts = 1.15, kReadingWeights = 30;
  return static_cast<double>(layer.form->points()) * (kSmallProducts * static_cast<double>(layer.batch * layer.tiles()) + kReadingWeights);
}

bool slides(const Window1d& window) { return window.stride == 1 && window.dilation == 1; }

// The form that costs least, or nothing if the node cannot or should not be computed so.
std::optional<Layer> winograd_layer(const OperatorContext& context) {
  const auto& attrs = context.node.as<Conv2dAttrs>();
  if (context.input(0).type != DataType::kFloat32 || attrs.layout != Layout::kNhwc || attrs.group != 1) return std::nullopt;
  if (!context.input(1).is_constant || (context.has_input(2) && !context.input(2).is_constant)) return std::nullopt;
  const Shape& src = context.input(0).shape;
  const Shape& weights = context.input(1).shape;
  const std::size_t batch = size(src[0]), c = size(src[3]), k = size(weights[0]), taps_y = size(weights[1]), taps_x = size(weights[2]);
  const Window2d window = conv2d_window(attrs, src, weights);
  const std::size_t pixels = size(window.h.output_size * window.w.output_size);
  if (!slides(window.h) || !slides(window.w) || batch * pixels == 0) return std::nullopt;
  if (c == 0 || c % kWinogradF32Channels != 0 || k % kWinogradF32Channels != 0) return std::nullopt;
  constexpr double kTransforms = 0.85;  // of the cost of a plain product
  double best_cost = kTransforms * static_cast<double>(taps_y * taps_x * batch * pixels);
  std::optional<Layer> best;
  for (const WinogradF32Form& form : winograd_f32_forms()) {
    if (form.taps_y != taps_y || form.taps_x != taps_x) continue;
    const Layer layer{&form, window, batch, c, k, tiles_of(window.h, form.outputs_y), tiles_of(window.w, form.outputs_x)};
    if (cost(layer) >= best_cost) continue;
    best_cost = cost(layer);
    best = layer;
  }
  return best;
}

class WinogradConvF32 : public Operator {
 public:
  WinogradConvF32(const OperatorContext& context, const Layer& layer)
      : layer_(layer),
        form_(*layer.form),
        kernel_(choose_winograd_f32(context.cpu)),
        gemm_(choose_gemm_f32(context.cpu)),
        bounds_(activation_bounds(context.node.as<Conv2dAttrs>().activation)),
        packed_bytes_(gemm_.packed_bytes(layer.k, layer.c, 1)),
        packed_(context.memory.take(form_.points() * packed_bytes_)),
        block_tiles_(std::clamp<std::size_t>(kBlockBytes / (form_.points() * (layer.c + layer.k) * sizeof(float)), 1, layer.batch * layer.tiles())) {
    const float* const filters = context.input(1).values<float>().data();
    std::vector<float> transformed(layer.k * layer.c);
    for (std::size_t p = 0; p < form_.points(); ++p) {
      winograd_f32_filter(form_, p, filters, layer.k, layer.c, transformed.data());
      gemm_.pack({layer.k, layer.c, 1, transformed.data(), layer.c, 1, nullptr}, packed_ + p * packed_bytes_);
    }
    if (context.has_input(2)) {
      bias_ = AlignedBuffer(layer.k * sizeof(float));
      std::memcpy(bias_.data(), context.input(2).values<float>().data(), layer.k * sizeof(float));
    }
    for (std::size_t i = 1; i < context.packed_inputs.size(); ++i) context.packed_inputs[i] = true;
  }

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }
  std::size_t scratch_bytes(int num_threads) const override {
    return static_cast<std::size_t>(num_threads) * (patch_bytes() + block_bytes(block_tiles_));
  }

  // Every thread takes blocks of tiles, or all share one block after the other where there are few.
  void run(const RunContext& context) const override {
    const std::size_t tiles = layer_.batch * layer_.tiles(), blocks = (tiles + block_tiles_ - 1) / block_tiles_;
    const auto num_threads = static_cast<std::size_t>(context.threads->num_threads());
    std::byte* const memory = context.scratch + num_threads * patch_bytes();
    if (num_threads > 1 && blocks < 2 * num_threads) {
      for (std::size_t begin = 0; begin < tiles; begin += block_tiles_ * num_threads)
        run_together(context, {begin, std::min(block_tiles_ * num_threads, tiles - begin), reinterpret_cast<float*>(memory)});
      return;
    }
    context.threads->parallel_for(blocks, 1, [&](std::size_t begin, std::size_t end, int thread) {
      float* const own = reinterpret_cast<float*>(memory + static_cast<std::size_t>(thread) * block_bytes(block_tiles_));
      for (std::size_t i = begin; i < end; ++i) {
        // Blocks of nearly equal size.
        const Block block{tiles * i / blocks, tiles * (i + 1) / blocks - tiles * i / blocks, own};
        transform_input(context, block, 0, block.tiles, thread);
        for (std::size_t p = 0; p < form_.points(); ++p) multiply(block, p, 0, layer_.k);
        transform_output(context, block, 0, block.tiles);
      }
    });
  }

 private:
  struct Block {
    std::size_t first_tile, tiles;
    float* memory;  // of the patches' points, then of the tiles'
  };

  std::size_t patch_bytes() const { return scratch_piece_bytes(form_.points() * layer_.c * sizeof(float)); }
  std::size_t block_bytes(std::size_t tiles) const { return form_.points() * (tiles * (layer_.c + layer_.k) + 2 * kPointGap) * sizeof(float); }
  std::size_t input_stride(const Block& block) const { return block.tiles * layer_.c + kPointGap; }
  std::size_t output_stride(const Block& block) const { return block.tiles * layer_.k + kPointGap; }
  float* output_points(const Block& block) const { return block.memory + form_.points() * input_stride(block); }

  void run_together(const RunContext& context, const Block& block) const {
    context.threads->parallel_for(block.tiles, 1, [&](std::size_t begin, std::size_t end, int thread) {
      transform_input(context, block, begin, end, thread);
    });
    const std::size_t panels = (layer_.k + gemm_.nr - 1) / gemm_.nr;
    context.threads->parallel_for(form_.points() * panels, 1, [&](std::size_t begin, std::size_t end, int) {
      while (begin < end) {
        const std::size_t p = begin / panels, first = begin % panels, last = std::min(panels, first + end - begin);
        multiply(block, p, first * gemm_.nr, std::min(layer_.k, last * gemm_.nr));
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
    const std::size_t in_image = tile % layer_.tiles();
    return {tile / layer_.tiles(), in_image / layer_.tiles_x * form_.outputs_y, in_image % layer_.tiles_x * form_.outputs_x};
  }

  // Of tiles [begin, end) of the block.
  void transform_input(const RunContext& context, const Block& block, std::size_t begin, std::size_t end, int thread) const {
    const auto& [h, w] = layer_.window;
    const std::size_t c = layer_.c;
    WinogradF32InputArgs args{};
    args.form = &form_;
    args.c = c;
    args.point_stride = input_stride(block);
    for (std::size_t i = begin; i < end; ++i) {
      const Place at = place(block.first_tile + i);
      const std::int64_t y = static_cast<std::int64_t>(at.y) - h.pad_begin, x = static_cast<std::int64_t>(at.x) - w.pad_begin;
      const float* const image = context.inputs[0].as<float>() + at.image * size(h.size * w.size) * c;
      if (y >= 0 && x >= 0 && y + static_cast<std::int64_t>(form_.points_y) <= h.size && x + static_cast<std::int64_t>(form_.points_x) <= w.size) {
        args.src = image + size(y * w.size + x) * c;
        args.row_stride = size(w.size) * c;
      } else {
        float* const patch = reinterpret_cast<float*>(context.scratch + static_cast<std::size_t>(thread) * patch_bytes());
        copy_patch(image, y, x, patch);
        args.src = patch;
        args.row_stride = form_.points_x * c;
      }
      args.dst = block.memory + i * c;
      kernel_.transform_input(args);
    }
  }

  // The pixels from (y, x) on, with zeros where they lie outside the image.
  void copy_patch(const float* image, std::int64_t y, std::int64_t x, float* patch) const {
    const auto& [h, w] = layer_.window;
    const auto columns = static_cast<std::int64_t>(form_.points_x);
    const std::int64_t begin = std::clamp<std::int64_t>(-x, 0, columns), end = std::clamp<std::int64_t>(w.size - x, begin, columns);
    const std::size_t c = layer_.c;
    std::memset(patch, 0, form_.points() * c * sizeof(float));
    for (std::size_t row = 0; row < form_.points_y; ++row, patch += form_.points_x * c) {
      const std::int64_t src_y = y + static_cast<std::int64_t>(row);
      if (src_y < 0 || src_y >= h.size || begin == end) continue;
      std::memcpy(patch + size(begin) * c, image + size(src_y * w.size + x + begin) * c, size(end - begin) * c * sizeof(float));
    }
  }

  // Columns [n_begin, n_end) of the product of point p.
  void multiply(const Block& block, std::size_t p, std::size_t n_begin, std::size_t n_end) const {
    GemmF32Args args = float_product(block.memory + p * input_stride(block), block.tiles, layer_.c, packed_ + p * packed_bytes_, n_end,
                                     output_points(block) + p * output_stride(block), layer_.k);
    args.n_begin = n_begin;
    args.cold_weights = form_.points() * packed_bytes_ > kBlockBytes;
    gemm_.gemm(args);
  }

  void transform_output(const RunContext& context, const Block& block, std::size_t begin, std::size_t end) const {
    const std::size_t height = size(layer_.window.h.output_size), width = size(layer_.window.w.output_size);
    WinogradF32OutputArgs args{};
    args.form = &form_;
    args.k = layer_.k;
    args.point_stride = output_stride(block);
    args.bias = bias_.as<float>();
    args.lo = bounds_.lo;
    args.hi = bounds_.hi;
    args.pixel_stride = context.row_stride(layer_.k);
    args.row_stride = width * args.pixel_stride;
    for (std::size_t i = begin; i < end; ++i) {
      const Place at = place(block.first_tile + i);
      args.src = output_points(block) + i * layer_.k;
      args.rows = std::min(form_.outputs_y, height - at.y);
      args.columns = std::min(form_.outputs_x, width - at.x);
      args.dst = context.outputs[0].as<float>() + ((at.image * height + at.y) * width + at.x) * args.pixel_stride;
      kernel_.transform_output(args);
    }
  }

  Layer layer_;
  const WinogradF32Form& form_;
  const WinogradF32Kernel& kernel_;
  const GemmF32Kernel& gemm_;
  ActivationBounds bounds_;
  std::size_t packed_bytes_;  // of the filters at one point
  std::byte* packed_;
  AlignedBuffer bias_;  // empty: zeros
  std::size_t block_tiles_;
};

}  // namespace

Result<std::unique_ptr<Operator>> make_winograd_conv2d_f32(const OperatorContext& context) {
  const std::optional<Layer> layer = winograd_layer(context);
  if (!layer) return nullptr;
  return std::make_unique<WinogradConvF32>(context, *layer);
}

}  // namespace octet
