// SPDX-License-Identifier: Apache-2.0
#include "octet/benchmark.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <random>

#include "base/cpu_features.h"
#include "base/error.h"
#include "kernels/peak/peak.h"

namespace octet {
namespace {

template <typename F>
double time_ms(const F& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// The value below which a fraction p of the sorted values lies, the nearest rank.
double percentile(const std::vector<double>& sorted, double p) {
  const auto rank = static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[rank];
}

// The best of several short runs, in products and additions per nanosecond.
double peak_gmacs(std::uint64_t (*run)(std::uint64_t)) {
  constexpr int kRuns = 20;
  constexpr std::uint64_t kProducts = 10'000'000;
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    std::uint64_t done = 0;
    const double ms = time_ms([&] { done = run(kProducts); });
    best = std::max(best, static_cast<double>(done) / (ms * 1e6));
  }
  return best;
}

// Each node's shortest time of `num_loops` runs.
Result<std::vector<NodeTime>> shortest_times(Session& session, int num_loops) {
  OCTET_ASSIGN_OR_RETURN(std::vector<NodeTime> best, session.run_profiled());
  for (int i = 1; i < num_loops; ++i) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<NodeTime> times, session.run_profiled());
    for (std::size_t n = 0; n < best.size(); ++n) best[n].ms = std::min(best[n].ms, times[n].ms);
  }
  return best;
}

}  // namespace

void fill_random(const TensorInfo& info, std::span<std::byte> bytes, std::uint32_t seed) {
  if (info.type != ElementType::kFloat32) {
    std::memset(bytes.data(), 0, bytes.size());
    return;
  }
  std::mt19937 random(seed);
  for (std::size_t i = 0; i + sizeof(float) <= bytes.size(); i += sizeof(float)) {
    const float value = static_cast<float>(random() >> 8) * 0x1p-24f;  // the same on every standard library
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
}

// VmHWM counts since the program began; getrusage's figure is inherited from whoever started it.
double peak_rss_mb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (double kilobytes = 0; word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024.0;
  return 0;
}

MachinePeak measure_peak() {
  const PeakKernel& kernel = choose_peak(cpu_features());
  return {kernel.name, peak_gmacs(kernel.f32), peak_gmacs(kernel.qs8)};
}

Result<BenchmarkResult> benchmark(const std::string& path, const BenchmarkOptions& options) {
  if (options.num_loops < 1 || options.num_warmups < 0)
    return make_error(ErrorCode::kInvalidArgument, "benchmark: {} loops and {} warm-ups, expected at least 1 and 0", options.num_loops,
                      options.num_warmups);
  BenchmarkResult result;
  Result<Session> session = make_error(ErrorCode::kInternal, "not loaded");
  result.load_ms = time_ms([&] {
    auto model = Model::load(path, options.load);
    session = model ? Session::create(*model, {options.num_threads}) : Result<Session>(std::move(model).error());
  });
  if (!session) return std::move(session).error();
  for (std::size_t i = 0; i < session->num_inputs(); ++i)
    fill_random(session->input_info(i), session->input_bytes(i), static_cast<std::uint32_t>(i + 1));
  Result<void> done;
  result.first_ms = time_ms([&] { done = session->run(); });
  OCTET_RETURN_IF_ERROR(std::move(done));
  for (int i = 0; i < options.num_warmups; ++i) OCTET_RETURN_IF_ERROR(session->run());
  std::vector<double> times;
  for (int i = 0; i < options.num_loops && done; ++i) times.push_back(time_ms([&] { done = session->run(); }));
  OCTET_RETURN_IF_ERROR(std::move(done));
  std::sort(times.begin(), times.end());
  result.min_ms = times.front();
  result.median_ms = percentile(times, 0.5);
  result.p90_ms = percentile(times, 0.9);
  if (options.layers) {
    OCTET_ASSIGN_OR_RETURN(result.layers, shortest_times(*session, options.num_loops));
  }
  result.peak_rss_mb = peak_rss_mb();
  return result;
}

}  // namespace octet
