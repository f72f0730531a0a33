// SPDX-License-Identifier: Apache-2.0
// Built with -mavx2.
#include "kernels/lut_x8/lut_x8.h"
#include "kernels/lut_x8/x86_avx2_look_up.h"

namespace octet {
namespace {

void lut(const LutX8Args& args) {
  std::size_t i = 0;
  if (args.n >= 64) {
    const Parts parts = load_parts(args.table);
    for (; i + 32 <= args.n; i += 32) {
      const __m256i index = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(args.src + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(args.dst + i), look_up(parts, index));
    }
  }
  for (; i < args.n; ++i) args.dst[i] = args.table[args.src[i]];
}

}  // namespace

extern const LutX8Kernel kLutX8Avx2 = {"lut_x8_x32__avx2", Isa::kAvx2, lut};

}  // namespace octet
