// SPDX-License-Identifier: Apache-2.0
#include "ops/control_flow.h"

#include <algorithm>
#include <cstring>

#include "ops/copy.h"
#include "ops/evaluate.h"
#include "ops/scalar.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;
using Types = std::vector<TensorType>;

// All that the stacked rows of a loop may take.
constexpr std::size_t kMaxStackedBytes = std::size_t{1} << 34;

Result<const Graph*> graph_of(const std::shared_ptr<const Graph>& graph, std::string_view what) {
  if (graph != nullptr) return graph.get();
  return shape_error("has no {}", what);
}

// A symbol of one graph means nothing in another.
Shape without_symbols(Shape shape) {
  std::replace_if(shape.begin(), shape.end(), is_symbolic, kUnknownDimension);
  return shape;
}

// Types of the graph's outputs if its inputs are of `inputs`.
Result<Types> infer_graph(const Graph& graph, const Types& inputs) {
  if (inputs.size() != graph.inputs.size())
    return shape_error("its graph '{}' has {} inputs, {} are given", graph.name, graph.inputs.size(), inputs.size());
  Graph copy = graph;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor& input = copy.tensor(copy.inputs[i]);
    if (input.type != inputs[i].type || input.shape.size() != inputs[i].shape.size()) {
      return shape_error("input '{}' of its graph '{}' is {} of rank {}, given is {} of rank {}", input.name, graph.name,
                         data_type_name(input.type), input.shape.size(), data_type_name(inputs[i].type), inputs[i].shape.size());
    }
    input.shape = without_symbols(inputs[i].shape);
  }
  OCTET_RETURN_IF_ERROR(infer_shapes(copy));
  Types types;
  for (const TensorId id : copy.outputs) types.push_back({copy.tensor(id).type, without_symbols(copy.tensor(id).shape)});
  return types;
}

Types types_of(Inputs inputs) {
  Types types;
  for (const Tensor* input : inputs)
    if (input != nullptr) types.push_back({input->type, input->shape});
  return types;
}

// What is known of a value that may be either.
Result<TensorType> common_type(const TensorType& a, const TensorType& b, std::string_view what) {
  if (a.type != b.type || a.shape.size() != b.shape.size()) {
    return shape_error("{} is {}[{}] or {}[{}]; type and number of dimensions must not change (if shapes decide which it is, fix those of the inputs)", what, data_type_name(a.type),
                       fmt::join(a.shape, ", "), data_type_name(b.type), fmt::join(b.shape, ", "));
  }
  TensorType common = a;
  for (std::size_t d = 0; d < a.shape.size(); ++d)
    if (a.shape[d] != b.shape[d]) common.shape[d] = kUnknownDimension;
  return common;
}

Result<bool> condition_value(const Tensor& tensor) {
  if (tensor.type != DataType::kBool)
    return shape_error("condition '{}' is {}, expected bool", tensor.name, data_type_name(tensor.type));
  OCTET_ASSIGN_OR_RETURN(const double value, scalar_value(tensor));
  return value != 0;
}

std::vector<Tensor> copies(Inputs inputs) {
  std::vector<Tensor> tensors;
  for (const Tensor* input : inputs) tensors.push_back(*input);
  return tensors;
}

// ---- if

Result<void> expect_present(Inputs inputs, std::size_t first) {
  for (std::size_t i = first; i < inputs.size(); ++i)
    if (inputs[i] == nullptr) return shape_error("input {} is missing", i);
  return {};
}

struct Branches {
  const Graph *then_branch, *else_branch;
  Inputs then_inputs, else_inputs;
};
Result<Branches> branches(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<IfAttrs>();
  OCTET_RETURN_IF_ERROR(expect_present(inputs, 0));
  if (attrs.num_then < 0 || attrs.num_then >= static_cast<std::int64_t>(inputs.size()))
    return shape_error("num_then is {} of {} inputs", attrs.num_then, inputs.size());
  OCTET_ASSIGN_OR_RETURN(const Graph* then_branch, graph_of(attrs.then_branch, "then"));
  OCTET_ASSIGN_OR_RETURN(const Graph* else_branch, graph_of(attrs.else_branch, "else"));
  const auto num_then = static_cast<std::size_t>(attrs.num_then);
  return Branches{then_branch, else_branch, inputs.subspan(1, num_then), inputs.subspan(1 + num_then)};
}

