// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2 -mfma.
#include "kernels/depthwise_qs8_qc8w/x86_pairs256.h"

namespace octet {

extern const DepthwiseQs8Kernel kDepthwiseQs8Avx2 = {"depthwise_qs8_qc8w_1x16__avx2", Isa::kAvx2, packed_bytes, pack,
                                                     depthwise<MultiplyAndAdd>};

}  // namespace octet
