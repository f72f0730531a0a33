// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose/transpose.h"

#include <algorithm>
#include <numeric>

#include "kernels/kernel_test.h"

namespace octet {
namespace {

// Runs `args` on bytes numbered at random and compares with one element at a time.
void expect_correct(const TransposeKernel& kernel, TransposeArgs args, std::size_t src_elements,
                    std::size_t dst_elements, std::ptrdiff_t src_first = 0) {
  Random random;
  const std::size_t bytes = args.element_bytes;
  const std::vector<std::int8_t> src = random.int8s(src_elements * bytes);
  std::vector<std::int8_t> dst(dst_elements * bytes, 85), expected = dst;
  args.src = src.data() + src_first * static_cast<std::ptrdiff_t>(bytes);
  args.dst = dst.data();
  std::size_t count = 1;
  for (std::size_t d = 0; d < args.rank; ++d) count *= args.shape[d];
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t rest = i;
    std::ptrdiff_t from = src_first, to = 0;
    for (std::size_t d = args.rank; d-- > 0; rest /= args.shape[d]) {
      const auto index = static_cast<std::ptrdiff_t>(rest % args.shape[d]);
      from += index * args.src_strides[d];
      to += index * args.dst_strides[d];
    }
    std::memcpy(expected.data() + to * static_cast<std::ptrdiff_t>(bytes),
                src.data() + from * static_cast<std::ptrdiff_t>(bytes), bytes);
  }
  kernel.transpose(args);
  EXPECT_EQ(dst, expected);
}

// The dense permutation of a tensor: dimension i of dst is dimension permutation[i] of src.
void expect_permuted(const TransposeKernel& kernel, const std::vector<std::size_t>& src_shape,
                     const std::vector<std::size_t>& permutation, std::size_t element_bytes) {
  TransposeArgs args{.rank = src_shape.size(), .element_bytes = element_bytes};
  std::vector<std::ptrdiff_t> src_strides(src_shape.size());
  std::ptrdiff_t elements = 1;
  for (std::size_t d = src_shape.size(); d-- > 0; elements *= static_cast<std::ptrdiff_t>(src_shape[d])) {
    src_strides[d] = elements;
  }
  std::ptrdiff_t dst_stride = 1;
  for (std::size_t d = src_shape.size(); d-- > 0;) {
    args.shape[d] = src_shape[permutation[d]];
    args.src_strides[d] = src_strides[permutation[d]];
    args.dst_strides[d] = dst_stride;
    dst_stride *= static_cast<std::ptrdiff_t>(args.shape[d]);
  }
  expect_correct(kernel, args, static_cast<std::size_t>(elements), static_cast<std::size_t>(elements));
}

class TransposeKernels : public testing::TestWithParam<const TransposeKernel*> {};

TEST_P(TransposeKernels, PermuteInEveryOrder) {
  for (const std::size_t element_bytes : {1, 2, 4, 8}) {
    std::vector<std::size_t> permutation = {0, 1, 2, 3};
    do {
      expect_permuted(*GetParam(), {3, 5, 4, 7}, permutation, element_bytes);
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
  std::vector<std::size_t> permutation = {0, 1, 2, 3, 4, 5};
  do {
    expect_permuted(*GetParam(), {2, 3, 2, 1, 3, 2}, permutation, 1);
  } while (std::next_permutation(permutation.begin(), permutation.end()));
}

TEST_P(TransposeKernels, TransposeMatricesOfAllSizes) {
  for (const std::size_t element_bytes : {1, 4}) {
    for (const std::size_t rows : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 50}) {
      for (const std::size_t cols : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 50}) {
        expect_permuted(*GetParam(), {rows, cols}, {1, 0}, element_bytes);
      }
    }
  }
}

TEST_P(TransposeKernels, ConvertImagesBetweenChannelOrders) {
  for (const std::size_t channels : {1, 3, 4, 16, 24, 65}) {
    for (const std::size_t element_bytes : {1, 4}) {
      expect_permuted(*GetParam(), {2, channels, 5, 7}, {0, 2, 3, 1}, element_bytes);
      expect_permuted(*GetParam(), {2, 5, 7, channels}, {0, 3, 1, 2}, element_bytes);
    }
  }
}

TEST_P(TransposeKernels, CopySlicesAndConcatenate) {
  // [3, 4, 5] into columns of [3, 4, 9]; every second element of a line; a broadcast; a line read backwards.
  expect_correct(*GetParam(), {3, {3, 4, 5}, {20, 5, 1}, {36, 9, 1}, 1}, 60, 108);
  expect_correct(*GetParam(), {2, {4, 5}, {10, 2}, {5, 1}, 4}, 40, 20);
  expect_correct(*GetParam(), {2, {4, 5}, {0, 1}, {5, 1}, 4}, 5, 20);
  expect_correct(*GetParam(), {2, {4, 5}, {5, -1}, {5, 1}, 2}, 20, 20, 4);
}

TEST_P(TransposeKernels, TakeEmptyAndSingleElements) {
  expect_correct(*GetParam(), {0, {}, {}, {}, 8}, 1, 1);
  expect_correct(*GetParam(), {3, {1, 1, 1}, {9, 9, 9}, {9, 9, 9}, 4}, 1, 1);
  expect_correct(*GetParam(), {2, {3, 0}, {1, 1}, {1, 1}, 4}, 1, 1);
}

INSTANTIATE_TEST_SUITE_P(Table, TransposeKernels, testing::ValuesIn(runnable(transpose_kernels())),
                         kernel_test_name<TransposeKernel>);

}  // namespace
}  // namespace octet