Result<Types> infer_if(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const Branches b, branches(node, inputs));
  if (inputs[0]->type != DataType::kBool) return shape_error("the condition is {}, expected bool", data_type_name(inputs[0]->type));
  OCTET_ASSIGN_OR_RETURN(Types types, infer_graph(*b.then_branch, types_of(b.then_inputs)));
  OCTET_ASSIGN_OR_RETURN(const Types others, infer_graph(*b.else_branch, types_of(b.else_inputs)));
  if (types.size() != others.size()) return shape_error("its branches have {} and {} outputs", types.size(), others.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(types[i], common_type(types[i], others[i], fmt::format("output {}", i)));
  }
  return types;
}

Result<std::vector<Tensor>> evaluate_if(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const Branches b, branches(node, inputs));
  OCTET_ASSIGN_OR_RETURN(const bool condition, condition_value(*inputs[0]));
  OCTET_ASSIGN_OR_RETURN(auto outputs, condition ? evaluate_dynamic_graph(*b.then_branch, copies(b.then_inputs))
                                                 : evaluate_dynamic_graph(*b.else_branch, copies(b.else_inputs)));
  outputs.resize(node.outputs.size());
  return outputs;
}

// ---- rows that are stacked

class Stack {
 public:
  // Takes the type of the rows from the first, or from `type` if there is none.
  explicit Stack(TensorType type) : type_(std::move(type)) {
    std::replace_if(type_.shape.begin(), type_.shape.end(), is_symbolic, 0);
  }

  Result<void> add(const Tensor& row, std::size_t& total_bytes) {
    if (rows_.empty()) type_ = {row.type, row.shape};
    if (row.type != type_.type || row.shape != type_.shape) {
      return shape_error("row {} is {}[{}], the first one {}[{}]", rows_.size(), data_type_name(row.type),
                         fmt::join(row.shape, ", "), data_type_name(type_.type), fmt::join(type_.shape, ", "));
    }
    total_bytes += row.data.size_bytes();
    if (total_bytes > kMaxStackedBytes) return make_error(ErrorCode::kUnsupported, "stacks more than {} GiB", kMaxStackedBytes >> 30);
    rows_.push_back(row);
    return {};
  }

  // The rows along a new dimension at `axis`.
  Result<Tensor> finish(std::size_t axis, bool reversed) {
    if (reversed) std::reverse(rows_.begin(), rows_.end());
    if (axis > type_.shape.size()) return shape_error("axis {} is outside the output", axis);
    Shape shape = type_.shape;
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<std::int64_t>(rows_.size()));
    if (!within_limits(shape)) return shape_error("the stacked shape [{}] is too large", fmt::join(shape, ", "));
    std::vector<std::byte> bytes(static_cast<std::size_t>(*num_elements(shape)) * data_type_size(type_.type));
    Strides dst_strides = dense_strides(shape);
    const auto step = static_cast<std::size_t>(dst_strides[axis]) * data_type_size(type_.type);
    dst_strides.erase(dst_strides.begin() + static_cast<std::ptrdiff_t>(axis));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      copy_strided(type_.shape, data_type_size(type_.type), rows_[i].data.bytes().data(), dense_strides(type_.shape),
                   bytes.data() + i * step, dst_strides);
    }
    return make_constant("", type_.type, std::move(shape), std::move(bytes));
  }

 private:
  TensorType type_;
  std::vector<Tensor> rows_;
};

// ---- loop

