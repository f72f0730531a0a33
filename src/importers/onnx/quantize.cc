// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
//
//   q = saturate(round_half_even(x / scale) + zero_point)        real = (q - zero_point) * scale
//
// Per-tensor parameters that are constants become those of the 8-bit tensor, between a quantize and a dequantize node,
// which the pass fold_qdq makes integer operators of. A dequantized constant is a float constant that keeps its
// parameters. Everything else (other integers, computed parameters, axes and blocks of activations) is written out in
// float operators.
#include "importers/onnx/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "importers/node_builder.h"
#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/gather.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/unary.h"

namespace octet {
namespace {

struct Limits {
  float lo, hi;
};

std::optional<Limits> limits_of(DataType type) {
  switch (type) {
    case DataType::kInt8:
      return Limits{-128.0f, 127.0f};
    case DataType::kUint8:
      return Limits{0.0f, 255.0f};
    case DataType::kInt16:
      return Limits{-32768.0f, 32767.0f};
    case DataType::kUint16:
      return Limits{0.0f, 65535.0f};
    default:
      return std::nullopt;
  }
}

bool is_8_bit(DataType type) { return type == DataType::kInt8 || type == DataType::kUint8; }

std::int64_t element_count(const OnnxGraph& graph, TensorId id) { return num_elements(graph.shape(id)).value_or(-1); }

std::string suffixed(std::string_view suffix, std::string_view more) { return fmt::format("{}_{}", suffix, more); }

// The parameters as numbers, if they are constants that a tensor of `shape` can have.
std::optional<QuantParams> constant_params(const OnnxGraph& graph, const LinearQuant& quant, const Shape& shape) {
  if (quant.block_size > 0 || quant.scale == kNoTensor || !graph.is_constant(quant.scale) ||
      graph.tensor(quant.scale).type != DataType::kFloat32)
    return std::nullopt;
  if (quant.zero_point != kNoTensor && (!graph.is_constant(quant.zero_point) ||
                                        element_count(graph, quant.zero_point) != element_count(graph, quant.scale)))
    return std::nullopt;
  const auto scales = graph.tensor(quant.scale).values<float>();
  QuantParams params;
  params.scale.assign(scales.begin(), scales.end());
  for (const float scale : scales)
    if (!std::isnormal(scale) || scale < 0.0f) return std::nullopt;
  if (params.scale.size() > 1) {
    const auto axis = normalize_axis(quant.axis, shape.size());
    if (!axis || shape[*axis] != static_cast<std::int64_t>(scales.size())) return std::nullopt;
    params.axis = static_cast<int>(*axis);
  }
  params.zero_point.assign(scales.size(), 0);
  if (params.scale.empty() || quant.zero_point == kNoTensor)
    return params.scale.empty() ? std::nullopt : std::optional(params);
  const Tensor& zero_point = graph.tensor(quant.zero_point);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    switch (zero_point.type) {
      case DataType::kInt8:
        params.zero_point[i] = zero_point.values<std::int8_t>()[i];
        break;
      case DataType::kUint8:
        params.zero_point[i] = zero_point.values<std::uint8_t>()[i];
        break;
      case DataType::kInt32:
        params.zero_point[i] = zero_point.values<std::int32_t>()[i];
        break;
      default:
        return std::nullopt;
    }
  }
  return params;
}

// The steps of a tensor with parameters of its own, as floats: real values of the tensor, brought back to steps.
Result<TensorId> steps_of(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id) {
  const QuantParams params = *graph.tensor(id).quant;
  const auto scalar = [&](std::string_view what, float value) { return graph.inner_scalar(node, suffixed(suffix, what), value); };
  OCTET_ASSIGN_OR_RETURN(TensorId steps,
                         graph.add_inner(node, suffixed(suffix, "real"), kDequantize, DequantizeAttrs{}, {id}));
  OCTET_ASSIGN_OR_RETURN(steps, graph.add_inner(node, suffixed(suffix, "scaled"), kDiv, BinaryAttrs{},
                                                {steps, scalar("own_scale", params.scale[0])}));
  OCTET_ASSIGN_OR_RETURN(steps, graph.add_inner(node, suffixed(suffix, "rounded"), kRound, NoAttrs{}, {steps}));
  return graph.add_inner(node, suffixed(suffix, "float"), kAdd, BinaryAttrs{},
                         {steps, scalar("own_zero_point", static_cast<float>(params.zero_point[0]))});
}

Result<TensorId> as_float(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id) {
  if (graph.tensor(id).type == DataType::kFloat32) return id;
  if (graph.tensor(id).quant && !graph.is_constant(id)) return steps_of(node, graph, suffix, id);
  return graph.add_inner(node, suffixed(suffix, "float"), kCast, CastAttrs{DataType::kFloat32}, {id});
}

// Scales or zero points, one for each block of `block_size` elements along `axis`, as one for each element.
Result<TensorId> unblocked(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id,
                           std::size_t axis, std::int64_t block_size, const Shape& shape) {
  Shape blocks = graph.shape(id);
  const bool fits = is_fixed(shape) && blocks.size() == shape.size() && is_fixed(blocks) && block_size <= shape[axis] &&
                    blocks[axis] == (shape[axis] + block_size - 1) / block_size;
  if (!fits)
    return node.error(ErrorCode::kInvalidModel, "{} of shape [{}] does not fit blocks of {} along axis {} of [{}]",
                      suffix, fmt::join(blocks, ", "), block_size, axis, fmt::join(shape, ", "));
  Shape repeats(shape.size() + 1, 1);
  repeats[axis + 1] = block_size;
  blocks[axis] *= block_size;
  OCTET_ASSIGN_OR_RETURN(id, graph.add_inner(node, suffixed(suffix, "column"), kUnsqueeze,
                                             SqueezeAttrs{{static_cast<std::int64_t>(axis) + 1}}, {id}));
  OCTET_ASSIGN_OR_RETURN(id, graph.add_inner(node, suffixed(suffix, "tiled"), kTile, TileAttrs{repeats}, {id}));
  OCTET_ASSIGN_OR_RETURN(id,
                         graph.add_inner(node, suffixed(suffix, "rows"), kReshape, ReshapeAttrs{blocks, false}, {id}));
  if (blocks[axis] == shape[axis]) return id;
  return graph.add_inner(node, suffixed(suffix, "cut"), kSlice,
                         SliceAttrs{{0}, {shape[axis]}, {static_cast<std::int64_t>(axis)}, {1}}, {id});
}

// Scales or zero points as floats of a shape that broadcasts against `shape`.
Result<TensorId> aligned(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id,
                         const LinearQuant& quant, const Shape& shape) {
  OCTET_ASSIGN_OR_RETURN(id, as_float(node, graph, suffix, id));
  const Shape& own = graph.shape(id);
  if (own.empty() || (quant.block_size == 0 && element_count(graph, id) == 1 && own.size() <= shape.size())) return id;
  OCTET_ASSIGN_OR_RETURN(const std::int64_t axis, graph.axis(node, quant.axis, shape.size()));
  if (quant.block_size > 0)
    return unblocked(node, graph, suffix, id, static_cast<std::size_t>(axis), quant.block_size, shape);
  if (own.size() != 1)
    return node.error(ErrorCode::kInvalidModel, "{} has shape [{}], expected one number, or one per element of axis {}",
                      suffix, fmt::join(own, ", "), axis);
  Shape column(shape.size() - static_cast<std::size_t>(axis), 1);
  column[0] = -1;
  return graph.add_inner(node, suffixed(suffix, "column"), kReshape, ReshapeAttrs{column, false}, {id});
}

// The inputs and attributes that QuantizeLinear and DequantizeLinear share.
Result<LinearQuant> read_linear_quant(const OnnxNode& node) {
  LinearQuant quant;
  OCTET_ASSIGN_OR_RETURN(quant.scale, node.input(1, "scale"));
  quant.zero_point = node.optional_input(2);
  OCTET_ASSIGN_OR_RETURN(quant.axis, node.get_int("axis", 1));
  OCTET_ASSIGN_OR_RETURN(quant.block_size, node.get_int("block_size", 0));
  if (quant.block_size < 0)
    return node.error(ErrorCode::kInvalidModel, "block_size = {}, expected 0 or more", quant.block_size);
  node.ignore("saturate");   // of 8-bit floats
  node.ignore("precision");  // in which x / scale is computed: float32 here
  return quant;
}

// A constant's real values as a float constant. 8-bit ones keep their parameters, those of int8.
Result<std::optional<Tensor>> dequantized(const OnnxGraph& graph, TensorId x, const QuantParams& params) {
  Tensor constant = graph.tensor(x);
  const bool has_direct_form = is_8_bit(constant.type) || constant.type == DataType::kInt32;
  if (!has_direct_form) return std::optional<Tensor>();
  constant.quant = params;
  OCTET_ASSIGN_OR_RETURN(Tensor result, dequantized_constant(constant));
  if (is_8_bit(constant.type)) {
    result.quant = params;
    if (constant.type == DataType::kUint8)
      for (std::int32_t& zero_point : result.quant->zero_point) zero_point -= 128;
  }
  return std::optional(std::move(result));
}

// What a QuantizeLinear made has its parameters; a graph input may get some. Other operators compute on integers
// without any.
bool takes_params(const OnnxGraph& graph, TensorId x, const QuantParams& params) {
  const Tensor& tensor = graph.tensor(x);
  if (tensor.quant) return *tensor.quant == params;
  const auto& inputs = graph.builder().graph().inputs;
  return std::find(inputs.begin(), inputs.end(), x) != inputs.end();
}

}  // namespace

