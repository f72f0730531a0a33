// SPDX-License-Identifier: Apache-2.0
// Source rows copied for the kernels with AVX-512: all taps one behind the other. Only for kernel files.
#ifndef OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX512_ROWS_H_
#define OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX512_ROWS_H_

#include "kernels/gemm_qs8_qc8w/gemm_qs8_qc8w.h"
#include "kernels/x86_intrinsics.h"

namespace octet {
namespace {

// Copies rows, each byte xor kFlip. Whole vectors are written: up to 63 bytes behind a row's values; nothing but the
// values is read.
template <unsigned char kFlip>
class RowCopy {
 public:
  // run_stride: bytes from one run of taps to the next, at least their values.
  RowCopy(const GemmQs8Args& args, std::size_t run_stride)
      : args_(args),
        run_(args.k * args.run_taps),
        run_stride_(run_stride),
        whole_vectors_(run_ == 0 ? 0 : (run_ - 1) / 64),
        mask_(mask_of(run_ - whole_vectors_ * 64)) {}

  // Rows m and on, to dst and every `stride` bytes.
  void copy(std::size_t m, std::size_t num_rows, std::uint8_t* dst, std::size_t stride) const {
    if (args_.offsets == nullptr) {
      for (std::size_t r = 0; r < num_rows; ++r, dst += stride)
        copy_values(args_.src + (m + r) * args_.src_stride, args_.k, dst);
      return;
    }
    // Stores that cross cache lines are slow: short runs, of images with few channels, take short vectors.
    if (run_ <= 16) {
      copy_rows(m, num_rows, dst, stride, [this](const std::int8_t* src, std::uint8_t* to) {
        const __m128i values = _mm_maskz_loadu_epi8(static_cast<__mmask16>(mask_), src);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_xor_si128(values, _mm_set1_epi8(static_cast<char>(kFlip))));
      });
    } else if (run_ <= 32) {
      copy_rows(m, num_rows, dst, stride, [this](const std::int8_t* src, std::uint8_t* to) {
        const __m256i values = _mm256_maskz_loadu_epi8(static_cast<__mmask32>(mask_), src);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_xor_si256(values, _mm256_set1_epi8(static_cast<char>(kFlip))));
      });
    } else {
      copy_rows(m, num_rows, dst, stride, [this](const std::int8_t* src, std::uint8_t* to) {
        for (std::size_t i = whole_vectors_; i > 0; --i, src += 64, to += 64) store(to, _mm512_loadu_si512(src));
        store(to, _mm512_maskz_loadu_epi8(mask_, src));
      });
    }
  }

 private:
  static __mmask64 mask_of(std::size_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

  static void store(std::uint8_t* to, __m512i values) {
    _mm512_storeu_si512(to, kFlip == 0 ? values : _mm512_xor_si512(values, _mm512_set1_epi8(static_cast<char>(kFlip))));
  }

  static void copy_values(const std::int8_t* src, std::size_t n, std::uint8_t* dst) {
    for (; n > 64; n -= 64, src += 64, dst += 64) store(dst, _mm512_loadu_si512(src));
    store(dst, _mm512_maskz_loadu_epi8(mask_of(n), src));
  }

  template <typename CopyRun>
  void copy_rows(std::size_t m, std::size_t num_rows, std::uint8_t* dst, std::size_t stride, const CopyRun& copy_run) const {
    if (args_.window != nullptr) return copy_windows(m, num_rows, dst, stride, copy_run);
    const std::size_t run_taps = args_.run_taps;
    const std::int32_t* offsets = args_.offsets + m * args_.taps;
    for (; num_rows > 0; --num_rows, dst += stride) {
      std::uint8_t* to = dst;
      for (const std::int32_t* const end = offsets + args_.taps; offsets < end; offsets += run_taps, to += run_stride_) {
        if (offsets[0] != kPaddingTap && offsets[run_taps - 1] != kPaddingTap) {
          copy_run(args_.src + offsets[0], to);
        } else {
          copy_taps(offsets, to);
        }
      }
    }
  }

  // The table of offsets is read at the image's border alone.
  template <typename CopyRun>
  void copy_windows(std::size_t m, std::size_t num_rows, std::uint8_t* dst, std::size_t stride, const CopyRun& copy_run) const {
    const ImageWindow& window = *args_.window;
    const auto width = static_cast<std::size_t>(window.output_width);
    const std::size_t pixel = args_.first_pixel + m;
    auto oy = static_cast<std::int32_t>(pixel / width), ox = static_cast<std::int32_t>(pixel % width);
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{window.width} * static_cast<std::ptrdiff_t>(args_.k);
    const std::int32_t reach = (window.kernel_height - 1) * window.dilation_y;
    for (; num_rows > 0; --num_rows, ++m, dst += stride) {
      const std::int32_t y = oy * window.stride_y - window.pad_y, x = ox * window.stride_x - window.pad_x;
      std::uint8_t* to = dst;
      if (x >= 0 && x + window.kernel_width <= window.width && y >= 0 && y + reach < window.height) {
        const std::int8_t* src = args_.src + y * row_bytes + x * static_cast<std::ptrdiff_t>(args_.k);
        for (std::int32_t i = window.kernel_height; i > 0; --i, src += window.dilation_y * row_bytes, to += run_stride_) copy_run(src, to);
      } else {
        const std::int32_t* offsets = args_.offsets + m * args_.taps;
        for (std::int32_t i = window.kernel_height; i > 0; --i, offsets += args_.run_taps, to += run_stride_) copy_taps(offsets, to);
      }
      if (++ox == window.output_width) {
        ox = 0;
        ++oy;
      }
    }
  }

  // A run of taps of which some lie outside the image.
  [[gnu::noinline]] void copy_taps(const std::int32_t* offsets, std::uint8_t* dst) const {
    for (std::size_t t = 0; t < args_.run_taps; ++t, dst += args_.k)
      copy_values(offsets[t] == kPaddingTap ? args_.padding : args_.src + offsets[t], args_.k, dst);
  }

  const GemmQs8Args& args_;
  std::size_t run_;  // values of a run of taps
  std::size_t run_stride_;
  std::size_t whole_vectors_;
  __mmask64 mask_;  // of a run's last vector
};

}  // namespace
}  // namespace octet

#endif  // OCTET_KERNELS_GEMM_QS8_QC8W_X86_AVX512_ROWS_H_
