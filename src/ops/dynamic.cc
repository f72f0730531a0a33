// SPDX-License-Identifier: Apache-2.0
#include "ops/dynamic.h"

#include <algorithm>
#include <numeric>

#include "ops/concat.h"
#include "ops/evaluate.h"
#include "ops/gather.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/scalar.h"
#include "ops/slice.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;
using Integers = std::vector<std::int64_t>;

// How a dynamic form becomes its plain operator.
struct Form {
  const Op* dynamic;
  const Op* plain;
  // The plain operator's attributes. All inputs but the first are constants or absent.
  Result<std::any> (*bind)(const Node& node, Inputs inputs);
  // The types of the outputs while they are not.
  Result<std::vector<TensorType>> (*guess)(const Node& node, Inputs inputs);
};

const Tensor* input(Inputs inputs, std::size_t i) { return i < inputs.size() ? inputs[i] : nullptr; }

// The numbers of input i; nothing if it is absent.
Result<std::optional<Integers>> integers(Inputs inputs, std::size_t i) {
  if (input(inputs, i) == nullptr) return std::optional<Integers>();
  OCTET_ASSIGN_OR_RETURN(Integers values, integer_values(*inputs[i]));
  return std::optional(std::move(values));
}

// How many numbers input i has. Error if that is not known.
Result<std::size_t> count_of(Inputs inputs, std::size_t i, std::string_view what) {
  const auto count = num_elements(inputs[i]->shape);
  if (count && *count <= static_cast<std::int64_t>(2 * kMaxRank)) return static_cast<std::size_t>(*count);
  return make_error(ErrorCode::kUnsupported, "{} '{}' has shape [{}], and their number must be known", what, inputs[i]->name,
                    fmt::join(inputs[i]->shape, ", "));
}

Shape unknown_shape(std::size_t rank) { return Shape(rank, kUnknownDimension); }

Result<std::vector<TensorType>> guess_shape(const Node&, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t rank, count_of(inputs, 1, "sizes"));
  return single_type(inputs[0]->type, unknown_shape(rank));
}

Result<std::any> bind_reshape(const Node& node, Inputs inputs) {
  ReshapeAttrs attrs = node.as<ReshapeAttrs>();
  OCTET_ASSIGN_OR_RETURN(attrs.shape, integer_values(*inputs[1]));
  return std::any(attrs);
}

Result<std::any> bind_expand(const Node&, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(Integers shape, integer_values(*inputs[1]));
  return std::any(ExpandAttrs{std::move(shape)});
}
Result<std::vector<TensorType>> guess_expand(const Node&, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t rank, count_of(inputs, 1, "sizes"));
  return single_type(inputs[0]->type, unknown_shape(std::max(rank, inputs[0]->shape.size())));
}

Result<std::any> bind_tile(const Node&, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(Integers repeats, integer_values(*inputs[1]));
  return std::any(TileAttrs{std::move(repeats)});
}
Result<std::vector<TensorType>> guess_same_rank(const Node&, Inputs inputs) {
  return single_type(inputs[0]->type, unknown_shape(inputs[0]->shape.size()));
}

