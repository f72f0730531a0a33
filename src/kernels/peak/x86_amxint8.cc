// SPDX-License-Identifier: Apache-2.0
// Built for AMX-INT8 and AVX-512.
#include "kernels/peak/x86_avx512_f32.h"
#include "kernels/x86_amx.h"

namespace octet {
namespace {

constexpr std::uint64_t kProductsOfTiles = 16 * 16 * 64;

std::uint64_t qs8(std::uint64_t n) {
  TileConfig config;
  for (int tile = 0; tile < 8; ++tile) config.set(tile, kTileRows, kTileRowBytes);
  AmxTiles::configure(config);
  std::uint64_t done = 0;
  for (; done < n; done += 4 * kProductsOfTiles) {
    AmxTiles::multiply<0, 4, 6>();
    AmxTiles::multiply<1, 4, 7>();
    AmxTiles::multiply<2, 5, 6>();
    AmxTiles::multiply<3, 5, 7>();
  }
  AmxTiles::release();
  return done;
}

}  // namespace

extern const PeakKernel kPeakAmxInt8 = {"peak__amxint8", Isa::kAmxInt8, f32, qs8};

}  // namespace octet
