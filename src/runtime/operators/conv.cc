// SPDX-License-Identifier: Apache-2.0
// Convolutions over any number of dimensions in float32, as matrix products. Images stay [N, C, ...]: filters are the
// rows of the product, positions its columns, so that nothing is transposed and weights may be computed.
#include "ops/conv.h"

#include <algorithm>

#include "ops/copy.h"
#include "runtime/operators/gemm_args.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/scratch.h"

namespace octet {
namespace {

// Columns of the product that are computed at a time: they should stay in the second-level cache.
constexpr std::size_t kMaxColumns = 256;
constexpr std::size_t kMaxColumnBytes = std::size_t{1} << 20;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// Elements of one channel of [N, C, ...].
std::size_t plane(const Shape& shape) { return size(num_elements(Shape(shape.begin() + 2, shape.end())).value_or(0)); }

// Windows on an image, and a walk over pieces of rows of them.
class WindowGrid {
 public:
  explicit WindowGrid(std::vector<Window1d> windows)
      : windows_(std::move(windows)), positions_(output_sizes(windows_)), taps_(kernel_sizes(windows_)) {
    Shape image;
    for (const Window1d& window : windows_) image.push_back(window.size);
    image_strides_ = dense_strides(image);
  }

  std::size_t num_positions() const { return size(num_elements(positions_).value_or(0)); }
  std::size_t num_taps() const { return size(num_elements(taps_).value_or(0)); }

  // A run of positions in one row of the grid, seen through one tap: position i (from `first` on) has the pixel at
  // row + begin + i * stride, for i in [inside_begin, inside_end); the others lie outside the image.
  struct Run {
    std::size_t first;  // position, relative to the range's begin
    std::size_t count;
    std::size_t inside_begin, inside_end;
    std::ptrdiff_t pixel;  // of i = 0, counted in the image; meaningless outside
    std::size_t stride;
  };

  // Calls visit(run) for the positions [begin, end) through tap t.
  template <typename Visit>
  void visit_runs(std::size_t t, std::size_t begin, std::size_t end, Visit&& visit) const {
    const std::size_t last = windows_.size() - 1;
    const Window1d& row = windows_[last];
    const std::size_t width = size(row.output_size);
    std::int64_t tap[kMaxRank] = {};
    std::size_t rest = t;
    for (std::size_t d = windows_.size(); d-- > 0; rest /= size(taps_[d]))
      tap[d] = static_cast<std::int64_t>(rest % size(taps_[d]));
    for (std::size_t at = begin; at < end;) {
      const std::size_t column = at % width, count = std::min(end - at, width - column);
      const std::ptrdiff_t outer = outer_pixel(at / width, tap);
      const std::int64_t x = static_cast<std::int64_t>(column) * row.stride - row.pad_begin + tap[last] * row.dilation;
      Run run{at - begin, count, 0, 0, outer + x, size(row.stride)};
      if (outer >= 0) {
        // x + i * stride in [0, row.size)
        const std::int64_t from = x >= 0 ? 0 : (-x + row.stride - 1) / row.stride;
        const std::int64_t to = x >= row.size ? 0 : (row.size - 1 - x) / row.stride + 1;
        run.inside_begin = std::min(size(from), count);
        run.inside_end = std::clamp(to < 0 ? 0 : size(to), run.inside_begin, count);
      }
      visit(run);
      at += count;
    }
  }

 private:
  // Offset of the row of the image that a row of the grid sees; -1 if it lies outside.
  std::ptrdiff_t outer_pixel(std::size_t grid_row, const std::int64_t* tap) const {
    std::ptrdiff_t pixel = 0;
    for (std::size_t d = windows_.size() - 1; d-- > 0; grid_row /= size(positions_[d])) {
      const auto at = static_cast<std::int64_t>(grid_row % size(positions_[d]));
      const std::int64_t x = at * windows_[d].stride - windows_[d].pad_begin + tap[d] * windows_[d].dilation;
      if (x < 0 || x >= windows_[d].size) return -1;
      pixel += x * image_strides_[d];
    }
    return pixel;
  }

  std::vector<Window1d> windows_;
  Shape positions_, taps_;
  std::vector<std::int64_t> image_strides_;
};

const float* bias_of(const RunContext& context) {
  return context.inputs.size() > 2 && context.inputs[2].data != nullptr ? context.inputs[2].as<float>() : nullptr;
}

// Every thread takes blocks of positions: gathers what their windows see into columns, packs and multiplies.
class ConvF32 : public Operator {
 public:
  explicit ConvF32(const OperatorContext& context)
      : kernel_(choose_gemm_f32(context.cpu)),
        grid_(conv_windows(context.node.as<ConvAttrs>(), context.input(0).shape, context.input(1).shape)),
        group_(size(context.node.as<ConvAttrs>().group)),
        batch_(size(context.input(0).shape[0])),
        c_(size(context.input(1).shape[1])),
        k_(size(context.input(1).shape[0]) / group_),
        pixels_(plane(context.input(0).shape)),
        positions_(grid_.num_positions()),
        columns_(block_columns()) {}

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(int num_threads) const override {
    return thread_scratch() * static_cast<std::size_t>(num_threads);
  }

