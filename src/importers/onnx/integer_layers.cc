// SPDX-License-Identifier: Apache-2.0
// Layers that take and give integers. Each is imported as its float operator between DequantizeLinear and
// QuantizeLinear, of which the pass fold_qdq makes an int8 operator where the parameters are constants.
#include <cmath>

#include "importers/onnx/handlers.h"
#include "importers/onnx/quantize.h"
#include "ops/binary.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/unary.h"

namespace octet {
namespace {

// The float operator `type` on `inputs`, with the node's own attributes but `channels_last`, which has been looked at.
Result<TensorId> add_float_operator(const OnnxNode& node, OnnxGraph& graph, const std::string& type,
                                    std::vector<TensorId> inputs) {
  onnx::NodeProto proto = node.proto();
  proto.clear_attribute();
  for (const auto& attribute : node.proto().attribute()) {
    node.ignore(attribute.name());
    if (attribute.name() != "channels_last") *proto.add_attribute() = attribute;
  }
  proto.set_op_type(type);
  proto.set_name(node.inner_name(type));
  proto.clear_output();
  proto.add_output(node.inner_name(type));
  const OnnxNode inner(proto, node.opset(), std::move(inputs));
  OCTET_RETURN_IF_ERROR(find_onnx_operator(type)->import(inner, graph));
  OCTET_RETURN_IF_ERROR(inner.check_all_attributes_known());
  return graph.find(inner.output_name(0));
}

// Inputs first, first + 1 and first + 2: a tensor, its scale and its zero point.
Result<TensorId> dequantized_input(const OnnxNode& node, OnnxGraph& graph, std::size_t first, std::string_view what,
                                   std::int64_t axis) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, node.input(first, what));
  LinearQuant quant{.axis = axis};
  OCTET_ASSIGN_OR_RETURN(quant.scale, node.input(first + 1, "scale"));
  quant.zero_point = node.optional_input(first + 2);
  return add_dequantized(node, graph, what, x, quant);
}

// The node's output, whose scale is input `scale`; its zero point follows.
Result<void> add_quantized_output(const OnnxNode& node, OnnxGraph& graph, TensorId y, std::size_t scale = 6) {
  LinearQuant quant;
  OCTET_ASSIGN_OR_RETURN(quant.scale, node.input(scale, "y_scale"));
  OCTET_ASSIGN_OR_RETURN(quant.zero_point, node.input(scale + 1, "y_zero_point"));
  return add_quantized(node, graph, y, graph.tensor(quant.zero_point).type, quant, 0);
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__QLinearConv.html: x, its scale and zero point, w [K, C/group, ...], these (one
// or K), y's, and an int32 bias [K] with the scale x_scale * w_scale.
Result<void> import_q_linear_conv(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, dequantized_input(node, graph, 0, "x", 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId w, dequantized_input(node, graph, 3, "w", 0));
  TensorId bias = node.optional_input(8);
  if (bias != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const TensorId scale, graph.add_inner(node, "bias_scale", kMul, BinaryAttrs{},
                                                                 {node.inputs()[1], node.inputs()[4]}));
    OCTET_ASSIGN_OR_RETURN(bias, add_dequantized(node, graph, "bias", bias, {.scale = scale, .axis = 0}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId y, add_float_operator(node, graph, "Conv", {x, w, bias}));
  return add_quantized_output(node, graph, y);
}

// https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html: parameters of b may be one per column.
Result<void> import_q_linear_matmul(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, dequantized_input(node, graph, 0, "a", -2));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, dequantized_input(node, graph, 3, "b", -1));
  OCTET_ASSIGN_OR_RETURN(const TensorId y, add_float_operator(node, graph, "MatMul", {a, b}));
  return add_quantized_output(node, graph, y);
}

namespace {

// x - zero_point as float32, which holds it exactly.
Result<TensorId> steps(const OnnxNode& node, OnnxGraph& graph, std::size_t i, std::size_t zero_point,
                       std::string_view what, std::int64_t axis) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, node.input(i, what));
  if (graph.tensor(x).type != DataType::kInt8 && graph.tensor(x).type != DataType::kUint8)
    return node.error(ErrorCode::kInvalidModel, "{} is {}, expected 8-bit integers", what,
                      data_type_name(graph.tensor(x).type));
  return add_dequantized(node, graph, what, x, {.zero_point = node.optional_input(zero_point), .axis = axis});
}

