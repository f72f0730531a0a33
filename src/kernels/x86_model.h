// SPDX-License-Identifier: Apache-2.0
// A portable model of x86 vectors for tests: SIMDe, and by hand what SIMDe 0.7.4 lacks.
#ifndef OCTET_KERNELS_X86_MODEL_H_
#define OCTET_KERNELS_X86_MODEL_H_

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace octet::model {

[[gnu::noinline]] static simde__m512 cvtepi32_ps(simde__m512i a) {
  std::int32_t from[16];
  float to[16];
  std::memcpy(from, &a, sizeof(from));
  for (int i = 0; i < 16; ++i) to[i] = static_cast<float>(from[i]);
  return simde_mm512_loadu_ps(to);
}

[[gnu::noinline]] static simde__m512i cvtps_epi32(simde__m512 a) {
  float from[16];
  std::int32_t to[16];
  std::memcpy(from, &a, sizeof(from));
  for (int i = 0; i < 16; ++i) {
    const double rounded = std::nearbyint(static_cast<double>(from[i]));
    const bool fits = rounded >= -2147483648.0 && rounded <= 2147483647.0;
    to[i] = fits ? static_cast<std::int32_t>(rounded) : INT32_MIN;
  }
  return simde_mm512_loadu_si512(to);
}

// Bytes whose bit is not set are neither read nor written, as in the instructions.
template <std::size_t kBytes, typename T>
[[gnu::noinline]] T load_bytes(std::uint64_t mask, const void* from) {
  unsigned char bytes[kBytes] = {};
  for (std::size_t i = 0; i < kBytes; ++i) {
    if ((mask >> i) & 1) bytes[i] = static_cast<const unsigned char*>(from)[i];
  }
  T value;
  std::memcpy(&value, bytes, kBytes);
  return value;
}

template <std::size_t kBytes, typename T>
[[gnu::noinline]] void store_bytes(void* to, std::uint64_t mask, const T& value) {
  unsigned char bytes[kBytes];
  std::memcpy(bytes, &value, kBytes);
  for (std::size_t i = 0; i < kBytes; ++i) {
    if ((mask >> i) & 1) static_cast<unsigned char*>(to)[i] = bytes[i];
  }
}

// A mask of words as one of bytes.
inline std::uint64_t words(std::uint16_t mask) {
  std::uint64_t bytes = 0;
  for (int i = 0; i < 16; ++i) {
    if ((mask >> i) & 1) bytes |= std::uint64_t{15} << (4 * i);
  }
  return bytes;
}

[[gnu::noinline]] static simde__m512i mask_loadu_epi32(simde__m512i otherwise, std::uint16_t mask, const void* from) {
  const auto loaded = load_bytes<64, simde__m512i>(words(mask), from);
  store_bytes<64>(&otherwise, words(mask), loaded);
  return otherwise;
}

[[gnu::noinline]] static simde__m512i cvtepi32_epi64(simde__m256i a) {
  std::int32_t from[8];
  std::int64_t to[8];
  std::memcpy(from, &a, sizeof(from));
  for (int i = 0; i < 8; ++i) to[i] = from[i];
  return simde_mm512_loadu_si512(to);
}

// Not inline: kernels unroll them hundreds of times, which would take minutes to compile.
[[gnu::noinline]] static simde__m512i dpbusd_epi32(simde__m512i acc, simde__m512i a, simde__m512i b) {
  return simde_mm512_dpbusd_epi32(acc, a, b);
}
[[gnu::noinline]] static simde__m512i unpacklo_epi8(simde__m512i a, simde__m512i b) {
  return simde_mm512_unpacklo_epi8(a, b);
}
[[gnu::noinline]] static simde__m512i unpackhi_epi8(simde__m512i a, simde__m512i b) {
  return simde_mm512_unpackhi_epi8(a, b);
}
[[gnu::noinline]] static simde__m512i unpacklo_epi16(simde__m512i a, simde__m512i b) {
  return simde_mm512_unpacklo_epi16(a, b);
}
[[gnu::noinline]] static simde__m512i unpackhi_epi16(simde__m512i a, simde__m512i b) {
  return simde_mm512_unpackhi_epi16(a, b);
}
[[gnu::noinline]] static simde__m512i packs_epi32(simde__m512i a, simde__m512i b) {
  return simde_mm512_packs_epi32(a, b);
}
[[gnu::noinline]] static simde__m512i packs_epi16(simde__m512i a, simde__m512i b) {
  return simde_mm512_packs_epi16(a, b);
}
[[gnu::noinline]] static simde__m512i shuffle_epi8(simde__m512i a, simde__m512i b) {
  return simde_mm512_shuffle_epi8(a, b);
}
// f(a[i], b[i]) in every lane.
template <typename F>
simde__m512 by_lane(simde__m512 a, simde__m512 b, const F& f) {
  float from_a[16], from_b[16], to[16];
  std::memcpy(from_a, &a, sizeof(from_a));
  std::memcpy(from_b, &b, sizeof(from_b));
  for (int i = 0; i < 16; ++i) to[i] = f(from_a[i], from_b[i]);
  return simde_mm512_loadu_ps(to);
}
// The second operand if one is NaN, and of two zeros.
[[gnu::noinline]] static simde__m512 min_ps(simde__m512 a, simde__m512 b) {
  return by_lane(a, b, [](float x, float y) { return x < y ? x : y; });
}
[[gnu::noinline]] static simde__m512 max_ps(simde__m512 a, simde__m512 b) {
  return by_lane(a, b, [](float x, float y) { return x > y ? x : y; });
}
// One rounding.
template <std::size_t kLanes, typename T>
[[gnu::noinline]] T fmadd(const T& a, const T& b, T c) {
  float from_a[kLanes], from_b[kLanes], to[kLanes];
  std::memcpy(from_a, &a, sizeof(from_a));
  std::memcpy(from_b, &b, sizeof(from_b));
  std::memcpy(to, &c, sizeof(to));
  for (std::size_t i = 0; i < kLanes; ++i) to[i] = std::fma(from_a[i], from_b[i], to[i]);
  std::memcpy(&c, to, sizeof(to));
  return c;
}

[[gnu::noinline]] static simde__m512i cvtepi8_epi32(simde__m128i a) {
  std::int8_t from[16];
  std::int32_t to[16];
  std::memcpy(from, &a, sizeof(from));
  for (int i = 0; i < 16; ++i) to[i] = from[i];
  return simde_mm512_loadu_si512(to);
}

}  // namespace octet::model

