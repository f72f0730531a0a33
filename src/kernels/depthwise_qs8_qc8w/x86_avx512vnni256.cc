// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VL and VNNI.
#include "kernels/depthwise_qs8_qc8w/x86_pairs256.h"
#include "kernels/x86_vnni256.h"

namespace octet {

extern const DepthwiseQs8Kernel kDepthwiseQs8Avx512Vnni256 = {
    "depthwise_qs8_qc8w_1x16__avx512vnni256", Isa::kAvx512Vnni256, packed_bytes, pack, depthwise<Evex256>};

}  // namespace octet