// The largest sum of products that float32 holds exactly, and the largest |x - zero_point|.
constexpr std::int64_t kExactSum = std::int64_t{1} << 24, kMaxStep = 255, kHalf = 16;

// int32 sums of products by a float operator. float32 is exact up to 2^24; with more products in a sum, x is taken as
// 16 * high + low, each of which is at most 16, and the two sums are put together as int32.
Result<void> add_integer_operator(const OnnxNode& node, OnnxGraph& graph, const std::string& type, TensorId x,
                                  TensorId w, std::int64_t num_products) {
  const auto cast = [&](std::string_view suffix, TensorId id) {
    return graph.add_inner(node, suffix, kCast, CastAttrs{DataType::kInt32}, {id});
  };
  if (num_products > 0 && num_products <= kExactSum / (kMaxStep * kMaxStep)) {
    OCTET_ASSIGN_OR_RETURN(const TensorId sum, add_float_operator(node, graph, type, {x, w}));
    return graph.add(node, kCast, CastAttrs{DataType::kInt32}, {sum});
  }
  if (num_products <= 0 || num_products > kExactSum / (kMaxStep * kHalf))
    return node.error(ErrorCode::kUnsupported,
                      "adds {} products for each number of its result (-1: unknown); Octet does it exactly up to {}",
                      num_products, kExactSum / (kMaxStep * kHalf));
  const TensorId half = graph.inner_scalar(node, "half", static_cast<float>(kHalf));
  OCTET_ASSIGN_OR_RETURN(TensorId high, graph.add_inner(node, "quotient", kDiv, BinaryAttrs{}, {x, half}));
  OCTET_ASSIGN_OR_RETURN(high, graph.add_inner(node, "high", kFloor, NoAttrs{}, {high}));
  OCTET_ASSIGN_OR_RETURN(TensorId low, graph.add_inner(node, "high_part", kMul, BinaryAttrs{}, {high, half}));
  OCTET_ASSIGN_OR_RETURN(low, graph.add_inner(node, "low", kSub, BinaryAttrs{}, {x, low}));
  OCTET_ASSIGN_OR_RETURN(const TensorId high_sum, add_float_operator(node, graph, type, {high, w}));
  OCTET_ASSIGN_OR_RETURN(const TensorId low_sum, add_float_operator(node, graph, type, {low, w}));
  OCTET_ASSIGN_OR_RETURN(const TensorId high_i32, cast("high_i32", high_sum));
  OCTET_ASSIGN_OR_RETURN(const TensorId low_i32, cast("low_i32", low_sum));
  const TensorId factor = graph.inner_constant(node, "factor", make_constant("", {}, std::vector<std::int32_t>{kHalf}));
  OCTET_ASSIGN_OR_RETURN(const TensorId shifted,
                         graph.add_inner(node, "shifted", kMul, BinaryAttrs{}, {high_i32, factor}));
  return graph.add(node, kAdd, BinaryAttrs{}, {shifted, low_i32});
}

}  // namespace

// https://onnx.ai/onnx/operators/onnx__ConvInteger.html
Result<void> import_conv_integer(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId x, steps(node, graph, 0, 2, "x", 1));
  OCTET_ASSIGN_OR_RETURN(const TensorId w, steps(node, graph, 1, 3, "w", 0));
  const Shape& weights = graph.shape(w);
  const auto count = num_elements(weights);
  return add_integer_operator(node, graph, "Conv", x, w, count && *count > 0 ? *count / weights[0] : -1);
}

// https://onnx.ai/onnx/operators/onnx__MatMulInteger.html: zero points of a may be one per row, those of b one per
// column.
Result<void> import_matmul_integer(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const TensorId a, steps(node, graph, 0, 2, "a", -2));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, steps(node, graph, 1, 3, "b", -1));
  const Shape& shape = graph.shape(a);
  return add_integer_operator(node, graph, "MatMul", a, b, shape.empty() ? -1 : shape.back());
}

// com.microsoft's operators on integers: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
// Inputs are `count` tensors, each with its scale and zero point, and those of the result.
Result<void> import_q_linear(const OnnxNode& node, OnnxGraph& graph, const char* type, std::size_t count) {
  OCTET_ASSIGN_OR_RETURN(const bool channels_last, node.get_bool("channels_last", false));
  if (channels_last) return node.error(ErrorCode::kUnsupported, "channels_last = 1 is not supported");
  std::vector<TensorId> operands;
  for (std::size_t i = 0; i < count; ++i) {
    OCTET_ASSIGN_OR_RETURN(operands.emplace_back(), dequantized_input(node, graph, 3 * i, i == 0 ? "a" : "b", 1));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId y, add_float_operator(node, graph, type, std::move(operands)));
  return add_quantized_output(node, graph, y, 3 * count);
}

