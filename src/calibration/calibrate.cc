// SPDX-License-Identifier: Apache-2.0
#include "calibration/calibrate.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "runtime/executor.h"

namespace octet {
namespace {

// One sample at a time: an executor and its own empty set of observers.
class Worker {
 public:
  Worker(const std::shared_ptr<const Plan>& plan, std::span<const StatisticPoint> points)
      : executor_(plan, /*num_threads=*/1) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      observers_.push_back(points[i].observer->fresh());
      points_of_tensor_[points[i].tensor].push_back(i);
    }
    for (std::size_t i = 0; i < plan->graph().inputs.size(); ++i) inputs_.push_back(executor_.input(i));
  }

  Result<void> run(const SampleSource& samples, std::size_t index) {
    OCTET_RETURN_IF_ERROR(samples.load(index, inputs_));
    Result<void> status;
    const Graph& graph = executor_.plan().graph();
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      const Tensor& tensor = graph.tensor(graph.inputs[i]);
      observe(graph.inputs[i], {tensor.type, &tensor.shape, inputs_[i].data()}, index, status);
    }
    OCTET_RETURN_IF_ERROR(executor_.run([&](std::size_t, const Node& node, std::span<const ConstView>, std::span<const View> outputs) {
      for (std::size_t i = 0; i < outputs.size(); ++i)
        observe(node.outputs[i], {outputs[i].type, outputs[i].shape, outputs[i].data}, index, status);
    }));
    return status;
  }

  std::span<const std::unique_ptr<Observer>> observers() const { return observers_; }

 private:
  void observe(TensorId tensor, const ConstView& values, std::size_t index, Result<void>& status) {
    const auto found = points_of_tensor_.find(tensor);
    if (found == points_of_tensor_.end()) return;
    for (const std::size_t point : found->second) {
      if (!status) return;
      status = observers_[point]->observe(values);
      if (!status) {
        status = make_error(ErrorCode::kInvalidData, "calibration sample {}: tensor '{}' {}", index + 1,
                            executor_.plan().graph().tensor(tensor).name, status.error().message);
      }
    }
  }

  Executor executor_;
  std::vector<std::unique_ptr<Observer>> observers_;  // by point
  std::map<TensorId, std::vector<std::size_t>> points_of_tensor_;
  std::vector<std::span<std::byte>> inputs_;
};

// All samples of one plan; `report` is told how many are done.
Result<void> run_samples(const std::shared_ptr<const Plan>& plan, const SampleSource& samples, std::span<StatisticPoint> points, int num_threads,
                         const std::function<void(std::size_t)>& report) {
  const std::size_t num_workers = std::min<std::size_t>(static_cast<std::size_t>(num_threads), samples.size());
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < num_workers; ++i) workers.push_back(std::make_unique<Worker>(plan, points));
  ThreadPool threads(static_cast<int>(num_workers));
  for (std::size_t first = 0; first < samples.size(); first += num_workers) {
    const std::size_t count = std::min(num_workers, samples.size() - first);
    std::vector<Result<void>> status(count);
    threads.run([&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      if (t < count) status[t] = workers[t]->run(samples, first + t);
    });
    for (std::size_t t = 0; t < count; ++t) {
      OCTET_RETURN_IF_ERROR(std::move(status[t]));
      for (std::size_t i = 0; i < points.size(); ++i) points[i].observer->merge(*workers[t]->observers()[i]);
    }
    report(first + count);
  }
  return {};
}

// Those points that a profile's graph can add to, as points of its tensors.
struct ProfilePoints {
  std::vector<StatisticPoint> points;
  std::vector<std::size_t> sources;  // the points that they come from
};

ProfilePoints profile_points(const Graph& graph, std::span<const StatisticPoint> points, const Graph& profile) {
  const auto by_name = tensors_by_name(profile);
  const auto channels = [](const Tensor& tensor) { return tensor.shape.empty() ? 1 : tensor.shape.back(); };
  ProfilePoints result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Tensor& tensor = graph.tensor(points[i].tensor);
    const auto found = by_name.find(tensor.name);
    if (found == by_name.end() || profile.tensor(found->second).type != tensor.type) continue;
    if (points[i].observer->is_per_channel() && channels(tensor) != channels(profile.tensor(found->second))) continue;
    result.points.push_back({found->second, points[i].observer->fresh()});
    result.sources.push_back(i);
  }
  return result;
}

Result<void> run_profile(const Graph& graph, const CalibrationProfile& profile, std::span<StatisticPoint> points, int num_threads,
                         const std::function<void(std::size_t)>& report) {
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, Plan::make(*profile.graph));
  ProfilePoints mapped = profile_points(graph, points, plan->graph());
  OCTET_RETURN_IF_ERROR(run_samples(plan, *profile.samples, mapped.points, num_threads, report));
  for (std::size_t i = 0; i < mapped.points.size(); ++i) points[mapped.sources[i]].observer->merge(*mapped.points[i].observer);
  return {};
}

}  // namespace

Result<void> calibrate(const std::shared_ptr<const Plan>& plan, const SampleSource& samples,
                       std::span<StatisticPoint> points, const CalibrationOptions& options) {
  if (samples.size() == 0) return make_error(ErrorCode::kInvalidData, "there is no calibration sample");
  std::size_t total = samples.size(), before = 0;
  for (const CalibrationProfile& profile : options.profiles) total += profile.samples->size();
  const auto report = [&](std::size_t done) {
    if (options.progress) options.progress(before + done, total);
  };
  OCTET_RETURN_IF_ERROR(run_samples(plan, samples, points, options.num_threads, report));
  before = samples.size();
  for (const CalibrationProfile& profile : options.profiles) {
    if (profile.samples->size() == 0) continue;
    if (auto done = run_profile(plan->graph(), profile, points, options.num_threads, report); !done) return at(profile.name, std::move(done).error());
    before += profile.samples->size();
  }
  return {};
}

}  // namespace octet
