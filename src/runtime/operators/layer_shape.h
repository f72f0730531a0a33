// SPDX-License-Identifier: Apache-2.0
// The sizes of layers with weights, as matrix products: convolution on NHWC images and fully connected layers.
#ifndef OCTET_RUNTIME_OPERATORS_LAYER_SHAPE_H_
#define OCTET_RUNTIME_OPERATORS_LAYER_SHAPE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/image_window.h"
#include "ops/define.h"
#include "ops/window.h"
#include "runtime/operator.h"

namespace octet {

struct LayerShape {
  std::size_t batch = 1;   // images; 1 for fully connected layers
  std::size_t pixels = 0;  // output pixels of an image; rows of a fully connected layer
  std::size_t c = 0, k = 0;  // input and output channels
  std::size_t group = 1;
  std::size_t taps = 1;
  std::size_t src_image = 0;                 // elements of one input image
  std::vector<std::int32_t> offsets;         // [pixels][taps]; empty if row m of src makes row m of dst
  std::size_t run_taps = 1;                  // taps that follow each other in memory; see GemmQs8Args
  std::optional<ImageWindow> window;         // the same as offsets, where taps make such runs
  // Of a window that slides by one pixel: output pixels in a row and taps in a row; else 0. See DepthwiseQs8Args.
  std::size_t row_pixels = 0, row_taps = 0;
  Activation activation = Activation::kNone;

  bool direct() const { return offsets.empty(); }
  std::size_t c_per_group() const { return c / group; }
  std::size_t k_per_group() const { return k / group; }
  // One filter per channel, as many output as input channels.
  bool is_depthwise() const { return group > 1 && group == c && k == c; }
};

// Weights, and the bias if there is one.
bool has_constant_parameters(const OperatorContext& context);
// They were packed: run() needs them no more.
void mark_parameters_packed(const OperatorContext& context);
// By one pixel, over neighbouring ones.
bool slides(const Window1d& window);

// The node must be a conv2d on NHWC images with constant weights and bias; nothing if it is not.
Result<std::optional<LayerShape>> conv2d_shape(const OperatorContext& context);
// The node must be a fully_connected with constant weights and bias, of at least one row, input and output.
std::optional<LayerShape> fully_connected_shape(const OperatorContext& context);

// Pieces of a product: all its weights are read for each piece of rows, and all its rows prepared for each piece of columns.
inline constexpr std::size_t kRowTiles = 16, kColumnTiles = 4;

// Splits the product [m, n] over threads: rows if there are enough tiles of them, else columns. Calls
// f(m_begin, m_end, n_begin, n_end, thread).
template <typename F>
void split_product(ThreadPool& threads, std::size_t m, std::size_t mr, std::size_t n, std::size_t nr, const F& f) {
  const auto num_threads = static_cast<std::size_t>(threads.num_threads());
  if (m >= 2 * mr * num_threads || n <= nr) {
    threads.parallel_for(m, mr, kRowTiles * mr, [&](std::size_t begin, std::size_t end, int thread) { f(begin, end, std::size_t{0}, n, thread); });
  } else {
    threads.parallel_for(n, nr, kColumnTiles * nr, [&](std::size_t begin, std::size_t end, int thread) { f(std::size_t{0}, m, begin, end, thread); });
  }
}

}  // namespace octet

#endif  // OCTET_RUNTIME_OPERATORS_LAYER_SHAPE_H_
