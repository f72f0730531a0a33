// SPDX-License-Identifier: Apache-2.0
// Products as of MobileNet's pointwise layers, ResNet's windows and fully connected layers; one thread, in GMAC/s.
#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/aligned_buffer.h"

namespace octet {
namespace {

// As behind a ReLU: half of them zero, the largest of many thousands 255.
std::vector<std::int8_t> activations(std::size_t n) {
  std::mt19937 engine;
  std::normal_distribution<float> normal(0.0f, 255.0f / 4.5f);
  std::vector<std::int8_t> values(n);
  for (auto& value : values) value = static_cast<std::int8_t>(std::clamp(normal(engine), 0.0f, 255.0f) - 128.0f);
  return values;
}

void run(benchmark::State& state, const GemmQs8Kernel* kernel) {
  const auto m = static_cast<std::size_t>(state.range(0)), n = static_cast<std::size_t>(state.range(1));
  const auto k = static_cast<std::size_t>(state.range(2)), taps = static_cast<std::size_t>(state.range(3));
  const std::vector<std::int8_t> src = activations(m * k + taps * k), weights(n * k * taps, 5);
  const std::vector<float> scale(n, 1e-3f);
  std::vector<std::int8_t> dst(m * n);
  std::vector<std::int32_t> offsets(m * taps);
  const std::size_t runs = taps == 9 ? 3 : (taps == 49 ? 7 : 1), run = k * taps / runs;
  AlignedBuffer packed(kernel->packed_bytes(n, run, runs));
  kernel->pack({n, run, runs, weights.data(), k * taps, 1, nullptr, nullptr, scale.data(), -128}, packed.data());
  AlignedBuffer scratch(kernel->scratch_bytes(run, runs));
  GemmQs8Args args{};
  args.m = m;
  args.n_end = n;
  args.k = k;
  args.taps = taps;
  args.src = src.data();
  args.src_stride = k;
  args.offsets = taps > 1 ? offsets.data() : nullptr;
  args.run_taps = taps / runs;
  // Windows of a square image.
  const std::vector<std::int8_t> padding(k, -128);
  ImageWindow window{};
  const auto width = static_cast<std::int32_t>(std::lround(std::sqrt(static_cast<double>(m))));
  if (taps > 1) {
    const auto size = static_cast<std::int32_t>(args.run_taps);
    window = {.height = width, .width = width, .output_width = width, .kernel_height = size, .kernel_width = size,
              .stride_y = 1, .stride_x = 1, .dilation_y = 1, .pad_y = size / 2, .pad_x = size / 2};
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(offsets.size()); ++i) {
      const std::int32_t pixel = i / (size * size), tap = i % (size * size);
      const std::int32_t y = pixel / width + tap / size - size / 2, x = pixel % width + tap % size - size / 2;
      const bool is_inside = y >= 0 && y < width && x >= 0 && x < width;
      offsets[static_cast<std::size_t>(i)] = is_inside ? (y * width + x) * static_cast<std::int32_t>(k) : kPaddingTap;
    }
    args.window = &window;
    args.padding = padding.data();
  }
  args.packed = packed.data();
  args.dst = dst.data();
  args.dst_stride = n;
  args.output = {-5, -128, 127};
  args.scratch = scratch.data();
  for (auto _ : state) {
    kernel->gemm(args);
    benchmark::ClobberMemory();
  }
  state.counters["GMAC/s"] =
      benchmark::Counter(static_cast<double>(m * n * k * taps) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void register_all() {
  for (const GemmQs8Kernel* kernel : gemm_qs8_qc8w_kernels()) {
    if (!cpu_features().has(kernel->isa)) continue;
    benchmark::RegisterBenchmark(kernel->name, run, kernel)
        ->ArgNames({"m", "n", "k", "taps"})
        ->Args({12544, 64, 32, 1})
        ->Args({3136, 128, 64, 1})
        ->Args({784, 256, 128, 1})
        ->Args({3136, 64, 256, 1})
        ->Args({3136, 256, 64, 1})
        ->Args({196, 1024, 256, 1})
        ->Args({196, 512, 512, 1})
        ->Args({49, 1024, 1024, 1})
        ->Args({128, 768, 3072, 1})
        ->Args({12544, 32, 3, 9})
        ->Args({12544, 64, 3, 49})
        ->Args({3136, 64, 64, 9})
        ->Args({49, 512, 512, 9})
        ->Args({1, 16, 1024, 1})
        ->Args({1, 256, 1024, 1})
        ->Args({1, 1000, 1024, 1})
        ->Args({1, 4096, 4096, 1})
        ->Args({1, 16384, 8192, 1});
  }
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace octet
