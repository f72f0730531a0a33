// SPDX-License-Identifier: Apache-2.0
// Built for AMX-INT8 and AVX-512.
#include "kernels/gemm_qs8_qc8w/x86_amx_tiles.h"

namespace octet {
namespace {

using Gemm = AmxGemm<AmxTiles>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8AmxInt8 = {"gemm_qs8_qc8w_32x32c4__amxint8",
                                              Isa::kAmxInt8,
                                              kMr,
                                              kNr,
                                              Gemm::packed_bytes,
                                              Gemm::pack,
                                              Gemm::scratch_bytes,
                                              Gemm::gemm};

}  // namespace octet
