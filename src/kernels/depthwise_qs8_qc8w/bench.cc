// SPDX-License-Identifier: Apache-2.0
// Depthwise layers of MobileNet; one thread, in GMAC/s.
#include "kernels/depthwise_qs8_qc8w/depthwise_qs8_qc8w.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "base/aligned_buffer.h"

namespace octet {
namespace {

// A window of `window` x `window` over a square image without padding pixels.
std::vector<std::int32_t> window_offsets(std::size_t size, std::size_t c, std::size_t window) {
  std::vector<std::int32_t> offsets;
  for (std::size_t y = 0; y < size; ++y) {
    for (std::size_t x = 0; x < size; ++x) {
      for (std::size_t ky = 0; ky < window; ++ky) {
        for (std::size_t kx = 0; kx < window; ++kx) {
          offsets.push_back(static_cast<std::int32_t>(((y + ky) * (size + window - 1) + x + kx) * c));
        }
      }
    }
  }
  return offsets;
}

void run(benchmark::State& state, const DepthwiseQs8Kernel* kernel) {
  const auto size = static_cast<std::size_t>(state.range(0)), c = static_cast<std::size_t>(state.range(1));
  const auto window = static_cast<std::size_t>(state.range(2));
  const std::size_t taps = window * window;
  const std::vector<std::int32_t> offsets = window_offsets(size, c, window);
  const std::vector<std::int8_t> src((size + window - 1) * (size + window - 1) * c, 3), weights(taps * c, 5);
  const std::vector<float> scale(c, 1e-2f);
  std::vector<std::int8_t> dst(size * size * c);
  AlignedBuffer packed(kernel->packed_bytes(c, taps));
  kernel->pack({c, taps, weights.data(), c, 1, nullptr, nullptr, scale.data(), -3}, packed.data());
  const DepthwiseQs8Args args{size * size,   c,          taps, src.data(),     offsets.data(), nullptr,
                              packed.data(), dst.data(), c,    {-5, -128, 127}};
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
        ->ArgNames({"size", "c", "window"})
        ->Args({112, 32, 3})
        ->Args({56, 128, 3})
        ->Args({56, 144, 3})
        ->Args({14, 512, 3})
        ->Args({7, 960, 3})
        ->Args({28, 120, 5});
  }
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace octet
