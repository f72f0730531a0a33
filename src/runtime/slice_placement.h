// SPDX-License-Identifier: Apache-2.0
// Concatenations along the last axis without a copy: what makes an input writes its rows straight into the output.
//
//   a = conv2d(x), b = max_pool2d(x), y = concat(a, b):    row of y = [ row of a | row of b ]
//
// a and b are slices of y's memory then: their rows are as far apart as those of y, and the concatenation has nothing to do.
#ifndef OCTET_RUNTIME_SLICE_PLACEMENT_H_
#define OCTET_RUNTIME_SLICE_PLACEMENT_H_

#include <span>
#include <vector>

#include "runtime/operator.h"

namespace octet {

struct Slice {
  TensorId buffer = kNoTensor;  // the tensor in whose memory it lies, never a slice itself; kNoTensor: this tensor is no slice
  std::size_t offset = 0;       // its first element, counted in `buffer`
  std::size_t row_stride = 0;   // elements from row to row
};

// Slices by TensorId, for a graph whose node i is run by operators[i] (null: a dynamic step). A tensor becomes one if its maker
// can write rows apart, its only reader is a concatenation that joins slices, and it is no graph output. The other inputs of a
// concatenation are copied. Concatenations of concatenations share the memory of the last one.
std::vector<Slice> place_slices(const Graph& graph, std::span<const Operator* const> operators);

}  // namespace octet

#endif  // OCTET_RUNTIME_SLICE_PLACEMENT_H_
