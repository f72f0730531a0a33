// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_SESSION_IMPL_H_
#define OCTET_API_SESSION_IMPL_H_

#include <optional>

#include "octet/model.h"
#include "runtime/executor.h"

namespace octet {

inline constexpr int kMaxThreads = 256;

struct Session::Impl {
  Impl(std::optional<Graph> source, std::shared_ptr<const Plan> plan, int threads)
      : source(std::move(source)), num_threads(threads), executor(std::move(plan), threads) {}
  const Graph& graph() const { return executor.plan().graph(); }

  std::optional<Graph> source;  // as imported, if inputs have dynamic dimensions; shares its constants with the model
  int num_threads;
  Executor executor;
};

}  // namespace octet

#endif  // OCTET_API_SESSION_IMPL_H_
