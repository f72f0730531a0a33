// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <sched.h>

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

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  std::atomic<std::uint64_t> generation{0};  // counts runs; a worker starts when it changes
  std::atomic<int> pending{0};               // workers that have not finished the current run
  std::atomic<bool> stop{false};
  RawFunction function = nullptr;
  const void* context = nullptr;
  std::mutex mutex;  // guards sleeping only
  std::condition_variable wake;
  std::atomic<int> sleepers{0};

  void work(int thread) {
    std::uint64_t seen = 0;
    for (;;) {
      const auto changed = [&] { return generation.load(std::memory_order_acquire) != seen; };
      if (!wait_briefly(changed)) {
        std::unique_lock lock(mutex);
        sleepers.fetch_add(1, std::memory_order_seq_cst);
        wake.wait(lock, [&] { return generation.load(std::memory_order_seq_cst) != seen; });
        sleepers.fetch_sub(1, std::memory_order_seq_cst);
      }
      ++seen;
      if (stop.load(std::memory_order_acquire)) return;
      function(context, thread);
      pending.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  void start_run() {
    generation.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers.load(std::memory_order_seq_cst) > 0) {
      const std::lock_guard lock(mutex);
      wake.notify_all();
    }
  }
};

ThreadPool::ThreadPool(int num_threads) : num_threads_(num_threads), state_(std::make_unique<State>()) {
  OCTET_CHECK(num_threads >= 1);
  for (int i = 1; i < num_threads; ++i) state_->workers.emplace_back([s = state_.get(), i] { s->work(i); });
}

ThreadPool::~ThreadPool() {
  state_->stop.store(true, std::memory_order_release);
  state_->start_run();
  for (std::thread& worker : state_->workers) worker.join();
}

void ThreadPool::run_raw(RawFunction function, const void* context) {
  if (num_threads_ == 1) {
    function(context, 0);
    return;
  }
  state_->function = function;
  state_->context = context;
  state_->pending.store(num_threads_ - 1, std::memory_order_release);
  state_->start_run();
  function(context, 0);
  while (!wait_briefly([&] { return state_->pending.load(std::memory_order_acquire) == 0; })) {
  }
}

}  // namespace octet
