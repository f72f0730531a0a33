// SPDX-License-Identifier: Apache-2.0
// Any function of one byte: dst[i] = table[uint8(src[i])]. Sigmoid, hard-swish and other functions of an int8 tensor,
// and its requantization to other parameters.
#ifndef OCTET_KERNELS_LUT_X8_LUT_X8_H_
#define OCTET_KERNELS_LUT_X8_LUT_X8_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu_features.h"

namespace octet {

struct LutX8Args {
  std::size_t n;
  const std::uint8_t* src;    // int8 tensors are read as bytes: -1 is entry 255
  const std::uint8_t* table;  // [256]
  std::uint8_t* dst;          // may be src
};

struct LutX8Kernel {
  const char* name;
  Isa isa;
  void (*lut)(const LutX8Args& args);
};

std::span<const LutX8Kernel* const> lut_x8_kernels();  // best first, scalar last
const LutX8Kernel& choose_lut_x8(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_LUT_X8_LUT_X8_H_
