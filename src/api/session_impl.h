// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_SESSION_IMPL_H_
#define OCTET_API_SESSION_IMPL_H_

#include "octet/model.h"
#include "runtime/executor.h"

namespace octet {

inline constexpr int kMaxThreads = 256;

struct Session::Impl {
  Impl(std::shared_ptr<const Plan> plan, int num_threads) : executor(std::move(plan), num_threads) {}
  const Graph& graph() const { return executor.plan().graph(); }
  Executor executor;
};

}  // namespace octet

#endif  // OCTET_API_SESSION_IMPL_H_