struct LoopParts {
  const Graph* body;
  std::size_t num_carried;
};
Result<LoopParts> loop_parts(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<LoopAttrs>();
  OCTET_ASSIGN_OR_RETURN(const Graph* body, graph_of(attrs.body, "body"));
  if (inputs.size() < 2) return shape_error("has {} inputs, expected at least the trip count and the condition", inputs.size());
  OCTET_RETURN_IF_ERROR(expect_present(inputs, 2));
  if (attrs.num_carried < 0 || attrs.num_carried + 2 > static_cast<std::int64_t>(inputs.size()))
    return shape_error("num_carried is {} of {} inputs", attrs.num_carried, inputs.size());
  const auto num_carried = static_cast<std::size_t>(attrs.num_carried);
  if (body->outputs.size() < 1 + num_carried)
    return shape_error("its body has {} outputs, expected at least {}", body->outputs.size(), 1 + num_carried);
  return LoopParts{body, num_carried};
}

// Types of the body's outputs, those of carried values so general that they hold in each iteration.
Result<Types> infer_repeated(const Graph& body, Types inputs, std::size_t first_input, std::size_t first_output, std::size_t count) {
  // What changes after one iteration is unknown from then on; if that is not enough, all is. More rounds would make loops in
  // loops in loops slow to read.
  for (int round = 0; round < 3; ++round) {
    if (round == 2)
      for (std::size_t i = 0; i < count; ++i) std::fill(inputs[first_input + i].shape.begin(), inputs[first_input + i].shape.end(), kUnknownDimension);
    OCTET_ASSIGN_OR_RETURN(Types outputs, infer_graph(body, inputs));
    bool changed = false;
    for (std::size_t i = 0; i < count; ++i) {
      TensorType& carried = inputs[first_input + i];
      OCTET_ASSIGN_OR_RETURN(TensorType common, common_type(carried, outputs[first_output + i], fmt::format("carried value {}", i)));
      changed = changed || common != carried;
      carried = std::move(common);
      outputs[first_output + i] = carried;
    }
    if (!changed) return outputs;
  }
  return shape_error("the shapes of its carried values do not settle");
}

// The inputs of a loop's body before the first iteration.
Types loop_body_types(Inputs inputs) {
  Types types = {{DataType::kInt64, {}}, {DataType::kBool, {}}};
  for (const Tensor* input : inputs.subspan(2)) types.push_back({input->type, without_symbols(input->shape)});
  return types;
}

Result<Types> infer_loop(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const LoopParts parts, loop_parts(node, inputs));
  if (inputs[0] != nullptr && inputs[0]->type != DataType::kInt64) return shape_error("the trip count is not i64");
  if (inputs[1] != nullptr && inputs[1]->type != DataType::kBool) return shape_error("the condition is not bool");
  OCTET_ASSIGN_OR_RETURN(Types types, infer_repeated(*parts.body, loop_body_types(inputs), 2, 1, parts.num_carried));
  if (types[0].type != DataType::kBool) return shape_error("output 0 of its body is {}, expected bool", data_type_name(types[0].type));
  types.erase(types.begin());
  for (std::size_t i = parts.num_carried; i < types.size(); ++i) types[i].shape.insert(types[i].shape.begin(), kUnknownDimension);
  return types;
}

Tensor scalar(std::string_view name, bool value) {
  return make_constant(std::string(name), DataType::kBool, {}, {value ? std::byte{1} : std::byte{0}});
}

