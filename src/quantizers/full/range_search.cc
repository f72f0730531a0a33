// SPDX-License-Identifier: Apache-2.0
#include "quantizers/full/range_search.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace octet {
namespace {

constexpr int kHalf = HistogramObserver::kBins / 2;

// One side of a histogram, from 0 outwards; index b holds distances [b, b + 1) * width from 0.
struct Side {
  std::vector<double> counts;  // up to the last bin that holds anything
  double width = 0;
  double extreme = 0;          // the largest distance of all values, >= 0

  double total() const {
    double sum = 0;
    for (const double count : counts) sum += count;
    return sum;
  }
};

Side side_of(const HistogramObserver& histogram, bool negative, double extreme) {
  Side side;
  side.width = histogram.bin_width();
  side.extreme = std::max(extreme, 0.0);
  if (histogram.counts().empty()) return side;
  for (int b = 0; b < kHalf; ++b) side.counts.push_back(histogram.counts()[static_cast<std::size_t>(negative ? kHalf - 1 - b : kHalf + b)]);
  while (!side.counts.empty() && side.counts.back() == 0) side.counts.pop_back();
  return side;
}

Side joined(const Side& a, const Side& b) {
  Side side = a.counts.size() > b.counts.size() ? a : b;
  const Side& other = a.counts.size() > b.counts.size() ? b : a;
  for (std::size_t i = 0; i < other.counts.size(); ++i) side.counts[i] += other.counts[i];
  side.extreme = std::max(a.extreme, b.extreme);
  return side;
}

// Candidate ends of a side: a hundred fractions of its extreme, the extreme first; none below 5 % of it.
constexpr int kCandidates = 96;
double candidate_end(const Side& side, int i) { return side.extreme * (1.0 - 0.01 * i); }

// Sum over values beyond each candidate end of their squared distance to it.
std::vector<double> clipping_errors(const Side& side) {
  std::vector<double> errors(kCandidates, 0.0);
  for (int i = 1; i < kCandidates; ++i) {
    const double end = candidate_end(side, i);
    for (std::size_t b = side.counts.size(); b-- > 0;) {
      const double distance = (static_cast<double>(b) + 0.5) * side.width - end;
      if (distance <= 0) break;
      errors[static_cast<std::size_t>(i)] += side.counts[b] * distance * distance;
    }
  }
  return errors;
}

// The least distance from 0 that at most `allowed` values exceed.
double quantile_end(const Side& side, double allowed) {
  double beyond = 0;
  for (std::size_t b = side.counts.size(); b-- > 0;) {
    beyond += side.counts[b];
    if (beyond > allowed) return std::min(side.extreme, static_cast<double>(b + 1) * side.width);
  }
  return 0.0;
}

struct Ends {
  double low, high;  // distances from 0
};

TensorRange as_range(const Ends& ends, const TensorRange& full) {
  return {std::max(static_cast<float>(-ends.low), std::min(full.min, 0.0f)), std::min(static_cast<float>(ends.high), std::max(full.max, 0.0f))};
}

// The pair of candidates with the least error(i, j); on a tie the wider range wins.
template <typename Error>
std::pair<int, int> best_pair(int low_candidates, int high_candidates, Error error) {
  std::pair<int, int> best{0, 0};
  double least = error(0, 0);
  for (int i = 0; i < low_candidates; ++i) {
    for (int j = 0; j < high_candidates; ++j) {
      const double e = error(i, j);
      if (e >= least) continue;
      least = e;
      best = {i, j};
    }
  }
  return best;
}

// Bins of both sides in one row, from the most negative value to the most positive.
struct Row {
  std::vector<double> counts;
  std::size_t zero;  // index of the first bin of values above 0
};

Row row_of(const Side& low, const Side& high) {
  Row row;
  row.counts.assign(low.counts.rbegin(), low.counts.rend());
  row.zero = row.counts.size();
  row.counts.insert(row.counts.end(), high.counts.begin(), high.counts.end());
  return row;
}

// KL(P || Q) for the bins [first, last) of the row: P has what lies outside added to its ends, Q is the inside spread evenly
// over the non-empty bins of each of `levels` equal cells.
double divergence(const Row& row, std::size_t first, std::size_t last, int levels, double total) {
  double below = 0, above = 0;
  for (std::size_t b = 0; b < first; ++b) below += row.counts[b];
  for (std::size_t b = last; b < row.counts.size(); ++b) above += row.counts[b];
  const double inside = total - below - above;
  if (inside <= 0) return std::numeric_limits<double>::infinity();
  const double per_cell = static_cast<double>(last - first) / levels;
  double result = 0;
  std::size_t b = first;
  for (int cell = 0; cell < levels && b < last; ++cell) {
    const std::size_t end = cell + 1 == levels ? last : std::max(b, first + static_cast<std::size_t>(std::lround((cell + 1) * per_cell)));
    double sum = 0;
    std::size_t filled = 0;
    for (std::size_t i = b; i < end; ++i) {
      sum += row.counts[i];
      filled += row.counts[i] > 0;
    }
    const double q = filled == 0 ? 0 : sum / static_cast<double>(filled) / inside;
    for (std::size_t i = b; i < end; ++i) {
      const double p = (row.counts[i] + (i == first ? below : 0) + (i + 1 == last ? above : 0)) / total;
      if (p <= 0) continue;
      // A tail that lands in an empty bin is nothing quantization could give back.
      result += q > 0 ? p * std::log(p / q) : p * std::log(p * total + 1);
    }
    b = end;
  }
  return result;
}

}  // namespace

