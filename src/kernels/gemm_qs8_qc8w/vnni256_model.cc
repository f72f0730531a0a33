// SPDX-License-Identifier: Apache-2.0
// x86_vnni256.h on a portable model of its instructions (built with OCTET_SIMD_MODEL), for test.cc.
#include "kernels/gemm_qs8_qc8w/x86_vnni256.h"
#include "kernels/x86_vnni256.h"

namespace octet {
namespace {

using Gemm = ShiftedGemm<Vnni256<Model256>>;

}  // namespace

extern const GemmQs8Kernel kGemmQs8Vnni256Model = {"gemm_qs8_qc8w_6x16c4__vnni256_model",
                                                   Isa::kScalar,
                                                   6,
                                                   kNr,
                                                   Gemm::packed_bytes,
                                                   Gemm::pack,
                                                   Gemm::scratch_bytes,
                                                   Gemm::gemm};

}  // namespace octet
