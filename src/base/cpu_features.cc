// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_features.h"

#include <cstdlib>
#include <string>

#include "base/log.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace octet {
namespace {

constexpr std::uint16_t bit(Isa isa) { return static_cast<std::uint16_t>(1u << static_cast<int>(isa)); }

#if defined(__x86_64__)

// Leaf 7 of CPUID, the bits that libgcc 12 does not know. Source: Intel SDM, volume 2, CPUID.
struct Leaf7 {
  bool avx_vnni = false;
  bool amx_int8 = false;  // with AMX-TILE
};

Leaf7 read_leaf_7() {
  unsigned eax, ebx, ecx, edx;
  Leaf7 leaf;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return leaf;
  const unsigned last_subleaf = eax;
  leaf.amx_int8 = (edx >> 24 & 1) != 0 && (edx >> 25 & 1) != 0;
  if (last_subleaf < 1) return leaf;
  __cpuid_count(7, 1, eax, ebx, ecx, edx);
  leaf.avx_vnni = (eax >> 4 & 1) != 0;
  return leaf;
}

// The operating system saves TILECFG (bit 17 of XCR0) and TILEDATA (18). Only on processors with OSXSAVE, as all with
// AVX2.
bool tile_state_is_enabled() {
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low >> 17 & 3) == 3;
}

// Linux hands out tiles on demand, as their state is large. https://docs.kernel.org/arch/x86/xstate.html
bool may_use_tiles() {
#if defined(SYS_arch_prctl)
  constexpr long kArchReqXcompPerm = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kArchReqXcompPerm, kTileData) == 0;
#else
  return false;
#endif
}

CpuFeatures detect() {
  CpuFeatures features;
  // libgcc's test includes XGETBV: the operating system saves the registers.
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return features;
  features.tiers |= bit(Isa::kAvx2);
  const Leaf7 leaf = read_leaf_7();
  if (leaf.avx_vnni) features.tiers |= bit(Isa::kAvxVnni);
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vnni")) {
    return features;
  }
  features.tiers |= bit(Isa::kAvx512Vnni256) | bit(Isa::kAvx512Vnni);
  if (leaf.amx_int8 && tile_state_is_enabled()) features.tiers |= bit(Isa::kAmxInt8);
  return features;
}

#elif defined(__aarch64__)

bool may_use_tiles() { return false; }

CpuFeatures detect() {
  CpuFeatures features;
  features.tiers |= bit(Isa::kNeon);
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) features.tiers |= bit(Isa::kNeonDot);
  if (getauxval(AT_HWCAP2) & HWCAP2_I8MM) features.tiers |= bit(Isa::kNeonI8mm);
  return features;
}

#else

bool may_use_tiles() { return false; }

CpuFeatures detect() { return {}; }

#endif

// All tiers, where the name is that of none.
CpuFeatures limit(std::string_view name) {
  std::string names;
  for (int i = 0; i < kNumIsas; ++i) {
    if (isa_name(static_cast<Isa>(i)) == name) return features_up_to(static_cast<Isa>(i));
    names = fmt::format("{}{}{}", names, names.empty() ? "" : ", ", isa_name(static_cast<Isa>(i)));
  }
  OCTET_LOG(kWarning, "OCTET_MAX_ISA={} is not a tier ({}): ignored", name, names);
  CpuFeatures all;
  all.tiers = static_cast<std::uint16_t>((1u << kNumIsas) - 1);
  return all;
}

CpuFeatures detect_and_limit() {
  CpuFeatures features = detect();
  const char* name = std::getenv("OCTET_MAX_ISA");
  if (name != nullptr && name[0] != '\0') features.tiers &= limit(name).tiers;
  if (features.has(Isa::kAmxInt8) && !may_use_tiles()) {
    features.tiers &= static_cast<std::uint16_t>(~bit(Isa::kAmxInt8));
    OCTET_LOG(kInfo, "the operating system refuses tiles (AMX) to this process: avx512vnni is used");
  }
  return features;
}

}  // namespace

std::string_view isa_name(Isa isa) {
  static constexpr std::string_view kNames[kNumIsas] = {"scalar",  "avx2", "avxvnni", "avx512vnni256", "avx512vnni",
                                                        "amxint8", "neon", "neondot", "neoni8mm"};
  return kNames[static_cast<int>(isa)];
}

Isa CpuFeatures::best() const {
  int best = kNumIsas - 1;
  while (!has(static_cast<Isa>(best))) --best;  // scalar is always there
  return static_cast<Isa>(best);
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
