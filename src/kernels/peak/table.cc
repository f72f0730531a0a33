// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_table.h"
#include "kernels/peak/peak.h"

namespace octet {

extern const PeakKernel kPeakScalar;
#if defined(__x86_64__)
extern const PeakKernel kPeakAvx2;
extern const PeakKernel kPeakAvxVnni;
extern const PeakKernel kPeakAvx512Vnni256;
extern const PeakKernel kPeakAvx512Vnni;
extern const PeakKernel kPeakAmxInt8;
#elif defined(__aarch64__)
extern const PeakKernel kPeakNeon;
extern const PeakKernel kPeakNeonDot;
extern const PeakKernel kPeakNeonI8mm;
#endif

namespace {

constexpr const PeakKernel* kKernels[] = {
#if defined(__x86_64__)
    &kPeakAmxInt8,
    &kPeakAvx512Vnni,
    &kPeakAvx512Vnni256,
    &kPeakAvxVnni,
    &kPeakAvx2,
#elif defined(__aarch64__)
    &kPeakNeonI8mm,
    &kPeakNeonDot,
    &kPeakNeon,
#endif
    &kPeakScalar,
};

}  // namespace

std::span<const PeakKernel* const> peak_kernels() { return kKernels; }

const PeakKernel& choose_peak(const CpuFeatures& cpu) { return first_supported(peak_kernels(), cpu); }

}  // namespace octet
