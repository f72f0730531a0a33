// SPDX-License-Identifier: Apache-2.0
// Built for AVX2 and AVX-VNNI.
#include "kernels/peak/x86_vnni256.h"

namespace octet {

extern const PeakKernel kPeakAvxVnni = {"peak__avxvnni", Isa::kAvxVnni, f32, qs8<Vex256>};

}  // namespace octet