Result<std::any> bind_slice(const Node&, Inputs inputs) {
  SliceAttrs attrs;
  OCTET_ASSIGN_OR_RETURN(attrs.starts, integer_values(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(attrs.ends, integer_values(*inputs[2]));
  OCTET_ASSIGN_OR_RETURN(const auto axes, integers(inputs, 3));
  OCTET_ASSIGN_OR_RETURN(const auto steps, integers(inputs, 4));
  attrs.axes = axes.value_or(Integers(attrs.starts.size()));
  if (!axes) std::iota(attrs.axes.begin(), attrs.axes.end(), 0);
  attrs.steps = steps.value_or(Integers(attrs.starts.size(), 1));
  return std::any(attrs);
}
// Dimensions that no axis names keep their size.
Result<std::vector<TensorType>> guess_slice(const Node&, Inputs inputs) {
  Shape shape = inputs[0]->shape;
  const Tensor* const axes = input(inputs, 3);
  if (axes != nullptr && axes->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const Integers values, integer_values(*axes));
    for (const std::int64_t axis : values) {
      OCTET_ASSIGN_OR_RETURN(const std::size_t d, expect_axis(axis, shape.size()));
      shape[d] = kUnknownDimension;
    }
    return single_type(inputs[0]->type, std::move(shape));
  }
  std::size_t count = shape.size();
  if (axes == nullptr) {
    OCTET_ASSIGN_OR_RETURN(count, count_of(inputs, 1, "starts"));
  }
  std::fill_n(shape.begin(), std::min(count, shape.size()), kUnknownDimension);
  return single_type(inputs[0]->type, std::move(shape));
}

Result<std::any> bind_pad(const Node& node, Inputs inputs) {
  PadAttrs attrs = node.as<PadAttrs>();
  const std::size_t rank = inputs[0]->shape.size();
  OCTET_ASSIGN_OR_RETURN(const Integers pads, integer_values(*inputs[1]));
  if (const Tensor* value = input(inputs, 2); value != nullptr && num_elements(value->shape) != 0) {
    OCTET_ASSIGN_OR_RETURN(const double number, scalar_value(*value));
    attrs.value = static_cast<float>(number);
  }
  OCTET_ASSIGN_OR_RETURN(const auto given, integers(inputs, 3));
  Integers axes = given.value_or(Integers(rank));
  if (!given) std::iota(axes.begin(), axes.end(), 0);
  OCTET_RETURN_IF_ERROR(expect_axes(axes, rank));
  if (pads.size() != 2 * axes.size()) return shape_error("{} pads for {} axes, expected two for each", pads.size(), axes.size());
  attrs.pads.assign(2 * rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t d = *normalize_axis(axes[i], rank);
    attrs.pads[d] = pads[i];
    attrs.pads[rank + d] = pads[axes.size() + i];
  }
  return std::any(attrs);
}

Result<std::any> bind_split(const Node& node, Inputs inputs) {
  const auto& attrs = node.as<DynamicSplitAttrs>();
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(attrs.axis, inputs[0]->shape.size()));
  OCTET_ASSIGN_OR_RETURN(auto sizes, integers(inputs, 1));
  if (!sizes) sizes = even_parts(inputs[0]->shape[axis], attrs.num_outputs);
  if (!sizes || static_cast<std::int64_t>(sizes->size()) != attrs.num_outputs)
    return shape_error("axis {} of size {} cannot be split into {} parts", axis, inputs[0]->shape[axis], attrs.num_outputs);
  return std::any(SplitAttrs{static_cast<std::int64_t>(axis), std::move(*sizes)});
}
Result<std::vector<TensorType>> guess_split(const Node& node, Inputs inputs) {
  constexpr std::int64_t kMaxParts = 1 << 16;
  const auto& attrs = node.as<DynamicSplitAttrs>();
  TensorType type{inputs[0]->type, inputs[0]->shape};
  OCTET_ASSIGN_OR_RETURN(const std::size_t axis, expect_axis(attrs.axis, type.shape.size()));
  if (attrs.num_outputs < 1 || attrs.num_outputs > kMaxParts) return shape_error("cannot be split into {} parts", attrs.num_outputs);
  type.shape[axis] = kUnknownDimension;
  return std::vector<TensorType>(static_cast<std::size_t>(attrs.num_outputs), type);
}

Result<std::any> bind_squeeze(const Node&, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(Integers axes, integer_values(*inputs[1]));
  return std::any(SqueezeAttrs{std::move(axes)});
}
Result<std::vector<TensorType>> guess_squeeze(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t count, count_of(inputs, 1, "axes"));
  const std::size_t rank = inputs[0]->shape.size();
  if (node.is(kDynamicUnsqueeze)) return single_type(inputs[0]->type, unknown_shape(rank + count));
  if (count > rank) return shape_error("{} axes for {} dimensions", count, rank);
  return single_type(inputs[0]->type, unknown_shape(rank - count));
}