Result<void> import_q_linear_add(const OnnxNode& node, OnnxGraph& graph) {
  return import_q_linear(node, graph, "Add", 2);
}
Result<void> import_q_linear_mul(const OnnxNode& node, OnnxGraph& graph) {
  return import_q_linear(node, graph, "Mul", 2);
}
Result<void> import_q_linear_sigmoid(const OnnxNode& node, OnnxGraph& graph) {
  return import_q_linear(node, graph, "Sigmoid", 1);
}
Result<void> import_q_linear_leaky_relu(const OnnxNode& node, OnnxGraph& graph) {
  return import_q_linear(node, graph, "LeakyRelu", 1);
}
Result<void> import_q_linear_global_average_pool(const OnnxNode& node, OnnxGraph& graph) {
  return import_q_linear(node, graph, "GlobalAveragePool", 1);
}

// The result's scale and zero point come first here.
Result<void> import_q_linear_concat(const OnnxNode& node, OnnxGraph& graph) {
  std::vector<TensorId> operands;
  for (std::size_t i = 2; i + 2 < node.num_inputs(); i += 3) {
    OCTET_ASSIGN_OR_RETURN(operands.emplace_back(),
                           dequantized_input(node, graph, i, fmt::format("x{}", operands.size()), 1));
  }
  if (operands.empty() || node.num_inputs() % 3 != 2)
    return node.error(ErrorCode::kInvalidModel, "has {} inputs, expected 2 and 3 for each tensor", node.num_inputs());
  OCTET_ASSIGN_OR_RETURN(const TensorId y, add_float_operator(node, graph, "Concat", std::move(operands)));
  return add_quantized_output(node, graph, y, 0);
}

// a, b and an int32 c with the scale alpha * a_scale * b_scale. Without parameters of the result it is a float.
Result<void> import_q_gemm(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const bool transpose_b, node.get_bool("transB", false));
  OCTET_ASSIGN_OR_RETURN(const float alpha, node.get_float("alpha", 1.0f));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, dequantized_input(node, graph, 0, "a", 0));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, dequantized_input(node, graph, 3, "b", transpose_b ? 0 : 1));
  TensorId c = node.optional_input(6);
  if (c != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(TensorId scale,
                           graph.add_inner(node, "scales", kMul, BinaryAttrs{}, {node.inputs()[1], node.inputs()[4]}));
    OCTET_ASSIGN_OR_RETURN(scale, graph.add_inner(node, "c_scale", kMul, BinaryAttrs{},
                                                  {scale, graph.inner_scalar(node, "alpha", alpha)}));
    OCTET_ASSIGN_OR_RETURN(c, add_dequantized(node, graph, "c", c, {.scale = scale, .axis = -1}));
  }
  OCTET_ASSIGN_OR_RETURN(const TensorId y, add_float_operator(node, graph, "Gemm", {a, b, c}));
  if (node.optional_input(7) != kNoTensor) return add_quantized_output(node, graph, y, 7);
  return graph.add(node, kIdentity, NoAttrs{}, {y});
}

