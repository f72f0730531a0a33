// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/fidelity.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "analysis/metrics.h"
#include "runtime/executor.h"

namespace octet {
namespace {

std::span<const float> as_floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

// One thread's executors: the float model and all candidates on the same sample.
class Comparer {
 public:
  Comparer(const std::shared_ptr<const Plan>& float_plan, std::span<const std::shared_ptr<const Plan>> candidates)
      : reference_(float_plan, 1) {
    for (const auto& plan : candidates) candidates_.push_back(std::make_unique<Executor>(plan, 1));
    for (std::size_t i = 0; i < float_plan->graph().inputs.size(); ++i) inputs_.push_back(reference_.input(i));
  }

  Result<void> run(const SampleSource& samples, std::size_t index, std::span<double> cosines) {
    OCTET_RETURN_IF_ERROR(samples.load(index, inputs_));
    OCTET_RETURN_IF_ERROR(reference_.run());
    for (std::size_t c = 0; c < candidates_.size(); ++c) {
      for (std::size_t i = 0; i < inputs_.size(); ++i)
        std::memcpy(candidates_[c]->input(i).data(), inputs_[i].data(), inputs_[i].size());
      OCTET_RETURN_IF_ERROR(candidates_[c]->run());
      const auto expected = as_floats(reference_.output(0)), given = as_floats(candidates_[c]->output(0));
      // Where sizes depend on values, a candidate may give another number of results.
      cosines[c] = expected.size() == given.size() ? cosine_similarity(expected, given) : 0.0;
    }
    return {};
  }

 private:
  Executor reference_;
  std::vector<std::unique_ptr<Executor>> candidates_;
  std::vector<std::span<std::byte>> inputs_;
};

}  // namespace

double mean_of(std::span<const double> values) {
  return values.empty() ? 0.0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Result<std::vector<std::vector<double>>> output_cosines(const std::shared_ptr<const Plan>& float_plan,
                                                        std::span<const Graph* const> candidates, const SampleSource& samples,
                                                        int num_threads) {
  std::vector<std::shared_ptr<const Plan>> plans;
  for (const Graph* graph : candidates) {
    OCTET_ASSIGN_OR_RETURN(plans.emplace_back(), Plan::make(*graph));
  }
  const std::size_t count = std::min(samples.size(), kFidelitySamples);
  const std::size_t num_workers = std::min<std::size_t>(static_cast<std::size_t>(num_threads), std::max<std::size_t>(count, 1));
  std::vector<std::unique_ptr<Comparer>> workers;
  for (std::size_t i = 0; i < num_workers; ++i) workers.push_back(std::make_unique<Comparer>(float_plan, plans));
  ThreadPool threads(static_cast<int>(num_workers));
  std::vector<double> cosines(count * plans.size());  // by sample, then candidate
  std::vector<Result<void>> status(num_workers);
  threads.run([&](int thread) {
    const auto t = static_cast<std::size_t>(thread);
    for (std::size_t i = t; i < count && status[t]; i += num_workers)
      status[t] = workers[t]->run(samples, i * samples.size() / count, std::span(cosines).subspan(i * plans.size(), plans.size()));
  });
  for (Result<void>& result : status) OCTET_RETURN_IF_ERROR(std::move(result));
  std::vector<std::vector<double>> by_candidate(plans.size());
  for (std::size_t i = 0; i < cosines.size(); ++i) by_candidate[i % plans.size()].push_back(cosines[i]);
  return by_candidate;
}

Result<double> mean_output_cosine(const std::shared_ptr<const Plan>& float_plan, const Graph& candidate, const SampleSource& samples,
                                  int num_threads) {
  const Graph* const candidates[] = {&candidate};
  OCTET_ASSIGN_OR_RETURN(const auto cosines, output_cosines(float_plan, candidates, samples, num_threads));
  return mean_of(cosines[0]);
}

}  // namespace octet
