// SPDX-License-Identifier: Apache-2.0
// What the graph, the passes and the runtime know about an operator: one constant `Op` per operator, in src/ops/.
#ifndef OCTET_IR_OP_H_
#define OCTET_IR_OP_H_

#include <any>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor.h"

namespace octet {

struct Graph;
struct Node;

// Sees each attribute of an operator in turn, to print, parse, compare or export it.
class AttrVisitor {
 public:
  virtual ~AttrVisitor() = default;
  virtual void visit(std::string_view name, std::int64_t& value) = 0;
  virtual void visit(std::string_view name, float& value) = 0;
  virtual void visit(std::string_view name, bool& value) = 0;
  virtual void visit(std::string_view name, std::vector<std::int64_t>& value) = 0;
  virtual void visit(std::string_view name, std::span<std::int64_t> value) = 0;  // of fixed length
  virtual void visit(std::string_view name, std::vector<float>& value) = 0;
  virtual void visit(std::string_view name, std::shared_ptr<const Graph>& value) = 0;
  // An enumeration as its index into `names`.
  virtual void visit_enum(std::string_view name, int& value, std::span<const std::string_view> names) = 0;

  template <typename E>
  void visit(std::string_view name, E& value, std::span<const std::string_view> names) {
    int index = static_cast<int>(value);
    visit_enum(name, index, names);
    value = static_cast<E>(index);
  }
};

// Type and shape of a value.
struct TensorType {
  DataType type = DataType::kFloat32;
  Shape shape;
  bool operator==(const TensorType&) const = default;
};

// A tensor's elements in memory, dense and row-major. `shape` is fixed.
struct ConstView {
  DataType type = DataType::kFloat32;
  const Shape* shape = nullptr;
  const void* data = nullptr;
  const QuantParams* quant = nullptr;  // null: not quantized

  template <typename T>
  const T* as() const {
    OCTET_DCHECK(type == kDataTypeOf<T>);
    return static_cast<const T*>(data);
  }
};
struct View {
  DataType type = DataType::kFloat32;
  const Shape* shape = nullptr;
  void* data = nullptr;
  const QuantParams* quant = nullptr;

  template <typename T>
  T* as() const {
    OCTET_DCHECK(type == kDataTypeOf<T>);
    return static_cast<T*>(data);
  }
};

// An absent optional input is a null pointer in `inputs` of shape inference, and data == null in evaluation.
using InferFunction = Result<std::vector<TensorType>> (*)(const Node& node, std::span<const Tensor* const> inputs);
// Computes the outputs in plain C++, one element after the other. Output shapes are those of shape inference.
using ReferenceFunction = Result<void> (*)(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs);

// The same for an operator whose output shapes depend on its inputs' values, and are kUnknownDimension before: on constants,
// null where absent, it makes constants, as many as the node has outputs.
using EvaluateFunction = Result<std::vector<Tensor>> (*)(const Node& node, std::span<const Tensor* const> inputs);

struct Op {
  std::string_view name;  // snake_case, unique
  int min_inputs = 1;
  int max_inputs = 1;   // kAnyNumber: no limit
  int num_outputs = 1;  // kAnyNumber: one or more
  std::any (*default_attrs)() = nullptr;
  void (*visit_attrs)(std::any& attrs, AttrVisitor& visitor) = nullptr;
  InferFunction infer = nullptr;
  // One of these two.
  ReferenceFunction reference = nullptr;
  EvaluateFunction evaluate = nullptr;
};

inline constexpr int kAnyNumber = 1 << 20;

// Finds an operator by name; null if there is none. Passed to the text parser, since ir/ knows no operator.
using OpLookup = const Op* (*)(std::string_view name);

}  // namespace octet

#endif  // OCTET_IR_OP_H_
