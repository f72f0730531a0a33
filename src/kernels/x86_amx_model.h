// SPDX-License-Identifier: Apache-2.0
// A model of AMX for tests, that ends the program with a message where the processor would fault, and where a kernel
// uses tiles in a way that it cannot mean. Bytes are read and written as the processor does, so that the address
// sanitizer sees a row too many.
#ifndef OCTET_KERNELS_X86_AMX_MODEL_H_
#define OCTET_KERNELS_X86_AMX_MODEL_H_

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kernels/x86_amx.h"

namespace octet {
namespace {

class ModelTiles {
 public:
  static void configure(const TileConfig& config) {
    if (config.palette != 1) fail("palette %d; there is 1", config.palette);
    if (config.start_row != 0) fail("start row %d; only an interrupted load has one", config.start_row);
    for (const std::uint8_t byte : config.reserved)
      if (byte != 0) fail("a reserved byte of the configuration is %d", byte);
    for (int t = 0; t < 16; ++t) {
      const int rows = config.rows[t], row_bytes = config.row_bytes[t];
      if (t >= kTiles && (rows != 0 || row_bytes != 0)) fail("tile %d is configured; there are 8", t);
      if (rows > static_cast<int>(kTileRows)) fail("tile %d has %d rows; 16 are the most", t, rows);
      if (row_bytes > static_cast<int>(kTileRowBytes))
        fail("tile %d has rows of %d bytes; 64 are the most", t, row_bytes);
      if ((rows == 0) != (row_bytes == 0)) fail("tile %d has %d rows of %d bytes", t, rows, row_bytes);
      if (row_bytes % 4 != 0) fail("tile %d has rows of %d bytes, which are no int32", t, row_bytes);
    }
    state() = {.config = config, .is_configured = true, .data = {}};
  }

  static void release() { state() = {}; }

  static bool is_released() { return !state().is_configured; }

  template <int T>
  static void zero() {
    check<T>("tilezero");
    std::memset(state().data[T], 0, sizeof(state().data[T]));
  }

  template <int T>
  static void load(const void* from, std::size_t stride_bytes) {
    check<T>("tileloadd");
    zero<T>();  // bytes beyond the configured ones are zero
    for (std::size_t r = 0; r < rows(T); ++r)
      std::memcpy(state().data[T][r], static_cast<const std::byte*>(from) + r * stride_bytes, row_bytes(T));
  }

  template <int T>
  static void store(void* to, std::size_t stride_bytes) {
    check<T>("tilestored");
    if (rows(T) > 1 && stride_bytes < row_bytes(T))
      fail("tilestored: rows of tile %d have %zu bytes and begin every %zu", T, row_bytes(T), stride_bytes);
    for (std::size_t r = 0; r < rows(T); ++r)
      std::memcpy(static_cast<std::byte*>(to) + r * stride_bytes, state().data[T][r], row_bytes(T));
  }

  template <int C, int A, int B>
  static void multiply() {
    static_assert(C != A && C != B && A != B, "the processor faults where two of the tiles are the same");
    check<C>("tdpbssd");
    check<A>("tdpbssd");
    check<B>("tdpbssd");
    if (rows(C) != rows(A)) fail("tdpbssd: tile %d has %zu rows, tile %d has %zu", C, rows(C), A, rows(A));
    if (row_bytes(C) != row_bytes(B))
      fail("tdpbssd: rows of tile %d have %zu bytes, those of tile %d %zu", C, row_bytes(C), B, row_bytes(B));
    if (row_bytes(A) != 4 * rows(B))
      fail("tdpbssd: rows of tile %d have %zu bytes, tile %d has %zu rows", A, row_bytes(A), B, rows(B));
    for (std::size_t m = 0; m < rows(C); ++m)
      for (std::size_t n = 0; n < row_bytes(C) / 4; ++n) multiply_one<C, A, B>(m, n);
  }

 private:
  static constexpr int kTiles = 8;

  struct State {
    TileConfig config;
    bool is_configured = false;
    std::int8_t data[kTiles][kTileRows][kTileRowBytes];
  };

  static State& state() {
    static thread_local State state{};
    return state;
  }
  static std::size_t rows(int t) { return state().config.rows[t]; }
  static std::size_t row_bytes(int t) { return state().config.row_bytes[t]; }

  template <typename... Args>
  [[noreturn]] static void fail(const char* format, Args... args) {
    std::fputs("model of AMX: ", stderr);
    std::fprintf(stderr, format, args...);
    std::fputc('\n', stderr);
    std::abort();
  }

  template <int T>
  static void check(const char* instruction) {
    static_assert(T >= 0 && T < kTiles);
    if (!state().is_configured) fail("%s: no configuration is loaded", instruction);
    if (rows(T) == 0) fail("%s: tile %d is not configured", instruction, T);
  }

  template <int C, int A, int B>
  static void multiply_one(std::size_t m, std::size_t n) {
    auto& data = state().data;
    std::uint32_t sum;
    std::memcpy(&sum, data[C][m] + 4 * n, sizeof(sum));
    for (std::size_t k = 0; k < rows(B); ++k)
      for (std::size_t b = 0; b < 4; ++b)
        sum += static_cast<std::uint32_t>(data[A][m][4 * k + b] * data[B][k][4 * n + b]);
    std::memcpy(data[C][m] + 4 * n, &sum, sizeof(sum));
  }
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_X86_AMX_MODEL_H_
