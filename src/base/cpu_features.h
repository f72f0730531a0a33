// SPDX-License-Identifier: Apache-2.0
// What the processor can do, as tiers of instruction sets that kernel tables choose from.
#ifndef OCTET_BASE_CPU_FEATURES_H_
#define OCTET_BASE_CPU_FEATURES_H_

#include <cstdint>
#include <string_view>

namespace octet {

// Ordered within one architecture: a processor with a tier has all lower ones of its architecture.
enum class Isa : std::uint8_t { kScalar, kAvx2, kAvx512Vnni, kNeon, kNeonDot, kNeonI8mm };

std::string_view isa_name(Isa isa);  // "scalar", "avx2", "avx512vnni", "neon", "neondot", "neoni8mm"

// A set of tiers; what a kernel choice takes as an argument, so that a test can ask for any machine.
struct CpuFeatures {
  std::uint8_t tiers = 1;  // bit i: tier i

  bool has(Isa isa) const { return (tiers >> static_cast<int>(isa)) & 1; }
};

// This machine's tiers, checked with the operating system too (AVX state enabled), cut down to OCTET_MAX_ISA if that
// environment variable names a tier. Read once; an unknown name is a warning and changes nothing.
const CpuFeatures& cpu_features();

// All tiers up to and including `isa`.
CpuFeatures features_up_to(Isa isa);

}  // namespace octet

#endif  // OCTET_BASE_CPU_FEATURES_H_
