// SPDX-License-Identifier: Apache-2.0
// Depthwise layers of MobileNet; one thread, in GMAC/s.
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "base/aligned_buffer.h"

namespace octet {
namespace {

// A window of `window` x `window` over a square image without padding pixels, for size x size output pixels.
std::vector<std::int32_t> window_offsets(std::size_t size, std::size_t c, std::size_t window, std::size_t stride) {
  const std::size_t src_size = (size - 1) * stride + window;
  std::vector<std::int32_t> offsets;
  for (std::size_t y = 0; y < size; ++y) {
    for (std::size_t x = 0; x < size; ++x) {
      for (std::size_t ky = 0; ky < window; ++ky) {
        for (std::size_t kx = 0; kx < window; ++kx) {
          offsets.push_back(static_cast<std::int32_t>(((y * stride + ky) * src_size + x * stride + kx) * c));
        }
      }
    }
  }
  return offsets;
}

void run(benchmark::State& state, const DepthwiseQs8Kernel* kernel) {
  const auto size = static_cast<std::size_t>(state.range(0)), c = static_cast<std::size_t>(state.range(1));
  const auto window = static_cast<std::size_t>(state.range(2)), stride = static_cast<std::size_t>(state.range(3));
  const std::size_t src_size = (size - 1) * stride + window;
  const std::size_t taps = window * window;
  const std::vector<std::int32_t> offsets = window_offsets(size, c, window, stride);
  const std::vector<std::int8_t> src(src_size * src_size * c, 3), weights(taps * c, 5);
  const std::vector<float> scale(c, 1e-2f);
  std::vector<std::int8_t> dst(size * size * c);
  AlignedBuffer packed(kernel->packed_bytes(c, taps));
  kernel->pack({c, taps, weights.data(), c, 1, nullptr, nullptr, scale.data(), -3}, packed.data());
  const bool slides = stride == 1;
  const DepthwiseQs8Args args{.pixels = size * size,
                              .c = c,
                              .taps = taps,
                              .src = src.data(),
                              .offsets = offsets.data(),
                              .padding = nullptr,
                              .packed = packed.data(),
                              .dst = dst.data(),
                              .dst_stride = c,
                              .output = {-128, -128, 127},
                              .row_pixels = slides ? size : 0,
                              .row_taps = slides ? window : 0};
  for (auto _ : state) {
    kernel->depthwise(args);
    benchmark::ClobberMemory();
  }
  state.counters["GMAC/s"] = benchmark::Counter(static_cast<double>(size * size * c * taps) * 1e-9,
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void register_all() {
  for (const DepthwiseQs8Kernel* kernel : depthwise_qs8_qc8w_kernels()) {
    if (!cpu_features().has(kernel->isa)) continue;
    benchmark::RegisterBenchmark(kernel->name, run, kernel)
        ->ArgNames({"size", "c", "window", "stride"})
        ->Args({112, 32, 3, 1})
        ->Args({56, 128, 3, 1})
        ->Args({56, 144, 3, 1})
        ->Args({14, 512, 3, 1})
        ->Args({7, 960, 3, 1})
        ->Args({28, 120, 5, 1})
        ->Args({14, 672, 5, 1})
        ->Args({56, 96, 3, 2})
        ->Args({14, 256, 3, 2})
        ->Args({7, 672, 5, 2});
  }
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace octet
