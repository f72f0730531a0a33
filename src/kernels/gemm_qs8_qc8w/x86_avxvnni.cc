// SPDX-License-Identifier: Apache-2.0
// Built for AVX2 and AVX-VNNI.
#include "kernels/gemm_qs8_qc8w/x86_vnni256.h"
#include "kernels/x86_vnni256.h"

namespace octet {
namespace {

using Gemm = ShiftedGemm<Vnni256<Vex256>>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8AvxVnni = {"gemm_qs8_qc8w_6x16c4__avxvnni",
                                              Isa::kAvxVnni,
                                              6,
                                              kNr,
                                              Gemm::packed_bytes,
                                              Gemm::pack,
                                              Gemm::scratch_bytes,
                                              Gemm::gemm};

}  // namespace octet
