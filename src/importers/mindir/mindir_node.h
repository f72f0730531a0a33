// SPDX-License-Identifier: Apache-2.0
// A node of the file as its handler sees it: its values, and the operators it adds (NodeBuilder).
#ifndef OCTET_IMPORTERS_MINDIR_MINDIR_NODE_H_
#define OCTET_IMPORTERS_MINDIR_MINDIR_NODE_H_

#include <string>
#include <vector>

#include "importers/copy_budget.h"
#include "importers/lowering.h"
#include "importers/mindir/mindir.pb.h"

namespace octet {

// What a name of the file stands for.
struct MindirValue {
  enum class Kind { kNothing, kTensor, kInteger, kReal, kString, kTuple };
  Kind kind = Kind::kNothing;  // kNothing: a monad, which orders side effects
  TensorId tensor = kNoTensor;
  std::int64_t integer = 0;  // bools too
  float real = 0;
  std::string string;
  std::vector<MindirValue> items;
};

// Numbers of the format's element types; float16 becomes float32. Error: kUnsupported, or kInvalidModel for sizes that
// do not fit.
Result<DataType> mindir_data_type(int type);
Result<Shape> mindir_shape(const mindir::TensorProto& tensor, std::string_view name, std::int64_t least);
Result<Tensor> read_mindir_tensor(const mindir::TensorProto& proto, std::string name, CopyBudget& budget);

// The value of an attribute. Tensors become constants of the graph, named `name`. `depth` bounds tuples of tuples.
Result<MindirValue> read_mindir_value(const mindir::AttributeProto& attribute, const std::string& name,
                                      GraphBuilder& graph, CopyBudget& budget, int depth = 0);

class MindirNode : public NodeBuilder {
 public:
  using Attributes = google::protobuf::RepeatedPtrField<mindir::AttributeProto>;

  // `attributes`: of the node's primitive, or in version 1 of the node. Keeps references.
  MindirNode(GraphBuilder& graph, std::string name, std::string type, std::string output, const Attributes& attributes,
             std::vector<MindirValue> inputs, CopyBudget& budget)
      : NodeBuilder(graph, std::move(name), std::move(type), {OutputSpec{std::move(output), {}, {}}}),
        attributes_(attributes),
        inputs_(std::move(inputs)),
        budget_(budget) {}

  std::size_t num_inputs() const { return inputs_.size(); }
  // Input i as a tensor; a number becomes a constant of the type `like` has. Error: kInvalidModel if it is none of
  // them.
  Result<TensorId> input(std::size_t i, TensorId like = kNoTensor);
  bool has_tensor(std::size_t i) const { return i < inputs_.size() && inputs_[i].kind == MindirValue::Kind::kTensor; }

  // An argument of the operator: input i, or where the node has no such input the attribute `name`.
  Result<MindirValue> argument(std::size_t i, std::string_view name);
  Result<std::int64_t> integer_argument(std::size_t i, std::string_view name, std::int64_t fallback);
  Result<float> real_argument(std::size_t i, std::string_view name, float fallback);
  Result<std::string_view> string_attribute(std::string_view name, std::string_view fallback) const;
  // A number counts as a list of one, an integer tensor that is constant as its elements; absent: empty.
  Result<Numbers> numbers_argument(std::size_t i, std::string_view name);
  Result<Numbers> numbers_attribute(std::string_view name) { return numbers_argument(kNoInput, name); }
  Result<std::int64_t> integer_attribute(std::string_view name, std::int64_t fallback) {
    return integer_argument(kNoInput, name, fallback);
  }

  // What the node passes on instead of computing: a tuple, or one of its inputs.
  const MindirValue& input_value(std::size_t i) const { return inputs_[i]; }
  const std::vector<MindirValue>& input_values() const { return inputs_; }
  void set_result(MindirValue value) { result_ = std::move(value); }
  // The node's value: what set_result() said, else its output.
  MindirValue result() const;

 private:
  static constexpr std::size_t kNoInput = SIZE_MAX;
  const Attributes& attributes_;
  std::vector<MindirValue> inputs_;
  CopyBudget& budget_;
  MindirValue result_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_MINDIR_MINDIR_NODE_H_
