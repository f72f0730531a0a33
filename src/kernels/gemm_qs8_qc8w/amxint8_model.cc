// SPDX-License-Identifier: Apache-2.0
// x86_amx_tiles.h on models of tiles and of vectors (built with OCTET_SIMD_MODEL), for test.cc.
#include <cstdio>
#include <cstdlib>

#include "kernels/gemm_qs8_qc8w/x86_amx_tiles.h"
#include "kernels/x86_amx_model.h"

namespace octet {
namespace {

using Gemm = AmxGemm<ModelTiles>;

void gemm(const GemmQs8Args& args) {
  Gemm::gemm(args);
  if (ModelTiles::is_released()) return;
  std::fputs("the kernel left its tiles configured\n", stderr);
  std::abort();
}

}  // namespace

extern const GemmQs8Kernel kGemmQs8AmxInt8Model = {"gemm_qs8_qc8w_32x32c4__amxint8_model",
                                                   Isa::kScalar,
                                                   kMr,
                                                   kNr,
                                                   Gemm::packed_bytes,
                                                   Gemm::pack,
                                                   Gemm::scratch_bytes,
                                                   gemm};

}  // namespace octet