Result<std::vector<Tensor>> evaluate_loop(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const LoopParts parts, loop_parts(node, inputs));
  std::int64_t num_trips = INT64_MAX;
  bool condition = true;
  if (inputs[0] != nullptr) {
    OCTET_ASSIGN_OR_RETURN(num_trips, integer_scalar(*inputs[0]));
  }
  if (inputs[1] != nullptr) {
    OCTET_ASSIGN_OR_RETURN(condition, condition_value(*inputs[1]));
  }
  OCTET_ASSIGN_OR_RETURN(const Types types, infer_graph(*parts.body, loop_body_types(inputs)));
  std::vector<Stack> stacks;
  for (std::size_t i = 1 + parts.num_carried; i < types.size(); ++i) stacks.emplace_back(types[i]);

  std::vector<Tensor> carried = copies(inputs.subspan(2, parts.num_carried));
  const std::vector<Tensor> captured = copies(inputs.subspan(2 + parts.num_carried));
  std::size_t stacked_bytes = 0;
  for (std::int64_t i = 0; i < num_trips && condition; ++i) {
    std::vector<Tensor> arguments = {make_constant("i", {}, std::vector<std::int64_t>{i}), scalar("condition", condition)};
    arguments.insert(arguments.end(), carried.begin(), carried.end());
    arguments.insert(arguments.end(), captured.begin(), captured.end());
    OCTET_ASSIGN_OR_RETURN(auto results, evaluate_dynamic_graph(*parts.body, std::move(arguments)));
    OCTET_ASSIGN_OR_RETURN(condition, condition_value(results[0]));
    for (std::size_t k = 0; k < parts.num_carried; ++k) carried[k] = std::move(results[1 + k]);
    for (std::size_t k = 0; k < stacks.size(); ++k)
      OCTET_RETURN_IF_ERROR(stacks[k].add(results[1 + parts.num_carried + k], stacked_bytes));
  }
  std::vector<Tensor> outputs = std::move(carried);
  for (Stack& stack : stacks) {
    OCTET_ASSIGN_OR_RETURN(Tensor rows, stack.finish(0, false));
    outputs.push_back(std::move(rows));
  }
  outputs.resize(node.outputs.size());
  return outputs;
}

// ---- scan

struct ScanParts {
  const Graph* body;
  std::size_t num_states, num_sequences, num_rows;
  std::vector<std::size_t> input_axes;
  std::int64_t length;  // symbolic if not known
};

Result<ScanParts> scan_parts(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<ScanAttrs>();
  OCTET_RETURN_IF_ERROR(expect_present(inputs, 0));
  ScanParts parts{};
  OCTET_ASSIGN_OR_RETURN(parts.body, graph_of(attrs.body, "body"));
  parts.num_states = static_cast<std::size_t>(std::max<std::int64_t>(attrs.num_states, 0));
  parts.num_sequences = attrs.input_axes.size();
  parts.num_rows = attrs.output_axes.size();
  if (attrs.num_states < 0 || parts.num_sequences == 0 || parts.num_states + parts.num_sequences > inputs.size() ||
      parts.body->outputs.size() != parts.num_states + parts.num_rows || attrs.input_reversed.size() != parts.num_sequences ||
      attrs.output_reversed.size() != parts.num_rows) {
    return shape_error("{} states, {} sequences and {} kinds of rows do not fit its body", attrs.num_states, parts.num_sequences,
                       parts.num_rows);
  }
  parts.length = kUnknownDimension;
  for (std::size_t i = 0; i < parts.num_sequences; ++i) {
    const Tensor& sequence = *inputs[parts.num_states + i];
    OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(attrs.input_axes[i], sequence.shape.size()));
    parts.input_axes.push_back(axis);
    const auto same = same_dimension(parts.length, sequence.shape[axis]);
    if (!same) return shape_error("its sequences have {} and {} elements", parts.length, sequence.shape[axis]);
    parts.length = *same;
  }
  return parts;
}

Types scan_body_types(const ScanParts& parts, Inputs inputs) {
  Types types = types_of(inputs);
  for (TensorType& type : types) type.shape = without_symbols(type.shape);
  for (std::size_t i = 0; i < parts.num_sequences; ++i) {
    Shape& shape = types[parts.num_states + i].shape;
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(parts.input_axes[i]));
  }
  return types;
}

Result<std::size_t> output_axis(const ScanAttrs& attrs, std::size_t i, std::size_t row_rank) {
  return expect_axis(attrs.output_axes[i], row_rank + 1);
}

