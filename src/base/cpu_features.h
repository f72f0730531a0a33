// SPDX-License-Identifier: Apache-2.0
// What the processor can do, as tiers of instruction sets that kernel tables choose from.
#ifndef OCTET_BASE_CPU_FEATURES_H_
#define OCTET_BASE_CPU_FEATURES_H_

#include <cstdint>
#include <string_view>

namespace octet {

// Ordered within one architecture, from what is slower to what is faster. A processor with a tier has all lower ones of
// its architecture, with one exception: AVX-VNNI came after AVX-512, and many processors have only one of the two.
enum class Isa : std::uint8_t {
  kScalar,
  kAvx2,           // with FMA
  kAvxVnni,        // products of bytes on 256-bit vectors, in the older encoding (VEX)
  kAvx512Vnni256,  // those of AVX512-VNNI on 256-bit vectors: some processors slow down for wider ones
  kAvx512Vnni,     // AVX-512 F, BW, VL, DQ and VNNI
  kAmxInt8,        // products of tiles of bytes, beside AVX512-VNNI
  kNeon,
  kNeonDot,   // dot products of bytes
  kNeonI8mm,  // matrix products of bytes
};
inline constexpr int kNumIsas = 9;

// "scalar", "avx2", "avxvnni", "avx512vnni256", "avx512vnni", "amxint8", "neon", "neondot", "neoni8mm"
std::string_view isa_name(Isa isa);

// A set of tiers; what a kernel choice takes as an argument, so that a test can ask for any machine.
struct CpuFeatures {
  std::uint16_t tiers = 1;  // bit i: tier i

  bool has(Isa isa) const { return (tiers >> static_cast<int>(isa)) & 1; }
  Isa best() const;  // the highest tier
};

// This machine's tiers, checked with the operating system too (state of vectors and tiles enabled), cut down to
// OCTET_MAX_ISA if that environment variable names a tier. Read once; an unknown name is a warning and changes nothing.
// Tiles need the kernel's permission (Linux: arch_prctl), which is asked here, once for the process, unless
// OCTET_MAX_ISA leaves them out; where it is refused, there is no tier kAmxInt8.
const CpuFeatures& cpu_features();

// All tiers up to and including `isa`.
CpuFeatures features_up_to(Isa isa);

}  // namespace octet

#endif  // OCTET_BASE_CPU_FEATURES_H_
