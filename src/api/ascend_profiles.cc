// SPDX-License-Identifier: Apache-2.0
#include "api/ascend_profiles.h"

#include <algorithm>

#include "base/error.h"

namespace octet {
namespace {

std::size_t count_dynamic(const AscendContext& context) {
  std::size_t count = 0;
  for (const AscendInputShape& input : context.input_shape)
    count += static_cast<std::size_t>(std::count(input.dims.begin(), input.dims.end(), -1));
  return count;
}

InputShapes filled(const AscendContext& context, const std::vector<std::int64_t>& values) {
  InputShapes shapes;
  std::size_t next = 0;
  for (const AscendInputShape& input : context.input_shape) {
    shapes.emplace_back(input.input_name, input.dims);
    for (std::int64_t& dim : shapes.back().second)
      if (dim == -1) dim = values[next++];
  }
  return shapes;
}

}  // namespace

Result<std::vector<InputShapes>> ascend_profiles(const AscendContext& context) {
  const std::size_t num_dynamic = count_dynamic(context);
  const auto invalid = [](const std::string& problem) {
    return make_error(ErrorCode::kInvalidConfig, "[ascend_context] dynamic_dims: {}", problem);
  };
  std::vector<InputShapes> profiles;
  if (num_dynamic == 0) {
    if (!context.dynamic_dims.empty()) return invalid("input_shape has no dimension of -1 that it could be for");
    if (!context.input_shape.empty()) profiles.push_back(filled(context, {}));
    return profiles;
  }
  if (context.dynamic_dims.empty())
    return invalid(fmt::format("missing; input_shape has {} dimensions of -1: give their values, as in [1],[8]", num_dynamic));
  for (const std::vector<DimRange>& choice : context.dynamic_dims) {
    if (choice.size() != num_dynamic)
      return invalid(fmt::format("a choice has {} values, input_shape {} dimensions of -1", choice.size(), num_dynamic));
    std::vector<std::int64_t> lowest, highest;
    for (const DimRange& range : choice) {
      lowest.push_back(range.lowest);
      highest.push_back(range.highest);
    }
    profiles.push_back(filled(context, lowest));
    if (highest != lowest) profiles.push_back(filled(context, highest));
  }
  return profiles;
}

std::string shapes_text(const InputShapes& shapes) {
  std::vector<std::string> texts;
  for (const auto& [name, shape] : shapes) texts.push_back(fmt::format("{} [{}]", name, fmt::join(shape, ",")));
  return fmt::format("{}", fmt::join(texts, ", "));
}

void share_constants(const Graph& from, Graph& to) {
  const auto by_name = tensors_by_name(from);
  for (Tensor& tensor : to.tensors) {
    const auto found = by_name.find(tensor.name);
    if (found != by_name.end() && equal_constants(tensor, from.tensor(found->second))) tensor.data = from.tensor(found->second).data;
  }
}

}  // namespace octet
