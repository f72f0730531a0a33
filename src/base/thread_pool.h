// SPDX-License-Identifier: Apache-2.0
// A pool with static, deterministic partition: which thread does which part depends on the counts alone.
#ifndef OCTET_BASE_THREAD_POOL_H_
#define OCTET_BASE_THREAD_POOL_H_

#include <cstddef>
#include <memory>
#include <type_traits>

namespace octet {

class ThreadPool {
 public:
  // num_threads >= 1, the caller of run() included: a pool of one starts no thread.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return num_threads_; }

  // Calls f(thread_index) for thread_index in [0, num_threads) once each, in parallel, and waits. Not reentrant, one
  // caller at a time. Workers spin for some microseconds after a run, then yield, then sleep.
  template <typename F>
  void run(const F& f) {
    run_raw([](const void* context, int thread) { (*static_cast<const F*>(context))(thread); }, &f);
  }

  // Splits [0, n) into contiguous ranges of nearly equal length, a multiple of `grain` but for the last, and calls
  // f(begin, end) or f(begin, end, thread) for each, thread being a different number in [0, num_threads) for each range.
  // No call for an empty range; everything on the caller, as thread 0, if n <= grain.
  template <typename F>
  void parallel_for(std::size_t n, std::size_t grain, const F& f) {
    const std::size_t blocks = (n + grain - 1) / grain;
    if (num_threads_ == 1 || blocks <= 1) {
      if (n > 0) call(f, 0, n, 0);
      return;
    }
    const auto threads = static_cast<std::size_t>(num_threads_);
    run([&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      const std::size_t begin = blocks * t / threads * grain;
      const std::size_t end = blocks * (t + 1) / threads * grain;
      if (begin < end && begin < n) call(f, begin, end < n ? end : n, thread);
    });
  }

 private:
  template <typename F>
  static void call(const F& f, std::size_t begin, std::size_t end, int thread) {
    if constexpr (std::is_invocable_v<F, std::size_t, std::size_t, int>) {
      f(begin, end, thread);
    } else {
      f(begin, end);
    }
  }

  using RawFunction = void (*)(const void* context, int thread);
  void run_raw(RawFunction function, const void* context);

  struct State;
  int num_threads_;
  std::unique_ptr<State> state_;
};

}  // namespace octet

#endif  // OCTET_BASE_THREAD_POOL_H_
