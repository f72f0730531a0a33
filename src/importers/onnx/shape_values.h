// SPDX-License-Identifier: Apache-2.0
// Follows sizes through the sub-graphs that exporters write to compute shapes, such as
//   Concat(Gather(Shape(x), 0), -1, 64),
// so that a Reshape to [N, -1, 64] can be read although N is not fixed.
#ifndef OCTET_IMPORTERS_ONNX_SHAPE_VALUES_H_
#define OCTET_IMPORTERS_ONNX_SHAPE_VALUES_H_

#include <optional>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"

namespace octet {

// A number, or a symbolic dimension (then `value` is as in Shape).
struct DimensionValue {
  std::int64_t value = 0;
  bool is_symbol = false;
  bool operator==(const DimensionValue&) const = default;
};

class ShapeValues {
 public:
  // Elements of an integer tensor of rank 0 or 1, if they are known.
  std::optional<std::vector<DimensionValue>> find(const Graph& graph, TensorId id) const;

  // Works out what the node makes, if it takes a shape or moves known elements around. Unknown elements stay unknown.
  void follow(const Graph& graph, const Node& node);

 private:
  std::unordered_map<TensorId, std::vector<DimensionValue>> values_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_ONNX_SHAPE_VALUES_H_
