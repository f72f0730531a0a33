// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/output_rounding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/conv2d.h"
#include "ops/fully_connected.h"

namespace octet {
namespace {

constexpr std::size_t kRowsPerSample = 192;
constexpr std::size_t kMaxInputs = 4096;  // the factorization takes K^3 / 3 operations
constexpr double kDamping = 0.05;         // share of the mean moment that every input gets

// Sums in four parts, which lets the compiler keep several products in flight; always in the same order.
double dot(const double* a, const double* b, std::size_t n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) s0 += a[i] * b[i], s1 += a[i + 1] * b[i + 1], s2 += a[i + 2] * b[i + 2], s3 += a[i + 3] * b[i + 3];
  for (; i < n; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

// R = L D L^T for a symmetric positive definite R [n, n]; L replaces R below the diagonal.
void factorize(std::vector<double>& r, std::size_t n, ThreadPool& threads) {
  std::vector<double> d(n), scaled(n);
  for (std::size_t j = 0; j < n; ++j) {
    const double* row = r.data() + j * n;
    for (std::size_t k = 0; k < j; ++k) scaled[k] = row[k] * d[k];
    d[j] = row[j] - dot(row, scaled.data(), j);
    threads.parallel_for(n - j - 1, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = j + 1 + begin; i < j + 1 + end; ++i) {
        double* below = r.data() + i * n;
        below[j] = (below[j] - dot(below, scaled.data(), j)) / d[j];
      }
    });
  }
}

// U^T in the order of rounding: row k holds U[j, k] for j < k.
std::vector<double> feedback(const MomentObserver& moments, const std::vector<std::size_t>& order, ThreadPool& threads) {
  const std::size_t n = moments.size();
  const auto& h = moments.sums();
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) mean += h[i * n + i] / static_cast<double>(n);
  const double damping = mean > 0 ? kDamping * mean : 1.0;
  std::vector<double> r(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) r[i * n + j] = h[order[n - 1 - i] * n + order[n - 1 - j]] + (i == j ? damping : 0.0);
  factorize(r, n, threads);
  std::vector<double> u(n * n);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < k; ++j) u[k * n + j] = r[(n - 1 - j) * n + (n - 1 - k)];
  return u;
}

}  // namespace

Result<void> MomentObserver::observe(const ConstView& values) {
  const Shape& shape = *values.shape;
  const auto c = static_cast<std::size_t>(shape.back());
  const std::size_t rows = c == 0 ? 0 : static_cast<std::size_t>(*num_elements(shape)) / c;
  if (sums_.empty()) size_ = c, sums_.assign(c * c, 0.0);
  const std::size_t used = std::min(rows, kRowsPerSample);
  for (std::size_t r = 0; r < used; ++r) {
    const float* x = values.as<float>() + r * rows / used * c;
    for (std::size_t i = 0; i < c; ++i) {
      if (!std::isfinite(x[i])) return make_error(ErrorCode::kInvalidData, "holds a value that is not finite");
      if (x[i] == 0.0f) continue;  // behind a ReLU about half of them
      const double xi = x[i];
      double* row = sums_.data() + i * c;
      for (std::size_t j = 0; j < c; ++j) row[j] += xi * x[j];
    }
  }
  return {};
}

void MomentObserver::merge(Observer& later) {
  auto& other = dynamic_cast<MomentObserver&>(later);
  if (sums_.empty()) size_ = other.size_, sums_.assign(other.sums_.size(), 0.0);
  for (std::size_t i = 0; i < other.sums_.size(); ++i) sums_[i] += other.sums_[i];
  std::fill(other.sums_.begin(), other.sums_.end(), 0.0);
}

std::unique_ptr<Observer> MomentObserver::fresh() const { return std::make_unique<MomentObserver>(); }

std::size_t MomentObserver::memory_bytes(const Shape& shape) const {
  const auto size = shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
  return sizeof(*this) + size * size * sizeof(double);
}

TensorId row_input(const Graph& graph, const Node& node) {
  const Tensor& src = graph.tensor(node.inputs[0]);
  if (src.is_constant || src.type != DataType::kFloat32 || src.shape.empty()) return kNoTensor;
  const Shape& weights = graph.tensor(node.inputs[1]).shape;
  if (static_cast<std::size_t>(weights.back()) > kMaxInputs) return kNoTensor;
  if (node.is(kFullyConnected)) return src.shape.back() == weights.back() ? node.inputs[0] : kNoTensor;
  if (!node.is(kConv2d)) return kNoTensor;
  const auto& attrs = node.as<Conv2dAttrs>();
  const bool is_pixel = weights[1] == 1 && weights[2] == 1 && attrs.group == 1 && attrs.layout == Layout::kNhwc;
  return is_pixel ? node.inputs[0] : kNoTensor;
}

Result<std::map<TensorId, std::unique_ptr<MomentObserver>>> observe_moments(const Graph& graph, const std::vector<WeightTensor>& weights,
                                                                            const SampleSource& samples, int num_threads) {
  std::vector<StatisticPoint> points;
  std::map<TensorId, bool> seen;
  for (const WeightTensor& weight : weights) {
    if (weight.nodes.size() != 1) continue;
    const TensorId src = row_input(graph, graph.nodes[weight.nodes[0]]);
    if (src != kNoTensor && seen.emplace(src, true).second) points.push_back({src, std::make_unique<MomentObserver>()});
  }
  OCTET_ASSIGN_OR_RETURN(const auto plan, Plan::make(graph));
  OCTET_RETURN_IF_ERROR(calibrate(plan, samples, points, {.num_threads = num_threads, .progress = {}}));
  std::map<TensorId, std::unique_ptr<MomentObserver>> moments;
  for (StatisticPoint& point : points)
    moments.emplace(point.tensor, static_cast<MomentObserver*>(point.observer.release()));
  return moments;
}

void round_for_outputs(std::span<const float> weights, const MomentObserver& moments, ThreadPool& threads, IntegerWeights& integers) {
  const std::size_t n = moments.size();
  const std::size_t channels = n == 0 ? 0 : weights.size() / n;
  const QuantParams& quant = integers.quant;
  const double lowest = -std::ldexp(1.0, quant.bits - 1), highest = -lowest - 1;
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return moments.sums()[a * n + a] > moments.sums()[b * n + b]; });
  const std::vector<double> u = feedback(moments, order, threads);
  threads.parallel_for(channels, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<double> error(n);
    for (std::size_t c = begin; c < end; ++c) {
      const std::size_t p = quant.per_channel() ? c : 0;
      const double var = quant.corrected() ? quant.var_correction[p] : 1.0;
      const double scale = quant.scale[p] * var;
      const double offset = (quant.corrected() ? quant.mean_correction[p] : 0.0) - quant.zero_point[p] * scale;
      for (std::size_t k = 0; k < n; ++k) {
        const double w = weights[c * n + order[k]];
        const double wanted = w + dot(error.data(), u.data() + k * n, k);
        const double code = std::clamp(std::nearbyint((wanted - offset) / scale), lowest, highest);
        integers.codes[c * n + order[k]] = static_cast<std::int16_t>(code);
        error[k] = w - (code * scale + offset);
      }
    }
  });
}

}  // namespace octet