Result<TensorId> add_dequantized(const OnnxNode& node, OnnxGraph& graph, std::string_view name, TensorId x,
                                 const LinearQuant& quant) {
  const std::string_view suffix = name.empty() ? "dequantized" : name;
  const auto finish = [&](const Op& op, std::any attrs, std::vector<TensorId> inputs) -> Result<TensorId> {
    if (!name.empty()) return graph.add_inner(node, name, op, std::move(attrs), std::move(inputs));
    return graph.builder().add(op, std::move(attrs), std::move(inputs), node.name(), node.output_name(0));
  };
  const auto params = constant_params(graph, quant, graph.shape(x));
  if (params && graph.is_constant(x)) {
    OCTET_RETURN_IF_ERROR(graph.builder().charge(*num_elements(graph.shape(x)), DataType::kFloat32));
    OCTET_ASSIGN_OR_RETURN(auto constant, dequantized(graph, x, *params));
    if (constant) {
      if (!name.empty()) return graph.inner_constant(node, name, std::move(*constant));
      graph.add_constant(node, std::move(*constant));
      return graph.builder().find(node.output_name(0));
    }
  } else if (params && !params->per_channel() && is_8_bit(graph.tensor(x).type) && takes_params(graph, x, *params)) {
    graph.builder().graph().tensor(x).quant = params;
    return finish(kDequantize, DequantizeAttrs{}, {x});
  }
  const Shape shape = graph.shape(x);
  OCTET_ASSIGN_OR_RETURN(TensorId real, as_float(node, graph, suffix, x));
  if (quant.zero_point != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const TensorId zero_point,
                           aligned(node, graph, suffixed(suffix, "zero_point"), quant.zero_point, quant, shape));
    OCTET_ASSIGN_OR_RETURN(real,
                           graph.add_inner(node, suffixed(suffix, "steps"), kSub, BinaryAttrs{}, {real, zero_point}));
  }
  if (quant.scale == kNoTensor) return real;
  OCTET_ASSIGN_OR_RETURN(const TensorId scale,
                         aligned(node, graph, suffixed(suffix, "scale"), quant.scale, quant, shape));
  return finish(kMul, BinaryAttrs{}, {real, scale});
}

