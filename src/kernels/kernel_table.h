// SPDX-License-Identifier: Apache-2.0
// The choice that all kernel tables share. For table.cc files only, which are built for the baseline instruction set.
#ifndef OCTET_KERNELS_KERNEL_TABLE_H_
#define OCTET_KERNELS_KERNEL_TABLE_H_

#include <span>

#include "base/cpu_features.h"

namespace octet {

// The first kernel that `cpu` can run. The last one of a table is scalar, which all can.
template <typename Kernel>
const Kernel& first_supported(std::span<const Kernel* const> kernels, const CpuFeatures& cpu) {
  for (const Kernel* kernel : kernels) {
    if (cpu.has(kernel->isa)) return *kernel;
  }
  return *kernels.back();
}

}  // namespace octet

#endif  // OCTET_KERNELS_KERNEL_TABLE_H_
