// SPDX-License-Identifier: Apache-2.0
// The product of gemm_qs8_qc8w for a row or two, whose time is that of reading the weights: weights of 4 bits are packed as two to
// a byte. Kernels, arguments, formula and bits are those of gemm_qs8_qc8w.h, for
//   - weights that fits_qc4w();
//   - rows without windows: taps is 1, offsets null;
//   - any number of rows, though for many the GEMM is faster.
#ifndef OCTET_KERNELS_GEMV_QS8_QC4W_GEMV_QS8_QC4W_H_
#define OCTET_KERNELS_GEMV_QS8_QC4W_GEMV_QS8_QC4W_H_

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"

namespace octet {

// Whether the weights of each column are of 16 neighbouring values, as those of 4 bits are.
bool fits_qc4w(const GemmQs8PackArgs& args);

// The one of column n from which packed weights are counted.
std::int32_t least_weight(const GemmQs8PackArgs& args, std::size_t n);

std::span<const GemmQs8Kernel* const> gemv_qs8_qc4w_kernels();  // best first, scalar last
const GemmQs8Kernel& choose_gemv_qs8_qc4w(const CpuFeatures& cpu);

}  // namespace octet

#endif  // OCTET_KERNELS_GEMV_QS8_QC4W_GEMV_QS8_QC4W_H_
