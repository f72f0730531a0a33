// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/graph_inputs.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/log.h"
#include "importers/onnx/onnx_tensor.h"
#include "ir/text.h"

namespace octet {
namespace {

using Dimension = onnx::TensorShapeProto::Dimension;

// A dimension of the file: a number, a name, or neither.
bool is_number(const Dimension& dimension) { return dimension.has_dim_value() && dimension.dim_value() != -1; }
bool is_named(const Dimension& dimension) {
  return dimension.has_dim_param() && !dimension.dim_param().empty() && dimension.dim_param() != "?";
}

class GraphInputs {
 public:
  GraphInputs(const onnx::GraphProto& graph, const ImportOptions& options, GraphBuilder& builder) : builder_(builder) {
    for (const auto& initializer : graph.initializer()) initializers_.insert(initializer.name());
    for (const auto& input : graph.input())
      if (!initializers_.count(input.name())) inputs_.push_back(&input);
    for (const auto& [name, shape] : options.input_shapes) wanted_.emplace(name, shape);
  }

  Result<void> add() {
    OCTET_RETURN_IF_ERROR(check_wanted_names());
    for (const auto* input : inputs_) OCTET_RETURN_IF_ERROR(check_wanted_shape(*input));
    for (const auto* input : inputs_) OCTET_RETURN_IF_ERROR(add(*input));
    return {};
  }

 private:
  const Shape* wanted_shape(const std::string& name) const {
    const auto found = wanted_.find(name);
    return found == wanted_.end() ? nullptr : &found->second;
  }

  Result<void> check_wanted_names() const {
    std::vector<std::string> names;
    for (const auto* input : inputs_) names.push_back(input->name());
    for (const auto& [name, shape] : wanted_) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      return make_error(ErrorCode::kInvalidArgument, "there is no graph input '{}' to give a shape to; the inputs are '{}'", name,
                        fmt::join(names, "', '"));
    }
    return {};
  }

  // Compares the wanted shape with the file's, and remembers what it says about named dimensions.
  Result<void> check_wanted_shape(const onnx::ValueInfoProto& input) {
    const Shape* wanted = wanted_shape(input.name());
    if (wanted == nullptr) return {};
    const auto refuse = [&](std::string_view reason) {
      return make_error(ErrorCode::kInvalidArgument, "input '{}': the shape [{}] does not fit: {}", input.name(),
                        fmt::join(*wanted, ", "), reason);
    };
    for (const std::int64_t dimension : *wanted)
      if (dimension < 1) return refuse("dimensions must be 1 or more");
    if (!input.type().tensor_type().has_shape()) return {};
    const auto& dimensions = input.type().tensor_type().shape().dim();
    if (static_cast<std::size_t>(dimensions.size()) != wanted->size())
      return refuse(fmt::format("the model has {} dimensions", dimensions.size()));
    for (int i = 0; i < dimensions.size(); ++i) {
      const std::int64_t value = (*wanted)[static_cast<std::size_t>(i)];
      if (is_number(dimensions[i]) && dimensions[i].dim_value() != value)
        return refuse(fmt::format("dimension {} is {} in the model", i, dimensions[i].dim_value()));
      if (!is_named(dimensions[i])) continue;
      const auto [fixed, is_new] = fixed_symbols_.emplace(dimensions[i].dim_param(), value);
      if (!is_new && fixed->second != value)
        return refuse(fmt::format("dimension {} is '{}', which is {} elsewhere", i, dimensions[i].dim_param(), fixed->second));
    }
    return {};
  }

  Result<std::int64_t> dimension(const onnx::ValueInfoProto& input, int i) {
    const Dimension& dimension = input.type().tensor_type().shape().dim(i);
    if (is_number(dimension)) {
      if (dimension.dim_value() >= 0) return dimension.dim_value();
      return make_error(ErrorCode::kInvalidModel, "input '{}': dimension {} is {}, expected 0 or more", input.name(), i,
                        dimension.dim_value());
    }
    if (const Shape* wanted = wanted_shape(input.name())) return (*wanted)[static_cast<std::size_t>(i)];
    if (!is_named(dimension)) return builder_.graph().symbol(fmt::format("{}.dim{}", input.name(), i));
    const auto fixed = fixed_symbols_.find(dimension.dim_param());
    return fixed != fixed_symbols_.end() ? fixed->second : builder_.graph().symbol(dimension.dim_param());
  }

  Result<Shape> shape(const onnx::ValueInfoProto& input) {
    const auto& type = input.type().tensor_type();
    if (!type.has_shape()) {
      if (const Shape* wanted = wanted_shape(input.name())) return *wanted;
      return make_error(ErrorCode::kUnsupported, "input '{}' has no shape; give one with --inputShape={}:D0,D1,...", input.name(),
                        input.name());
    }
    const int rank = type.shape().dim_size();
    if (static_cast<std::size_t>(rank) > kMaxRank) {
      return make_error(ErrorCode::kUnsupported, "input '{}' has {} dimensions, at most {} are possible", input.name(), rank,
                        kMaxRank);
    }
    Shape result;
    for (int i = 0; i < rank; ++i) {
      OCTET_ASSIGN_OR_RETURN(const std::int64_t d, dimension(input, i));
      result.push_back(d);
    }
    Shape least = result;  // with 1 for what is not known
    std::replace_if(least.begin(), least.end(), is_symbolic, 1);
    if (!num_elements(least)) {
      return make_error(ErrorCode::kInvalidModel, "input '{}' has shape {}, which is too large", input.name(),
                        print_shape(builder_.graph(), result));
    }
    return result;
  }

  static Result<DataType> type(const onnx::ValueInfoProto& input) {
    using Proto = onnx::TensorProto;
    const std::int32_t onnx_type = input.type().tensor_type().elem_type();
    const auto type = data_type_from_onnx(onnx_type);
    if (!type) {
      return make_error(ErrorCode::kUnsupported, "input '{}' has elements of type {}, which Octet does not support", input.name(),
                        onnx_type_name(onnx_type));
    }
    if (onnx_type == Proto::FLOAT16 || onnx_type == Proto::BFLOAT16)
      OCTET_LOG(kWarning, "input '{}' is {} in the model and float32 in Octet", input.name(), onnx_type_name(onnx_type));
    return type;
  }

  Result<void> add(const onnx::ValueInfoProto& input) {
    if (input.name().empty()) return make_error(ErrorCode::kInvalidModel, "a graph input has no name");
    if (builder_.find(input.name()) != kNoTensor)
      return make_error(ErrorCode::kInvalidModel, "graph input '{}' is listed twice", input.name());
    if (!input.type().has_tensor_type())
      return make_error(ErrorCode::kUnsupported, "graph input '{}' is no tensor; sequences and maps are not supported", input.name());
    OCTET_ASSIGN_OR_RETURN(const DataType element_type, type(input));
    OCTET_ASSIGN_OR_RETURN(const Shape input_shape, shape(input));
    builder_.add_input(input.name(), element_type, input_shape, input_shape.size() == 4 ? Layout::kNchw : Layout::kNone);
    return {};
  }

  GraphBuilder& builder_;
  std::unordered_set<std::string> initializers_;
  std::vector<const onnx::ValueInfoProto*> inputs_;
  std::map<std::string, Shape> wanted_;
  std::map<std::string, std::int64_t> fixed_symbols_;
};

}  // namespace

Result<void> add_graph_inputs(const onnx::GraphProto& graph, const ImportOptions& options, GraphBuilder& builder) {
  return GraphInputs(graph, options, builder).add();
}

}  // namespace octet
