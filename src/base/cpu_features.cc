// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_features.h"

#include <cstdlib>

#include "base/log.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace octet {
namespace {

constexpr int kNumIsas = 6;

constexpr std::uint8_t bit(Isa isa) { return static_cast<std::uint8_t>(1u << static_cast<int>(isa)); }

CpuFeatures detect() {
  CpuFeatures features;
#if defined(__x86_64__)
  // libgcc's test includes XGETBV: the operating system saves the registers.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) features.tiers |= bit(Isa::kAvx2);
  if (features.has(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni")) {
    features.tiers |= bit(Isa::kAvx512Vnni);
  }
#elif defined(__aarch64__)
  features.tiers |= bit(Isa::kNeon);
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) features.tiers |= bit(Isa::kNeonDot);
  if (getauxval(AT_HWCAP2) & HWCAP2_I8MM) features.tiers |= bit(Isa::kNeonI8mm);
#endif
  return features;
}

CpuFeatures detect_and_limit() {
  CpuFeatures features = detect();
  const char* limit = std::getenv("OCTET_MAX_ISA");
  if (limit == nullptr || limit[0] == '\0') return features;
  for (int i = 0; i < kNumIsas; ++i) {
    if (isa_name(static_cast<Isa>(i)) == limit) {
      features.tiers &= features_up_to(static_cast<Isa>(i)).tiers;
      return features;
    }
  }
  OCTET_LOG(kWarning, "OCTET_MAX_ISA={} is not a tier (scalar, avx2, avx512vnni, neon, neondot, neoni8mm): ignored",
            limit);
  return features;
}

}  // namespace

std::string_view isa_name(Isa isa) {
  static constexpr std::string_view kNames[kNumIsas] = {"scalar", "avx2", "avx512vnni", "neon", "neondot", "neoni8mm"};
  return kNames[static_cast<int>(isa)];
}

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect_and_limit();
  return features;
}

CpuFeatures features_up_to(Isa isa) {
  CpuFeatures features;
  if (isa == Isa::kScalar) return features;
  const Isa first = isa >= Isa::kNeon ? Isa::kNeon : Isa::kAvx2;
  for (int i = static_cast<int>(first); i <= static_cast<int>(isa); ++i) features.tiers |= bit(static_cast<Isa>(i));
  return features;
}

}  // namespace octet