namespace {

// Unsigned numbers of `bits` bits, one behind the other from the lowest bit of the first byte, each row from a new
// byte.
class PackedRows {
 public:
  PackedRows(std::span<const std::uint8_t> bytes, std::int64_t bits, std::int64_t row_bytes)
      : bytes_(bytes), bits_(bits), row_bytes_(row_bytes) {}
  int at(std::int64_t row, std::int64_t i) const {
    const auto byte = static_cast<std::size_t>(row * row_bytes_ + i * bits_ / 8);
    return (bytes_[byte] >> (i * bits_ % 8)) & ((1 << bits_) - 1);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::int64_t bits_, row_bytes_;
};

struct NBits {
  std::int64_t k, n, bits, block_size, num_blocks;
};

Result<NBits> read_n_bits(const OnnxNode& node) {
  NBits attrs{};
  OCTET_ASSIGN_OR_RETURN(attrs.k, node.get_int("K", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.n, node.get_int("N", 0));
  OCTET_ASSIGN_OR_RETURN(attrs.bits, node.get_int("bits", 4));
  OCTET_ASSIGN_OR_RETURN(attrs.block_size, node.get_int("block_size", 0));
  node.ignore("accuracy_level");  // how activations may be rounded: here they are not
  if (attrs.bits != 2 && attrs.bits != 4 && attrs.bits != 8)
    return node.error(ErrorCode::kUnsupported, "bits = {}; Octet reads 2, 4 and 8", attrs.bits);
  const bool is_valid = attrs.k > 0 && attrs.n > 0 && attrs.block_size >= 16 &&
                        (attrs.block_size & (attrs.block_size - 1)) == 0 && attrs.block_size <= (1 << 20) &&
                        within_limits({attrs.n, attrs.k}) && within_limits({attrs.n, attrs.k + attrs.block_size});
  if (!is_valid)
    return node.error(ErrorCode::kInvalidModel,
                      "K = {}, N = {}, block_size = {}: expected sizes above 0 and a power of two from 16 on", attrs.k,
                      attrs.n, attrs.block_size);
  attrs.num_blocks = (attrs.k + attrs.block_size - 1) / attrs.block_size;
  return attrs;
}

// Input i as a constant of `count` elements of type T.
template <typename T>
Result<std::span<const T>> constant_values(const OnnxNode& node, const OnnxGraph& graph, std::size_t i,
                                           std::string_view what, std::int64_t count) {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, node.input(i, what));
  const Tensor& tensor = graph.tensor(id);
  if (!tensor.is_constant || tensor.type != kDataTypeOf<T> || num_elements(tensor.shape) != count)
    return node.error(ErrorCode::kInvalidModel, "{} is {} [{}], expected a constant of {} {}", what,
                      data_type_name(tensor.type), fmt::join(tensor.shape, ", "), count,
                      data_type_name(kDataTypeOf<T>));
  return tensor.values<T>();
}

}  // namespace

// com.microsoft MatMulNBits: y = A [..., K] x B' [K, N] + bias, B stored as unsigned numbers of 2, 4 or 8 bits with a
// scale and a zero point (2^(bits - 1) without) per block of a column. The weights are decoded here.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
Result<void> import_matmul_n_bits(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const NBits attrs, read_n_bits(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0, "A"));
  const std::int64_t blob = attrs.block_size * attrs.bits / 8,
                     zero_point_bytes = (attrs.num_blocks * attrs.bits + 7) / 8;
  OCTET_ASSIGN_OR_RETURN(const auto b,
                         constant_values<std::uint8_t>(node, graph, 1, "B", attrs.n * attrs.num_blocks * blob));
  OCTET_ASSIGN_OR_RETURN(const auto scales,
                         constant_values<float>(node, graph, 2, "scales", attrs.n * attrs.num_blocks));
  std::span<const std::uint8_t> zero_points;
  if (node.optional_input(3) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(zero_points,
                           constant_values<std::uint8_t>(node, graph, 3, "zero_points", attrs.n * zero_point_bytes));
  }
  if (node.optional_input(4) != kNoTensor)
    return node.error(ErrorCode::kUnsupported, "g_idx (an order of the rows) is not supported");
  const PackedRows packed(b, attrs.bits, blob), packed_zero_points(zero_points, attrs.bits, zero_point_bytes);
  OCTET_RETURN_IF_ERROR(graph.builder().charge(attrs.n * attrs.k, DataType::kFloat32));
  std::vector<float> weights(static_cast<std::size_t>(attrs.n * attrs.k));
  for (std::int64_t n = 0; n < attrs.n; ++n) {
    for (std::int64_t k = 0; k < attrs.k; ++k) {
      const std::int64_t block = k / attrs.block_size, row = n * attrs.num_blocks + block;
      const int zero_point = zero_points.empty() ? 1 << (attrs.bits - 1) : packed_zero_points.at(n, block);
      weights[static_cast<std::size_t>(n * attrs.k + k)] =
          static_cast<float>(packed.at(row, k % attrs.block_size) - zero_point) * scales[static_cast<std::size_t>(row)];
    }
  }
  std::vector<TensorId> inputs = {
      a, graph.inner_constant(node, "weights", make_constant("", Shape{attrs.n, attrs.k}, weights))};
  if (node.optional_input(5) != kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(const TensorId bias, graph.weights(node, 5, "bias"));
    inputs.push_back(bias);
  }
  return graph.add(node, kFullyConnected, FullyConnectedAttrs{}, std::move(inputs));
}

}  // namespace octet