Result<void> add_quantized(const OnnxNode& node, OnnxGraph& graph, TensorId x, DataType type, const LinearQuant& quant,
                           std::size_t output) {
  const auto limits = limits_of(type);
  if (!limits)
    return node.error(ErrorCode::kUnsupported, "quantizes to {}; Octet has 8 and 16 bits", data_type_name(type));
  const std::string& name = node.output_name(output);
  const Shape shape = graph.shape(x);
  const auto params = constant_params(graph, quant, shape);
  if (params && !params->per_channel() && is_8_bit(type) && !graph.is_constant(x) &&
      graph.tensor(x).type == DataType::kFloat32) {
    OCTET_ASSIGN_OR_RETURN(const TensorId id,
                           graph.builder().add(kQuantize, QuantizeAttrs{type}, {x}, node.name(), name));
    graph.builder().graph().tensor(id).quant = params;
    return {};
  }
  OCTET_ASSIGN_OR_RETURN(x, as_float(node, graph, "src", x));
  OCTET_ASSIGN_OR_RETURN(const TensorId scale, aligned(node, graph, "scale", quant.scale, quant, shape));
  OCTET_ASSIGN_OR_RETURN(x, graph.add_inner(node, "scaled", kDiv, BinaryAttrs{}, {x, scale}));
  OCTET_ASSIGN_OR_RETURN(x, graph.add_inner(node, "rounded", kRound, NoAttrs{}, {x}));
  if (quant.zero_point != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const TensorId zero_point,
                           aligned(node, graph, "zero_point", quant.zero_point, quant, shape));
    OCTET_ASSIGN_OR_RETURN(x, graph.add_inner(node, "shifted", kAdd, BinaryAttrs{}, {x, zero_point}));
  }
  OCTET_ASSIGN_OR_RETURN(x, graph.add_inner(node, "saturated", kClip, ClipAttrs{limits->lo, limits->hi}, {x}));
  OCTET_RETURN_IF_ERROR(graph.builder().add(kCast, CastAttrs{type}, {x}, node.name(), name));
  return {};
}

// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
Result<void> import_quantize_linear(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, node.input(0, "x"));
  OCTET_ASSIGN_OR_RETURN(const LinearQuant quant, read_linear_quant(node));
  OCTET_ASSIGN_OR_RETURN(const std::int64_t output_dtype, node.get_int("output_dtype", 0));
  DataType type = DataType::kUint8;
  if (quant.zero_point != kNoTensor) {
    type = graph.tensor(quant.zero_point).type;
  } else if (output_dtype != 0) {
    const auto wanted = data_type_from_onnx(static_cast<std::int32_t>(output_dtype));
    if (!wanted) return node.located(wanted.error());
    type = *wanted;
  }
  return add_quantized(node, graph, x, type, quant, 0);
}

// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
Result<void> import_dequantize_linear(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, node.input(0, "x"));
  OCTET_ASSIGN_OR_RETURN(const LinearQuant quant, read_linear_quant(node));
  node.ignore("output_dtype");  // a float: float32 here
  OCTET_RETURN_IF_ERROR(add_dequantized(node, graph, /*name=*/"", x, quant));
  return {};
}

// y uint8, scale and zero point of a whole tensor, with 0 always inside [min, max]:
//   scale = (max - min) / 255 (1 if that is 0)      zero_point = clamp(round(-min / scale), 0, 255)
// https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html
Result<void> import_dynamic_quantize_linear(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, node.input(0, "x"));
  if (node.num_outputs() != 3)
    return node.error(ErrorCode::kInvalidModel, "has {} outputs, expected 3", node.num_outputs());
  const TensorId zero = graph.inner_scalar(node, "zero", 0.0f), one = graph.inner_scalar(node, "one", 1.0f);
  const auto add = [&](std::string_view suffix, const Op& op, std::any attrs, std::vector<TensorId> inputs) {
    return graph.add_inner(node, suffix, op, std::move(attrs), std::move(inputs));
  };
  const ReduceAttrs all{.axes = {}, .keep_dims = false};
  OCTET_ASSIGN_OR_RETURN(TensorId max, add("largest", kReduceMax, all, {x}));
  OCTET_ASSIGN_OR_RETURN(max, add("max", kMaximum, BinaryAttrs{}, {max, zero}));
  OCTET_ASSIGN_OR_RETURN(TensorId min, add("least", kReduceMin, all, {x}));
  OCTET_ASSIGN_OR_RETURN(min, add("min", kMinimum, BinaryAttrs{}, {min, zero}));
  OCTET_ASSIGN_OR_RETURN(const TensorId range, add("range", kSub, BinaryAttrs{}, {max, min}));
  OCTET_ASSIGN_OR_RETURN(const TensorId step,
                         add("step", kDiv, BinaryAttrs{}, {range, graph.inner_scalar(node, "levels", 255.0f)}));
  OCTET_ASSIGN_OR_RETURN(const TensorId is_zero, add("is_zero", kEqual, NoAttrs{}, {range, zero}));
  OCTET_ASSIGN_OR_RETURN(const TensorId scale, graph.builder().add(kWhere, NoAttrs{}, {is_zero, one, step},
                                                                   node.inner_name("scale"), node.output_name(1)));
  OCTET_ASSIGN_OR_RETURN(TensorId zero_point, add("min_steps", kDiv, BinaryAttrs{}, {min, scale}));
  OCTET_ASSIGN_OR_RETURN(zero_point, add("negated", kSub, BinaryAttrs{}, {zero, zero_point}));
  OCTET_ASSIGN_OR_RETURN(zero_point, add("saturated_zero_point", kClip, ClipAttrs{0.0f, 255.0f}, {zero_point}));
  OCTET_ASSIGN_OR_RETURN(zero_point, add("rounded_zero_point", kRound, NoAttrs{}, {zero_point}));
  OCTET_ASSIGN_OR_RETURN(zero_point, graph.builder().add(kCast, CastAttrs{DataType::kUint8}, {zero_point},
                                                         node.inner_name("zero_point"), node.output_name(2)));
  return add_quantized(node, graph, x, DataType::kUint8, {.scale = scale, .zero_point = zero_point}, 0);
}

}  // namespace octet
