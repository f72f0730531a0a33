// SPDX-License-Identifier: Apache-2.0
#include "ops/einsum.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/widen.h"

namespace octet {
namespace {

using Labels = std::vector<std::int64_t>;
constexpr std::int64_t kMaxLabel = 64;

std::vector<Labels> operand_labels(const EinsumAttrs& attrs) {
  std::vector<Labels> operands(1);
  for (const std::int64_t label : attrs.terms) {
    if (label < 0) operands.emplace_back();
    else operands.back().push_back(label);
  }
  return operands;
}

struct Sizes {
  std::vector<std::int64_t> of;  // by label; 0 where has is false
  std::vector<bool> has;
};

// Broadcast dimensions (of 1 beside another size) are allowed, as the ellipsis of einsum asks.
Result<Sizes> label_sizes(const std::vector<Labels>& operands, const std::vector<const Shape*>& shapes) {
  if (operands.size() != shapes.size()) return shape_error("{} terms for {} operands", operands.size(), shapes.size());
  Sizes sizes{std::vector<std::int64_t>(kMaxLabel, 1), std::vector<bool>(kMaxLabel, false)};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].size() != shapes[i]->size())
      return shape_error("{} labels for operand {} of shape [{}]", operands[i].size(), i, fmt::join(*shapes[i], ", "));
    for (std::size_t d = 0; d < operands[i].size(); ++d) {
      const std::int64_t label = operands[i][d], size = (*shapes[i])[d];
      if (label >= kMaxLabel) return shape_error("label {} is above {}", label, kMaxLabel - 1);
      const auto k = static_cast<std::size_t>(label);
      if (!sizes.has[k] || sizes.of[k] == 1) {
        sizes.of[k] = size;
      } else if (size != 1) {
        const auto same = same_dimension(sizes.of[k], size);
        if (!same) return shape_error("one label has sizes {} and {}", sizes.of[k], size);
        sizes.of[k] = *same;
      }
      sizes.has[k] = true;
    }
  }
  return sizes;
}

Result<std::vector<TensorType>> infer_einsum(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<EinsumAttrs>();
  std::vector<const Shape*> shapes;
  for (const Tensor* input : inputs) {
    if (input == nullptr || input->type != inputs[0]->type) return shape_error("operands must be there, and of one type");
    shapes.push_back(&input->shape);
  }
  if (inputs[0]->type == DataType::kBool) return shape_error("operands are bool, expected numbers");
  OCTET_ASSIGN_OR_RETURN(const Sizes sizes, label_sizes(operand_labels(attrs), shapes));
  Shape shape;
  Labels seen;
  for (const std::int64_t label : attrs.dst) {
    if (label < 0 || label >= kMaxLabel || !sizes.has[static_cast<std::size_t>(label)] || std::find(seen.begin(), seen.end(), label) != seen.end())
      return shape_error("label {} of the result is in no operand, or there twice", label);
    seen.push_back(label);
    shape.push_back(sizes.of[static_cast<std::size_t>(label)]);
  }
  return single_type(inputs[0]->type, std::move(shape));
}

// Strides of a tensor by label: a label that is there twice adds up.
Strides strides_by_label(const Labels& labels, const Shape& shape, const Labels& order) {
  const Strides dense = dense_strides(shape);
  Strides strides(order.size(), 0);
  for (std::size_t d = 0; d < labels.size(); ++d) {
    if (shape[d] == 1) continue;
    const auto at = std::find(order.begin(), order.end(), labels[d]);
    strides[static_cast<std::size_t>(at - order.begin())] += dense[d];
  }
  return strides;
}

template <typename T>
void run_einsum(std::span<const ConstView> inputs, const View& dst, const std::vector<Strides>& strides, const Shape& outer, const Shape& inner) {
  using Acc = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;  // integers wrap
  const std::size_t n = inputs.size();
  std::vector<std::int64_t> starts(n), index(outer.size(), 0);
  const std::int64_t count = *num_elements(outer), num_terms = *num_elements(inner);
  std::vector<std::int64_t> inner_index(inner.size());
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      starts[k] = 0;
      for (std::size_t d = 0; d < outer.size(); ++d) starts[k] += index[d] * strides[k][d];
    }
    Acc sum = 0;
    std::fill(inner_index.begin(), inner_index.end(), 0);
    std::vector<std::int64_t> at = starts;
    for (std::int64_t j = 0; j < num_terms; ++j) {
      Acc product = 1;
      for (std::size_t k = 0; k < n; ++k) product *= static_cast<Acc>(inputs[k].as<T>()[at[k]]);
      sum += product;
      for (std::size_t d = inner.size(); d-- > 0;) {
        const bool wraps = ++inner_index[d] == inner[d];
        for (std::size_t k = 0; k < n; ++k) at[k] += strides[k][outer.size() + d] * (wraps ? 1 - inner[d] : 1);
        if (!wraps) break;
        inner_index[d] = 0;
      }
    }
    dst.as<T>()[i] = static_cast<T>(sum);
    for (std::size_t d = outer.size(); d-- > 0;) {
      if (++index[d] < outer[d]) break;
      index[d] = 0;
    }
  }
}

Result<void> reference_einsum(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  if (wide_type(inputs[0].type) != inputs[0].type) return run_widened(reference_einsum, node, inputs, outputs);
  const auto& attrs = node.as<EinsumAttrs>();
  const std::vector<Labels> operands = operand_labels(attrs);
  std::vector<const Shape*> shapes;
  for (const ConstView& input : inputs) shapes.push_back(input.shape);
  OCTET_ASSIGN_OR_RETURN(const Sizes sizes, label_sizes(operands, shapes));
  Labels order = attrs.dst;
  Shape inner;
  for (std::int64_t label = 0; label < kMaxLabel; ++label) {
    if (!sizes.has[static_cast<std::size_t>(label)] || std::find(order.begin(), order.end(), label) != order.end()) continue;
    order.push_back(label);
    inner.push_back(sizes.of[static_cast<std::size_t>(label)]);
  }
  std::vector<Strides> strides;
  for (std::size_t i = 0; i < operands.size(); ++i) strides.push_back(strides_by_label(operands[i], *shapes[i], order));
  if (!num_elements(inner)) return shape_error("sums over [{}], which is too large", fmt::join(inner, ", "));
  switch (outputs[0].type) {
    case DataType::kFloat32: run_einsum<float>(inputs, outputs[0], strides, *outputs[0].shape, inner); return {};
    case DataType::kInt64: run_einsum<std::int64_t>(inputs, outputs[0], strides, *outputs[0].shape, inner); return {};
    default: return no_reference_for(outputs[0].type);
  }
}

}  // namespace

const Op kEinsum = define_op<EinsumAttrs>("einsum", {1, kAnyNumber}, infer_einsum, reference_einsum);

}  // namespace octet