Result<std::any> bind_reduce(const Node& node, Inputs inputs) {
  ReduceAttrs attrs = node.as<ReduceAttrs>();
  OCTET_ASSIGN_OR_RETURN(attrs.axes, integer_values(*inputs[1]));
  return std::any(attrs);
}
Result<std::vector<TensorType>> guess_reduce(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::size_t count, count_of(inputs, 1, "axes"));
  const std::size_t rank = inputs[0]->shape.size();
  if (count > rank) return shape_error("{} axes for {} dimensions", count, rank);
  if (count == 0) return single_type(inputs[0]->type, node.as<ReduceAttrs>().keep_dims ? Shape(rank, 1) : Shape());
  return single_type(inputs[0]->type, unknown_shape(node.as<ReduceAttrs>().keep_dims ? rank : rank - count));
}

constexpr Form kForms[] = {
    {&kDynamicReshape, &kReshape, bind_reshape, guess_shape},
    {&kDynamicExpand, &kExpand, bind_expand, guess_expand},
    {&kDynamicTile, &kTile, bind_tile, guess_same_rank},
    {&kDynamicSlice, &kSlice, bind_slice, guess_slice},
    {&kDynamicPad, &kPad, bind_pad, guess_same_rank},
    {&kDynamicSplit, &kSplit, bind_split, guess_split},
    {&kDynamicSqueeze, &kSqueeze, bind_squeeze, guess_squeeze},
    {&kDynamicUnsqueeze, &kUnsqueeze, bind_squeeze, guess_squeeze},
    {&kDynamicReduceMean, &kReduceMean, bind_reduce, guess_reduce},
    {&kDynamicReduceSum, &kReduceSum, bind_reduce, guess_reduce},
    {&kDynamicReduceMax, &kReduceMax, bind_reduce, guess_reduce},
    {&kDynamicReduceMin, &kReduceMin, bind_reduce, guess_reduce},
    {&kDynamicReduceProd, &kReduceProd, bind_reduce, guess_reduce},
    {&kDynamicReduceSumSquare, &kReduceSumSquare, bind_reduce, guess_reduce},
    {&kDynamicReduceL1, &kReduceL1, bind_reduce, guess_reduce},
    {&kDynamicReduceL2, &kReduceL2, bind_reduce, guess_reduce},
    {&kDynamicReduceLogSum, &kReduceLogSum, bind_reduce, guess_reduce},
    {&kDynamicReduceLogSumExp, &kReduceLogSumExp, bind_reduce, guess_reduce},
};

const Form* find_form(const Op& op) {
  const auto found = std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& form) { return form.dynamic == &op; });
  return found == std::end(kForms) ? nullptr : &*found;
}

// Whether everything is known that the attributes come from.
bool is_bound(const Node& node, Inputs inputs) {
  for (std::size_t i = 1; i < inputs.size(); ++i)
    if (inputs[i] != nullptr && !inputs[i]->is_constant) return false;
  if (!node.is(kDynamicSplit) || input(inputs, 1) != nullptr) return true;
  const auto axis = normalize_axis(node.as<DynamicSplitAttrs>().axis, inputs[0]->shape.size());
  return !axis || !is_symbolic(inputs[0]->shape[*axis]);
}

Result<std::vector<TensorType>> infer_dynamic(const Node& node, Inputs inputs) {
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const bool is_value = node.is(kDynamicPad) && i == 2;
    if (inputs[i] == nullptr || is_value) continue;
    if (inputs[i]->type != DataType::kInt64 && inputs[i]->type != DataType::kInt32)
      return shape_error("input '{}' is {}, expected i32 or i64", inputs[i]->name, data_type_name(inputs[i]->type));
  }
  if (!node.is(kDynamicSplit) && input(inputs, 1) == nullptr) return shape_error("input 1 is missing");
  OCTET_ASSIGN_OR_RETURN(const auto plain, resolve_dynamic(node, inputs));
  if (plain) return plain->op->infer(*plain, inputs.first(1));
  return find_form(*node.op)->guess(node, inputs);
}

