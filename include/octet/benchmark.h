// SPDX-License-Identifier: Apache-2.0
// Measuring how long a model takes.
#ifndef OCTET_BENCHMARK_H_
#define OCTET_BENCHMARK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "octet/model.h"
#include "octet/result.h"

namespace octet {

struct BenchmarkOptions {
  LoadOptions load;
  int num_threads = 1;
  int num_warmups = 3;  // runs before the measured ones, not counting the first
  int num_loops = 50;   // >= 1
  bool layers = false;  // also the time of each node, the shortest of num_loops further runs
};

// Times in milliseconds of wall clock.
struct BenchmarkResult {
  double load_ms = 0;   // file to session, kernels chosen and weights packed
  double first_ms = 0;  // the very first run
  double min_ms = 0, median_ms = 0, p90_ms = 0;
  double peak_rss_mb = 0;  // of the whole process, in 2^20 bytes
  std::vector<NodeTime> layers;
};

// Loads and runs the model on random input (fixed seed). Error: as Model::load and Session::create.
Result<BenchmarkResult> benchmark(const std::string& path, const BenchmarkOptions& options);

// What one thread can do at best with the kernels chosen on this machine, measured with instructions on registers alone.
struct MachinePeak {
  std::string kernel;  // its name ends with the tier of instructions
  double f32_gmacs = 0, qs8_gmacs = 0;  // 10^9 products and additions per second
};
MachinePeak measure_peak();

// Fills an input with reproducible values: floats in [0, 1), integers 0.
void fill_random(const TensorInfo& info, std::span<std::byte> bytes, std::uint32_t seed);

// Peak resident memory of this process, in 2^20 bytes.
double peak_rss_mb();

}  // namespace octet

#endif  // OCTET_BENCHMARK_H_
