// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VL and VNNI.
#include "kernels/gemm_qs8_qc8w/x86_vnni256.h"
#include "kernels/x86_vnni256.h"

namespace octet {
namespace {

using Gemm = ShiftedGemm<Vnni256<Evex256>>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8Avx512Vnni256 = {"gemm_qs8_qc8w_6x16c4__avx512vnni256",
                                                    Isa::kAvx512Vnni256,
                                                    6,
                                                    kNr,
                                                    Gemm::packed_bytes,
                                                    Gemm::pack,
                                                    Gemm::scratch_bytes,
                                                    Gemm::gemm};

}  // namespace octet