Result<Types> infer_scan(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const ScanParts parts, scan_parts(node, inputs));
  OCTET_ASSIGN_OR_RETURN(Types types, infer_repeated(*parts.body, scan_body_types(parts, inputs), 0, 0, parts.num_states));
  for (std::size_t i = 0; i < parts.num_rows; ++i) {
    Shape& shape = types[parts.num_states + i].shape;
    OCTET_ASSIGN_OR_RETURN(const std::size_t axis, output_axis(node.as<ScanAttrs>(), i, shape.size()));
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), parts.length);
  }
  return types;
}

// Element `i` of the sequence along `axis`.
Tensor slice_of(const Tensor& sequence, std::size_t axis, std::int64_t i) {
  Shape shape = sequence.shape;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  Strides strides = dense_strides(sequence.shape);
  const std::size_t size = data_type_size(sequence.type);
  const std::byte* const first = sequence.data.bytes().data() + static_cast<std::size_t>(i * strides[axis]) * size;
  strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(axis));
  std::vector<std::byte> bytes(static_cast<std::size_t>(*num_elements(shape)) * size);
  copy_strided(shape, size, first, strides, bytes.data(), dense_strides(shape));
  return make_constant("slice", sequence.type, std::move(shape), std::move(bytes));
}

Result<std::vector<Tensor>> evaluate_scan(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<ScanAttrs>();
  OCTET_ASSIGN_OR_RETURN(const ScanParts parts, scan_parts(node, inputs));
  OCTET_ASSIGN_OR_RETURN(const Types types, infer_graph(*parts.body, scan_body_types(parts, inputs)));
  std::vector<Stack> stacks;
  for (std::size_t i = 0; i < parts.num_rows; ++i) stacks.emplace_back(types[parts.num_states + i]);

  std::vector<Tensor> states = copies(inputs.first(parts.num_states));
  const std::vector<Tensor> captured = copies(inputs.subspan(parts.num_states + parts.num_sequences));
  std::size_t stacked_bytes = 0;
  for (std::int64_t i = 0; i < parts.length; ++i) {
    std::vector<Tensor> arguments = states;
    for (std::size_t k = 0; k < parts.num_sequences; ++k)
      arguments.push_back(slice_of(*inputs[parts.num_states + k], parts.input_axes[k], attrs.input_reversed[k] ? parts.length - 1 - i : i));
    arguments.insert(arguments.end(), captured.begin(), captured.end());
    OCTET_ASSIGN_OR_RETURN(auto results, evaluate_dynamic_graph(*parts.body, std::move(arguments)));
    for (std::size_t k = 0; k < parts.num_states; ++k) states[k] = std::move(results[k]);
    for (std::size_t k = 0; k < parts.num_rows; ++k)
      OCTET_RETURN_IF_ERROR(stacks[k].add(results[parts.num_states + k], stacked_bytes));
  }
  std::vector<Tensor> outputs = std::move(states);
  for (std::size_t k = 0; k < parts.num_rows; ++k) {
    OCTET_ASSIGN_OR_RETURN(const std::size_t axis, output_axis(attrs, k, types[parts.num_states + k].shape.size()));
    OCTET_ASSIGN_OR_RETURN(Tensor rows, stacks[k].finish(axis, attrs.output_reversed[k] != 0));
    outputs.push_back(std::move(rows));
  }
  outputs.resize(node.outputs.size());
  return outputs;
}

}  // namespace

const Op kIf = define_dynamic_op<IfAttrs>("if", {1, kAnyNumber}, infer_if, evaluate_if, kAnyNumber);
const Op kLoop = define_dynamic_op<LoopAttrs>("loop", {0, kAnyNumber}, infer_loop, evaluate_loop, kAnyNumber);
const Op kScan = define_dynamic_op<ScanAttrs>("scan", {1, kAnyNumber}, infer_scan, evaluate_scan, kAnyNumber);

}  // namespace octet