#undef __mmask64
#undef __mmask32
#undef __mmask16
#undef __mmask8
#define __mmask64 std::uint64_t
#define __mmask32 std::uint32_t
#define __mmask16 std::uint16_t
#define __mmask8 std::uint8_t
#define _mm512_cvtepi8_epi32 octet::model::cvtepi8_epi32
#define _mm512_cvtepi32_ps octet::model::cvtepi32_ps
#define _mm512_cvtps_epi32 octet::model::cvtps_epi32
#undef _mm512_dpbusd_epi32
#undef _mm512_unpacklo_epi8
#undef _mm512_unpackhi_epi8
#undef _mm512_unpacklo_epi16
#undef _mm512_unpackhi_epi16
#undef _mm512_packs_epi32
#undef _mm512_packs_epi16
#undef _mm512_shuffle_epi8
#undef _mm512_fmadd_ps
#undef _mm512_min_ps
#undef _mm512_max_ps
#define _mm512_dpbusd_epi32 octet::model::dpbusd_epi32
#define _mm512_unpacklo_epi8 octet::model::unpacklo_epi8
#define _mm512_unpackhi_epi8 octet::model::unpackhi_epi8
#define _mm512_unpacklo_epi16 octet::model::unpacklo_epi16
#define _mm512_unpackhi_epi16 octet::model::unpackhi_epi16
#define _mm512_packs_epi32 octet::model::packs_epi32
#define _mm512_packs_epi16 octet::model::packs_epi16
#define _mm512_shuffle_epi8 octet::model::shuffle_epi8
#define _mm512_fmadd_ps(a, b, c) octet::model::fmadd<16, simde__m512>(a, b, c)
#undef _mm256_fmadd_ps
#define _mm256_fmadd_ps(a, b, c) octet::model::fmadd<8, simde__m256>(a, b, c)
#define _mm512_min_ps octet::model::min_ps
#define _mm512_max_ps octet::model::max_ps
#undef _mm512_cvtepi32_epi64
#define _mm512_cvtepi32_epi64 octet::model::cvtepi32_epi64
#define _mm512_maskz_loadu_epi8(mask, from) octet::model::load_bytes<64, simde__m512i>(mask, from)
#define _mm256_maskz_loadu_epi8(mask, from) octet::model::load_bytes<32, simde__m256i>(mask, from)
#define _mm_maskz_loadu_epi8(mask, from) octet::model::load_bytes<16, simde__m128i>(mask, from)
#define _mm512_mask_storeu_epi8(to, mask, value) octet::model::store_bytes<64>(to, mask, value)
#define _mm256_mask_storeu_epi8(to, mask, value) octet::model::store_bytes<32>(to, mask, value)
#define _mm_mask_storeu_epi8(to, mask, value) octet::model::store_bytes<16>(to, mask, value)
#undef _mm512_maskz_loadu_ps
#define _mm512_maskz_loadu_ps(mask, from) octet::model::load_bytes<64, simde__m512>(octet::model::words(mask), from)
#undef _mm512_maskz_loadu_epi32
#define _mm512_maskz_loadu_epi32(mask, from) octet::model::load_bytes<64, simde__m512i>(octet::model::words(mask), from)
#undef _mm512_mask_loadu_epi32
#define _mm512_mask_loadu_epi32(otherwise, mask, from) octet::model::mask_loadu_epi32(otherwise, mask, from)
#undef _mm512_mask_storeu_ps
#define _mm512_mask_storeu_ps(to, mask, value) octet::model::store_bytes<64>(to, octet::model::words(mask), value)
#undef _mm512_mask_storeu_epi32
#define _mm512_mask_storeu_epi32(to, mask, value) octet::model::store_bytes<64>(to, octet::model::words(mask), value)

#endif  // OCTET_KERNELS_X86_MODEL_H_
