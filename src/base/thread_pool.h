// SPDX-License-Identifier: Apache-2.0
// A pool with static partition, in which threads that have done their part take pieces of what others have left: a machine
// that is shared slows one of them down, seldom all.
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
    run_raw(&call_with_thread<F>, &f, Attendance::kAll);
  }

  // Splits [0, n) into contiguous pieces, whose lengths are multiples of `grain` but for the last, and calls f(begin, end)
  // or f(begin, end, thread) for each; calls at the same time have different numbers thread in [0, num_threads). Every
  // thread begins with a range of its own, of nearly equal length, in a few pieces of at least `piece` (by default: `grain`).
  // What pieces are, and who does them, depends on time: results must not depend on it.
  // No call for an empty range; everything on the caller, as thread 0, if n <= grain.
  template <typename F>
  void parallel_for(std::size_t n, std::size_t grain, std::size_t piece, const F& f) {
    const std::size_t blocks = (n + grain - 1) / grain;
    if (num_threads_ == 1 || blocks <= 1) {
      if (n > 0) call(f, 0, n, 0);
      return;
    }
    if (blocks > kMostBlocks) return parallel_for(n, grain * (blocks / kMostBlocks + 1), piece, f);
    share(blocks, (piece + grain - 1) / grain);
    const auto work = [&](int thread) {
      for (Blocks next = take(thread); next.begin != next.end; next = take(thread))
        call(f, next.begin * grain, next.end * grain < n ? next.end * grain : n, thread);
    };
    run_raw(&call_with_thread<decltype(work)>, &work, Attendance::kWhoeverComes);
  }
  template <typename F>
  void parallel_for(std::size_t n, std::size_t grain, const F& f) {
    parallel_for(n, grain, grain, f);
  }

 private:
  static constexpr std::size_t kMostBlocks = std::size_t{1} << 31;
  struct Blocks {
    std::size_t begin, end;
  };
  // Gives each thread its range of [0, blocks), to be taken in pieces of `piece` blocks or more.
  void share(std::size_t blocks, std::size_t piece);
  // The next piece of the thread's own range, or else of another's; an empty one if all are taken.
  Blocks take(int thread);

  template <typename F>
  static void call(const F& f, std::size_t begin, std::size_t end, int thread) {
    if constexpr (std::is_invocable_v<F, std::size_t, std::size_t, int>) {
      f(begin, end, thread);
    } else {
      f(begin, end);
    }
  }

  // Who has to take part before a run is over: all threads, or those that came before the work was done.
  enum class Attendance { kAll, kWhoeverComes };
  using RawFunction = void (*)(const void* context, int thread);
  template <typename F>
  static void call_with_thread(const void* context, int thread) {
    (*static_cast<const F*>(context))(thread);
  }
  void run_raw(RawFunction function, const void* context, Attendance attendance);

  struct State;
  int num_threads_;
  std::unique_ptr<State> state_;
};

}  // namespace octet

#endif  // OCTET_BASE_THREAD_POOL_H_