TensorRange span(const TensorRange& a, const TensorRange& b) { return {std::min(a.min, b.min), std::max(a.max, b.max)}; }

TensorRange percentile_range(const HistogramObserver& histogram, const TensorRange& full, double tail) {
  const Side low = side_of(histogram, true, -static_cast<double>(full.min)), high = side_of(histogram, false, full.max);
  const double allowed = tail * static_cast<double>(histogram.num_values());
  return as_range({quantile_end(low, allowed), quantile_end(high, allowed)}, full);
}

TensorRange mse_range(const HistogramObserver& histogram, const TensorRange& full, int levels, bool symmetric) {
  Side low = side_of(histogram, true, -static_cast<double>(full.min)), high = side_of(histogram, false, full.max);
  const double per_square = (low.total() + high.total()) / (12.0 * levels * levels);
  if (symmetric) {
    const Side both = joined(low, high);
    const std::vector<double> clipped = clipping_errors(both);
    const auto best = best_pair(kCandidates, 1, [&](int i, int) {
      const double width = 2 * candidate_end(both, i);
      return clipped[static_cast<std::size_t>(i)] + width * width * per_square;
    });
    return as_range({candidate_end(both, best.first), candidate_end(both, best.first)}, full);
  }
  const std::vector<double> clipped_low = clipping_errors(low), clipped_high = clipping_errors(high);
  const auto best = best_pair(low.extreme > 0 ? kCandidates : 1, high.extreme > 0 ? kCandidates : 1, [&](int i, int j) {
    const double width = candidate_end(low, i) + candidate_end(high, j);
    return clipped_low[static_cast<std::size_t>(i)] + clipped_high[static_cast<std::size_t>(j)] + width * width * per_square;
  });
  return as_range({candidate_end(low, best.first), candidate_end(high, best.second)}, full);
}

TensorRange kl_range(const HistogramObserver& histogram, const TensorRange& full, int levels, bool symmetric) {
  const TensorRange least = mse_range(histogram, full, levels, symmetric);
  const Side low = side_of(histogram, true, -static_cast<double>(full.min)), high = side_of(histogram, false, full.max);
  const double total = low.total() + high.total();
  if (total == 0) return least;
  const Row row = row_of(low, high);
  // One end after the other, in steps of 2 %: the ends hardly depend on each other.
  const auto bins = [&](const Side& side, int i) {
    return std::min(side.counts.size(), static_cast<std::size_t>(std::ceil(candidate_end(side, i) / side.width)));
  };
  const auto error = [&](int i, int j) {
    const std::size_t first = row.zero - bins(low, i), last = row.zero + bins(high, j);
    return divergence(row, first, last, levels, total);
  };
  constexpr int kSteps = kCandidates / 2;
  const auto shared = best_pair(1, kSteps, [&](int, int j) { return error(2 * j, 2 * j); });
  Ends ends{candidate_end(low, 2 * shared.second), candidate_end(high, 2 * shared.second)};
  if (!symmetric && low.extreme > 0 && high.extreme > 0) {
    const auto at_high = best_pair(1, kSteps, [&](int, int j) { return error(2 * shared.second, 2 * j); });
    const auto at_low = best_pair(kSteps, 1, [&](int i, int) { return error(2 * i, 2 * at_high.second); });
    ends = {candidate_end(low, 2 * at_low.first), candidate_end(high, 2 * at_high.second)};
  }
  return span(as_range(ends, full), least);
}

}  // namespace octet