Result<std::vector<Tensor>> evaluate_dynamic(const Node& node, Inputs inputs) {
  OCTET_ASSIGN_OR_RETURN(const auto plain, resolve_dynamic(node, inputs));
  OCTET_CHECK(plain.has_value());
  return evaluate_values(*plain, inputs.first(1));
}

template <typename A>
constexpr Op dynamic(std::string_view name, OpInputs inputs = {2, 2}, int num_outputs = 1) {
  return define_dynamic_op<A>(name, inputs, infer_dynamic, evaluate_dynamic, num_outputs);
}

}  // namespace

const Op kDynamicReshape = dynamic<ReshapeAttrs>("dynamic_reshape");
const Op kDynamicExpand = dynamic<NoAttrs>("dynamic_expand");
const Op kDynamicTile = dynamic<NoAttrs>("dynamic_tile");
const Op kDynamicSlice = dynamic<NoAttrs>("dynamic_slice", {3, 5});
const Op kDynamicPad = dynamic<PadAttrs>("dynamic_pad", {2, 4});
const Op kDynamicSplit = dynamic<DynamicSplitAttrs>("dynamic_split", {1, 2}, kAnyNumber);
const Op kDynamicSqueeze = dynamic<NoAttrs>("dynamic_squeeze");
const Op kDynamicUnsqueeze = dynamic<NoAttrs>("dynamic_unsqueeze");
const Op kDynamicReduceMean = dynamic<ReduceAttrs>("dynamic_reduce_mean");
const Op kDynamicReduceSum = dynamic<ReduceAttrs>("dynamic_reduce_sum");
const Op kDynamicReduceMax = dynamic<ReduceAttrs>("dynamic_reduce_max");
const Op kDynamicReduceMin = dynamic<ReduceAttrs>("dynamic_reduce_min");
const Op kDynamicReduceProd = dynamic<ReduceAttrs>("dynamic_reduce_prod");
const Op kDynamicReduceSumSquare = dynamic<ReduceAttrs>("dynamic_reduce_sum_square");
const Op kDynamicReduceL1 = dynamic<ReduceAttrs>("dynamic_reduce_l1");
const Op kDynamicReduceL2 = dynamic<ReduceAttrs>("dynamic_reduce_l2");
const Op kDynamicReduceLogSum = dynamic<ReduceAttrs>("dynamic_reduce_log_sum");
const Op kDynamicReduceLogSumExp = dynamic<ReduceAttrs>("dynamic_reduce_log_sum_exp");

const Op& dynamic_reduction(const Op& reduction) {
  for (const Form& form : kForms)
    if (form.plain == &reduction) return *form.dynamic;
  OCTET_CHECK(false);
  return reduction;
}

Result<std::optional<Node>> resolve_dynamic(const Node& node, Inputs inputs) {
  const Form* const form = find_form(*node.op);
  if (form == nullptr || !is_bound(node, inputs)) return std::optional<Node>();
  OCTET_ASSIGN_OR_RETURN(std::any attrs, form->bind(node, inputs));
  Node plain = node;
  plain.op = form->plain;
  plain.attrs = std::move(attrs);
  plain.inputs.resize(1);
  return std::optional(std::move(plain));
}

std::optional<std::vector<std::int64_t>> even_parts(std::int64_t length, std::int64_t parts) {
  if (parts < 1 || is_symbolic(length)) return std::nullopt;
  const std::int64_t size = (length + parts - 1) / parts;
  const std::int64_t last = length - size * (parts - 1);
  if (last < 0) return std::nullopt;
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(parts), size);
  sizes.back() = last;
  return sizes;
}

}  // namespace octet