  void run(const RunContext& context) const override {
    const std::size_t blocks = (positions_ + columns_ - 1) / columns_;
    context.threads->parallel_for(batch_ * group_ * blocks, 1, [&](std::size_t begin, std::size_t end, int thread) {
      for (std::size_t i = begin; i < end; ++i)
        run_block(context, i / blocks, i % blocks * columns_,
                  context.scratch + static_cast<std::size_t>(thread) * thread_scratch());
    });
  }

 private:
  std::size_t filter() const { return c_ * grid_.num_taps(); }
  // A multiple of the kernel's tile. Small images are cut, too, so that several threads have something to do.
  std::size_t block_columns() const {
    const std::size_t wanted = std::min({kMaxColumns, kMaxColumnBytes / (filter() * sizeof(float)), positions_ / 8});
    return std::max<std::size_t>(1, (wanted + kernel_.nr - 1) / kernel_.nr) * kernel_.nr;
  }
  std::size_t thread_scratch() const {
    return scratch_piece_bytes(filter() * columns_ * sizeof(float)) +
           scratch_piece_bytes(kernel_.packed_bytes(columns_, filter(), 1));
  }

  void run_block(const RunContext& context, std::size_t image_group, std::size_t begin, std::byte* scratch) const {
    ScratchCursor cursor(scratch);
    float* const columns = cursor.take<float>(filter() * columns_);
    auto* const packed = cursor.take<std::byte>(kernel_.packed_bytes(columns_, filter(), 1));
    const std::size_t end = std::min(positions_, begin + columns_), count = end - begin, g = image_group % group_;
    gather(context.inputs[0].as<float>() + image_group * c_ * pixels_, begin, end, columns);
    kernel_.pack({count, filter(), 1, columns, 1, columns_, nullptr}, packed);
    float* const dst = context.outputs[0].as<float>() + image_group * k_ * positions_ + begin;
    kernel_.gemm(float_product(context.inputs[1].as<float>() + g * k_ * filter(), k_, filter(), packed, count, dst, positions_));
    const float* const bias = bias_of(context);
    for (std::size_t k = 0; bias != nullptr && k < k_; ++k)
      for (std::size_t i = 0; i < count; ++i) dst[k * positions_ + i] += bias[g * k_ + k];
  }

  // columns[c * taps + t][i]: what position begin + i sees of channel c through tap t.
  void gather(const float* src, std::size_t begin, std::size_t end, float* columns) const {
    const std::size_t taps = grid_.num_taps();
    for (std::size_t t = 0; t < taps; ++t) {
      grid_.visit_runs(t, begin, end, [&](const WindowGrid::Run& run) {
        for (std::size_t c = 0; c < c_; ++c) {
          const float* const pixels = src + c * pixels_;
          float* const dst = columns + (c * taps + t) * columns_ + run.first;
          std::fill_n(dst, run.inside_begin, 0.0f);
          for (std::size_t i = run.inside_begin; i < run.inside_end; ++i)
            dst[i] = pixels[run.pixel + static_cast<std::ptrdiff_t>(i * run.stride)];
          std::fill(dst + run.inside_end, dst + run.count, 0.0f);
        }
      });
    }
  }

  const GemmF32Kernel& kernel_;
  WindowGrid grid_;
  std::size_t group_, batch_, c_, k_;  // channels and filters of a group
  std::size_t pixels_, positions_;     // of src and dst, per channel
  std::size_t columns_;
};

// Every thread takes output channels of an image: multiplies their weights with blocks of src's positions, and adds
// what comes out to the pixels that the windows see.
class ConvTransposeF32 : public Operator {
 public:
  explicit ConvTransposeF32(const OperatorContext& context)
      : kernel_(choose_gemm_f32(context.cpu)),
        grid_(conv_transpose_windows(context.node.as<ConvTransposeAttrs>(), context.input(0).shape,
                                     context.input(1).shape)),
        group_(size(context.node.as<ConvTransposeAttrs>().group)),
        batch_(size(context.input(0).shape[0])),
        c_(size(context.input(1).shape[0]) / group_),
        k_(size(context.input(1).shape[1])),
        positions_(plane(context.input(0).shape)),
        pixels_(plane(context.output().shape)),
        channels_(std::clamp<std::size_t>(kMaxProductBytes / (grid_.num_taps() * kMaxColumns * sizeof(float)), 1, k_)) {
    if (!context.input(1).is_constant) return;
    weights_ = AlignedBuffer(weights_bytes());
    transpose_weights(context.input(1).values<float>().data(), weights_.as<float>());
    context.packed_inputs[1] = true;
  }

  const char* kernel_name() const override { return kernel_.name; }
  std::size_t scratch_bytes(int num_threads) const override {
    return (weights_.size_bytes() > 0 ? 0 : scratch_piece_bytes(weights_bytes())) +
           thread_scratch() * static_cast<std::size_t>(num_threads);
  }

