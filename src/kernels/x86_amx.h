// SPDX-License-Identifier: Apache-2.0
// Tiles of AMX: 8 registers (0 to 7) of up to 16 rows of up to 64 bytes. Kernels are templates over what executes them:
// AmxTiles, the processor, or ModelTiles of x86_amx_model.h. Only for kernel files.
//
//   configure(config)                   sets the shape of each tile, and all to zero; needed before anything else
//   release()                           forgets it: the operating system need not save tiles any more
//   zero<T>()
//   load<T>(from, stride_bytes)         row r is read from `from` + r * stride_bytes
//   store<T>(to, stride_bytes)
//   multiply<C, A, B>()                 C[m][n] += sum over 4 bytes b of A[m][4 k + b] * B[k][4 n + b], all k; signed
//   bytes,
//                                       int32 modulo 2^32
// Source: Intel Architecture Instruction Set Extensions and Future Features, chapter 3 (319433-044).
#ifndef OCTET_KERNELS_X86_AMX_H_
#define OCTET_KERNELS_X86_AMX_H_

#include <cstddef>
#include <cstdint>

namespace octet {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kTileRowBytes = 64;

// The operand of ldtilecfg. A tile without rows is not there.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  constexpr void set(int tile, std::size_t num_rows, std::size_t num_row_bytes) {
    rows[tile] = static_cast<std::uint8_t>(num_rows);
    row_bytes[tile] = static_cast<std::uint16_t>(num_rows > 0 ? num_row_bytes : 0);
  }
};
static_assert(sizeof(TileConfig) == 64);

#ifndef OCTET_SIMD_MODEL

struct AmxTiles {
  [[gnu::always_inline]] static inline void configure(const TileConfig& config) {
    asm volatile("ldtilecfg %0" : : "m"(config));
  }
  [[gnu::always_inline]] static inline void release() { asm volatile("tilerelease"); }

  template <int T>
  [[gnu::always_inline]] static inline void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(T));
  }
  template <int T>
  [[gnu::always_inline]] static inline void load(const void* from, std::size_t stride_bytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride_bytes), "i"(T) : "memory");
  }
  template <int T>
  [[gnu::always_inline]] static inline void store(void* to, std::size_t stride_bytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride_bytes), "i"(T) : "memory");
  }
  template <int C, int A, int B>
  [[gnu::always_inline]] static inline void multiply() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
};

#endif

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_X86_AMX_H_
