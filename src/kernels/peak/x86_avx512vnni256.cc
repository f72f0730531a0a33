// SPDX-License-Identifier: Apache-2.0
// Built for AVX-512 with VL and VNNI.
#include "kernels/peak/x86_vnni256.h"

namespace octet {

extern const PeakKernel kPeakAvx512Vnni256 = {"peak__avx512vnni256", Isa::kAvx512Vnni256, f32, qs8<Evex256>};

}  // namespace octet
