// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace octet {
namespace {

// A short spin covers the gap between two layers; yielding keeps two threads on one CPU from starving each other; after
// about a millisecond the worker sleeps until the next inference.
constexpr int kSpins = 300;
constexpr auto kYieldTime = std::chrono::milliseconds(1);

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins, then yields, until done() or the time is over. Returns done().
template <typename Done>
bool wait_briefly(const Done& done) {
  for (int i = 0; i < kSpins; ++i) {
    if (done()) return true;
    pause();
  }
  const auto end = std::chrono::steady_clock::now() + kYieldTime;
  while (std::chrono::steady_clock::now() < end) {
    if (done()) return true;
    sched_yield();
  }
  return done();
}

// A thread's range has at most so many pieces: each taken costs a call of a kernel.
constexpr std::size_t kMostPieces = 8;

}  // namespace

struct ThreadPool::State {
  // Two numbers that change as one.
  struct Pair {
    std::uint32_t high, low;
  };
  static std::uint64_t packed(Pair pair) { return static_cast<std::uint64_t>(pair.high) << 32 | pair.low; }
  static Pair unpacked(std::uint64_t bits) { return {static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits)}; }

  // Blocks [begin, end) that nobody has taken yet. The owner takes from the front, half of what is left; others a piece from the
  // back.
  class alignas(64) Range {
   public:
    void set(std::size_t begin, std::size_t end) {
      bounds_.store(packed({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}), std::memory_order_relaxed);
    }

    // At least `piece` of them, all if there are fewer.
    Pair take(std::uint32_t piece, bool is_owner) {
      std::uint64_t bits = bounds_.load(std::memory_order_relaxed);
      for (;;) {
        const auto [begin, end] = unpacked(bits);
        const std::uint32_t wanted = is_owner ? std::max(piece, (end - begin + 1) / 2) : piece;
        const std::uint32_t taken = std::min(wanted, end - begin);
        if (taken == 0) return {0, 0};
        const Pair left = is_owner ? Pair{begin + taken, end} : Pair{begin, end - taken};
        if (bounds_.compare_exchange_weak(bits, packed(left), std::memory_order_relaxed))
          return is_owner ? Pair{begin, begin + taken} : Pair{end - taken, end};
      }
    }

   private:
    std::atomic<std::uint64_t> bounds_{0};
  };

  explicit State(int num_threads) : ranges(static_cast<std::size_t>(num_threads)) {}

  // Of the present run.
  RawFunction function = nullptr;
  const void* context = nullptr;
  std::vector<Range> ranges;  // by thread
  std::uint32_t piece = 1;    // blocks

  // The number of the run, and how many workers have come to it; with kClosed no more may.
  static constexpr std::uint32_t kClosed = std::uint32_t{1} << 31;
  alignas(64) std::atomic<std::uint64_t> gate{0};
  alignas(64) std::atomic<std::uint32_t> finished{0};  // of those that have come
  std::atomic<bool> stop{false};
  std::mutex mutex;  // guards sleeping only
  std::condition_variable wake;
  std::atomic<int> sleepers{0};
  std::vector<std::thread> workers;

  std::uint32_t current_run() const { return unpacked(gate.load(std::memory_order_seq_cst)).high; }

  // Comes to run number `run`, unless it is closed or over.
  bool enter(std::uint32_t run) {
    std::uint64_t bits = gate.load(std::memory_order_acquire);
    for (;;) {
      const auto [number, entered] = unpacked(bits);
      if (number != run || (entered & kClosed) != 0) return false;
      if (gate.compare_exchange_weak(bits, packed({number, entered + 1}), std::memory_order_acq_rel, std::memory_order_acquire)) return true;
    }
  }

  void work(int thread) {
    std::uint32_t seen = 0;
    for (;;) {
      const auto changed = [&] { return current_run() != seen; };
      if (!wait_briefly(changed)) {
        std::unique_lock lock(mutex);
        sleepers.fetch_add(1, std::memory_order_seq_cst);
        wake.wait(lock, changed);
        sleepers.fetch_sub(1, std::memory_order_seq_cst);
      }
      seen = current_run();
      if (stop.load(std::memory_order_acquire)) return;
      if (!enter(seen)) continue;
      function(context, thread);
      finished.fetch_add(1, std::memory_order_release);
    }
  }

  // Everybody who came to the last run has finished it: nobody reads what describes it.
  void open() {
    finished.store(0, std::memory_order_relaxed);
    gate.store(packed({current_run() + 1, 0}), std::memory_order_seq_cst);
    if (sleepers.load(std::memory_order_seq_cst) > 0) {
      const std::lock_guard lock(mutex);
      wake.notify_all();
    }
  }

  void wait_for(std::uint32_t workers_to_finish) const {
    while (!wait_briefly([&] { return finished.load(std::memory_order_acquire) == workers_to_finish; })) {
    }
  }
};

ThreadPool::ThreadPool(int num_threads) : num_threads_(num_threads), state_(std::make_unique<State>(num_threads)) {
  OCTET_CHECK(num_threads >= 1);
  for (int i = 1; i < num_threads; ++i) state_->workers.emplace_back([s = state_.get(), i] { s->work(i); });
}

ThreadPool::~ThreadPool() {
  state_->stop.store(true, std::memory_order_release);
  state_->open();
  for (std::thread& worker : state_->workers) worker.join();
}

void ThreadPool::run_raw(RawFunction function, const void* context, Attendance attendance) {
  if (num_threads_ == 1) {
    function(context, 0);
    return;
  }
  State& state = *state_;
  state.function = function;
  state.context = context;
  state.open();
  function(context, 0);
  if (attendance == Attendance::kAll) {
    state.wait_for(static_cast<std::uint32_t>(num_threads_ - 1));
  } else {
    const std::uint64_t bits = state.gate.fetch_or(State::kClosed, std::memory_order_acq_rel);
    state.wait_for(State::unpacked(bits).low);
  }
}

void ThreadPool::share(std::size_t blocks, std::size_t piece) {
  const auto threads = static_cast<std::size_t>(num_threads_);
  for (std::size_t t = 0; t < threads; ++t) state_->ranges[t].set(blocks * t / threads, blocks * (t + 1) / threads);
  const std::size_t most = (blocks + threads - 1) / threads;
  const std::size_t pieces = std::clamp<std::size_t>(most / piece, 1, kMostPieces);
  state_->piece = static_cast<std::uint32_t>((most + pieces - 1) / pieces);
}

ThreadPool::Blocks ThreadPool::take(int thread) {
  const auto own = static_cast<std::size_t>(thread);
  for (std::size_t i = 0; i < state_->ranges.size(); ++i) {
    const auto [begin, end] = state_->ranges[(own + i) % state_->ranges.size()].take(state_->piece, /*is_owner=*/i == 0);
    if (begin != end) return {begin, end};
  }
  return {0, 0};
}

}  // namespace octet
