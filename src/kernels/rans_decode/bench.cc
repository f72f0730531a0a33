// SPDX-License-Identifier: Apache-2.0
// Symbols of a normal distribution as int8 weights have them; one thread, in bytes of decoded weights per second.
#include "kernels/rans_decode/rans_decode.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

namespace octet {
namespace {

void run(benchmark::State& state, const RansDecodeKernel* kernel) {
  constexpr std::size_t kSymbols = std::size_t{1} << 20;
  std::vector<std::uint32_t> table;
  for (std::uint32_t s = 0; s < 256; ++s) {
    const double x = (static_cast<double>(s) - 128) / 32;
    auto frequency = static_cast<std::uint32_t>(1 + 3840 * std::exp(-x * x / 2) / (32 * 2.5066));
    if (s == 255) frequency = static_cast<std::uint32_t>(kRansTableSize - table.size());
    for (std::uint32_t i = 0; i < frequency; ++i) table.push_back(rans_entry(s, frequency, i));
  }
  // Random words are the code of symbols of this distribution.
  std::vector<std::uint16_t> words(kSymbols + kRansOverread);
  std::uint32_t random = 1;
  for (auto& word : words) random = random * 1664525 + 1013904223, word = static_cast<std::uint16_t>(random >> 16);
  std::vector<std::uint8_t> dst(kSymbols);
  for (auto _ : state) {
    std::vector<std::uint32_t> states(kRansLanes, 0x12345678);
    benchmark::DoNotOptimize(kernel->decode({kSymbols, kRansLanes, table.data(), words.data(), words.data() + kSymbols, states.data(), dst.data()}));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kSymbols));
}

void register_all() {
  for (const RansDecodeKernel* kernel : rans_decode_kernels())
    if (cpu_features().has(kernel->isa)) benchmark::RegisterBenchmark(kernel->name, run, kernel);
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace octet