  void run(const RunContext& context) const override {
    std::byte* scratch = context.scratch;
    const float* weights = weights_.as<float>();
    if (weights_.size_bytes() == 0) {
      transpose_weights(context.inputs[1].as<float>(), reinterpret_cast<float*>(scratch));
      weights = reinterpret_cast<const float*>(scratch);
      scratch += scratch_piece_bytes(weights_bytes());
    }
    // One range of channels never reaches into the next group's.
    const std::size_t ranges = (k_ + channels_ - 1) / channels_;
    context.threads->parallel_for(batch_ * group_ * ranges, 1, [&](std::size_t begin, std::size_t end, int thread) {
      std::byte* const own = scratch + static_cast<std::size_t>(thread) * thread_scratch();
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t k_begin = i % ranges * channels_;
        run_channels(context, weights, i / ranges, k_begin, std::min(k_, k_begin + channels_), own);
      }
    });
  }

 private:
  static constexpr std::size_t kMaxProductBytes = std::size_t{1} << 18;

  std::size_t weights_bytes() const { return group_ * k_ * grid_.num_taps() * c_ * sizeof(float); }
  std::size_t thread_scratch() const {
    return scratch_piece_bytes(channels_ * grid_.num_taps() * kMaxColumns * sizeof(float)) +
           scratch_piece_bytes(kernel_.packed_bytes(kMaxColumns, c_, 1));
  }

  // [C, K/group, taps] -> [group, K/group, taps, C/group]
  void transpose_weights(const float* src, float* dst) const {
    const std::size_t rows = k_ * grid_.num_taps();
    for (std::size_t g = 0; g < group_; ++g)
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t c = 0; c < c_; ++c) *dst++ = src[(g * c_ + c) * rows + row];
  }

  void run_channels(const RunContext& context, const float* weights, std::size_t image_group, std::size_t k_begin,
                    std::size_t k_end, std::byte* scratch) const {
    const std::size_t g = image_group % group_, rows = (k_end - k_begin) * grid_.num_taps();
    ScratchCursor cursor(scratch);
    float* const product = cursor.take<float>(channels_ * grid_.num_taps() * kMaxColumns);
    auto* const packed = cursor.take<std::byte>(kernel_.packed_bytes(kMaxColumns, c_, 1));
    const float* const src = context.inputs[0].as<float>() + image_group * c_ * positions_;
    float* const dst = context.outputs[0].as<float>() + (image_group * k_ + k_begin) * pixels_;
    const float* const bias = bias_of(context);
    for (std::size_t k = 0; k < k_end - k_begin; ++k)
      std::fill_n(dst + k * pixels_, pixels_, bias == nullptr ? 0.0f : bias[g * k_ + k_begin + k]);
    for (std::size_t begin = 0; begin < positions_; begin += kMaxColumns) {
      const std::size_t count = std::min(kMaxColumns, positions_ - begin);
      kernel_.pack({count, c_, 1, src + begin, 1, positions_, nullptr}, packed);
      const float* const block = weights + (g * k_ + k_begin) * grid_.num_taps() * c_;
      kernel_.gemm(float_product(block, rows, c_, packed, count, product, kMaxColumns));
      scatter(product, begin, begin + count, k_end - k_begin, dst);
    }
  }

  // Adds product[k * taps + t][i] to the pixel that position begin + i sees through tap t.
  void scatter(const float* product, std::size_t begin, std::size_t end, std::size_t num_k, float* dst) const {
    const std::size_t taps = grid_.num_taps();
    for (std::size_t t = 0; t < taps; ++t) {
      grid_.visit_runs(t, begin, end, [&](const WindowGrid::Run& run) {
        for (std::size_t k = 0; k < num_k; ++k) {
          const float* const values = product + (k * taps + t) * kMaxColumns + run.first;
          float* const pixels = dst + k * pixels_;
          for (std::size_t i = run.inside_begin; i < run.inside_end; ++i)
            pixels[run.pixel + static_cast<std::ptrdiff_t>(i * run.stride)] += values[i];
        }
      });
    }
  }

  const GemmF32Kernel& kernel_;
  WindowGrid grid_;
  std::size_t group_, batch_, c_, k_;  // channels and filters of a group
  std::size_t positions_, pixels_;     // of src and dst, per channel
  std::size_t channels_;               // output channels that a thread takes at a time
  AlignedBuffer weights_;              // transposed; empty if they are computed
};

bool is_empty(const OperatorContext& context) {
  return element_count(context.input(0)) == 0 || element_count(context.output()) == 0;
}

}  // namespace

Result<std::unique_ptr<Operator>> make_conv_f32(const OperatorContext& context) {
  if (is_empty(context)) return nullptr;
  return std::make_unique<ConvF32>(context);
}

Result<std::unique_ptr<Operator>> make_conv_transpose_f32(const OperatorContext& context) {
  if (is_empty(context)) return nullptr;
  return std::make_unique<ConvTransposeF32>(context);
}

}  // namespace octet
