// SPDX-License-Identifier: Apache-2.0
// One row from memory: the columns of a product are split over threads, and many copies of the weights follow each other, more than
// fit into caches. Bytes are those of packed weights. The same for the kernels of gemm_qs8_qc8w and, as what they are to be compared
// with, for reading alone.
#include "kernels/gemv_qs8_qc4w/gemv_qs8_qc4w.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "base/aligned_buffer.h"

namespace octet {
namespace {

constexpr std::size_t kBytesFromMemory = std::size_t{512} << 20;

// What the threads of a benchmark share; made by the first before all begin.
struct Weights {
  std::vector<AlignedBuffer> copies;
  std::size_t bytes = 0;  // of one
};
Weights shared;

void make_shared_weights(const AlignedBuffer& weights, bool is_cached) {
  const std::size_t copies = is_cached ? 1 : kBytesFromMemory / weights.size_bytes() + 1;
  shared = {};
  shared.bytes = weights.size_bytes();
  for (std::size_t i = 0; i < copies; ++i) {
    shared.copies.emplace_back(weights.size_bytes());
    std::copy_n(weights.data(), weights.size_bytes(), shared.copies.back().data());
  }
}

struct Columns {
  std::size_t begin, end;
};

// Of a thread: whole tiles.
Columns own_columns(const benchmark::State& state, std::size_t n, std::size_t nr) {
  const std::size_t tiles = (n + nr - 1) / nr, threads = static_cast<std::size_t>(state.threads());
  const auto thread = static_cast<std::size_t>(state.thread_index());
  return {tiles * thread / threads * nr, std::min(n, tiles * (thread + 1) / threads * nr)};
}

void report(benchmark::State& state, const Columns& own, std::size_t n) {
  const double bytes = static_cast<double>(shared.bytes) * static_cast<double>(own.end - own.begin) / static_cast<double>(n);
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void multiply(benchmark::State& state, const GemmQs8Kernel* kernel) {
  const auto n = static_cast<std::size_t>(state.range(0)), k = static_cast<std::size_t>(state.range(1));
  if (state.thread_index() == 0) {
    std::mt19937 engine;
    std::vector<std::int8_t> weights(n * k);
    for (auto& weight : weights) weight = static_cast<std::int8_t>(static_cast<int>(engine() % 16) - 8);
    const std::vector<float> scale(n, 1e-3f);
    AlignedBuffer packed(kernel->packed_bytes(n, k, 1));
    kernel->pack({n, k, 1, weights.data(), k, 1, nullptr, nullptr, scale.data(), -128}, packed.data());
    make_shared_weights(packed, state.range(2) != 0);
  }
  const std::vector<std::int8_t> src(k, 3);
  std::vector<std::int8_t> dst(n);
  AlignedBuffer scratch(kernel->scratch_bytes(k, 1));
  const Columns own = own_columns(state, n, kernel->nr);
  GemmQs8Args args{};
  args.m = 1;
  args.n_begin = own.begin;
  args.n_end = own.end;
  args.k = k;
  args.taps = 1;
  args.src = src.data();
  args.src_stride = k;
  args.dst = dst.data();
  args.dst_stride = n;
  args.output = {-5, -128, 127};
  args.scratch = scratch.data();
  std::size_t copy = 0;
  for (auto _ : state) {
    args.packed = shared.copies[copy].data();
    copy = copy + 1 < shared.copies.size() ? copy + 1 : 0;
    kernel->gemm(args);
    benchmark::ClobberMemory();
  }
  report(state, own, n);
}

// As many bytes as packed weights of four bits, from eight places at a time.
void read(benchmark::State& state) {
  using Vector [[gnu::vector_size(16)]] = std::uint64_t;
  struct Line {
    Vector vectors[4];
  };
  const auto n = static_cast<std::size_t>(state.range(0)), k = static_cast<std::size_t>(state.range(1));
  if (state.thread_index() == 0) make_shared_weights(AlignedBuffer(n * k / 2), state.range(2) != 0);
  const Columns own = own_columns(state, n, 128);
  constexpr std::size_t kPlaces = 8;
  const std::size_t lines = (own.end - own.begin) * k / 2 / sizeof(Line) / kPlaces;
  std::size_t copy = 0;
  for (auto _ : state) {
    const auto* from = reinterpret_cast<const Line*>(shared.copies[copy].data() + own.begin * k / 2);
    copy = copy + 1 < shared.copies.size() ? copy + 1 : 0;
    Line sum{};
    for (std::size_t i = 0; i < lines; ++i) {
      for (std::size_t place = 0; place < kPlaces; ++place) {
        __builtin_prefetch(from + place * lines + i + 8);
        const Vector* const vectors = from[place * lines + i].vectors;
        for (std::size_t v = 0; v < 4; ++v) sum.vectors[v] ^= vectors[v];
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  report(state, own, n);
}

void with_sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"n", "k", "cached"})->UseRealTime();
  for (const int threads : {1, 2}) bench->Threads(threads);
  bench->Args({4096, 4096, 0})->Args({4096, 11008, 0})->Args({4096, 4096, 1})->Args({256, 1024, 1})->Args({1000, 1024, 1});
}

void register_all() {
  with_sizes(benchmark::RegisterBenchmark("read", read));
  for (const auto& kernels : {gemv_qs8_qc4w_kernels(), gemm_qs8_qc8w_kernels()}) {
    for (const GemmQs8Kernel* kernel : kernels) {
      if (cpu_features().has(kernel->isa) && kernel->isa != Isa::kScalar) with_sizes(benchmark::RegisterBenchmark(kernel->name, multiply, kernel));
    }
  }
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace octet
