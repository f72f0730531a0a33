// SPDX-License-Identifier: Apache-2.0
// Built for AVX2 and AVX-VNNI.
#include "kernels/depthwise_qs8_qc8w/x86_pairs256.h"
#include "kernels/x86_vnni256.h"

namespace octet {

extern const DepthwiseQs8Kernel kDepthwiseQs8AvxVnni = {"depthwise_qs8_qc8w_1x16__avxvnni", Isa::kAvxVnni, packed_bytes,
                                                        pack, depthwise<Vex256>};

}  // namespace octet
