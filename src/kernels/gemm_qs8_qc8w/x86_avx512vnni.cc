// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VNNI.
#include "kernels/gemm_qs8_qc8w/x86_vnni512.h"

namespace octet {
namespace {

using Gemm = ShiftedGemm<Vnni512>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx512Vnni = {"gemm_qs8_qc8w_6x64c4__avx512vnni",
                                                 Isa::kAvx512Vnni,
                                                 6,
                                                 kNr,
                                                 Gemm::packed_bytes,
                                                 Gemm::pack,
                                                 Gemm::scratch_bytes,
                                                 Gemm::gemm};

}  // namespace octet
