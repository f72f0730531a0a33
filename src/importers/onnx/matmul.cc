// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul.h"

#include <cmath>

#include "importers/onnx/handlers.h"
#include "ops/binary.h"
#include "ops/fully_connected.h"
#include "ops/permuted_constant.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace octet {
namespace {

struct GemmAttrs {
  float alpha, beta;
  bool transpose_a, transpose_b;
};

Result<GemmAttrs> read_gemm(const OnnxNode& node) {
  GemmAttrs attrs{};
  OCTET_ASSIGN_OR_RETURN(attrs.alpha, node.get_float("alpha", 1.0f));
  OCTET_ASSIGN_OR_RETURN(attrs.beta, node.get_float("beta", 1.0f));
  OCTET_ASSIGN_OR_RETURN(attrs.transpose_a, node.get_bool("transA", false));
  OCTET_ASSIGN_OR_RETURN(attrs.transpose_b, node.get_bool("transB", false));
  if (!std::isfinite(attrs.alpha) || !std::isfinite(attrs.beta))
    return node.error(ErrorCode::kInvalidModel, "alpha = {} and beta = {} must be finite", attrs.alpha, attrs.beta);
  return attrs;
}

// id * factor, computed at once if id is constant.
Result<TensorId> scaled(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id, float factor) {
  if (factor == 1.0f || id == kNoTensor) return id;
  const TensorId constant = graph.inner_scalar(node, fmt::format("{}_factor", suffix), factor);
  return graph.add_inner(node, suffix, kMul, BinaryAttrs{}, {id, constant});
}

Result<TensorId> transposed(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId id) {
  if (graph.is_constant(id)) {  // keeps its quantization parameters
    OCTET_RETURN_IF_ERROR(graph.builder().charge(*num_elements(graph.shape(id)), graph.tensor(id).type));
    return graph.inner_constant(node, suffix, permuted_constant(graph.tensor(id), {1, 0}));
  }
  return graph.add_inner(node, suffix, kTranspose, TransposeAttrs{{1, 0}}, {id});
}

// Whether C is one number per column, which is what a fully connected layer calls a bias.
bool is_bias(const OnnxGraph& graph, TensorId c, std::int64_t n) {
  if (!graph.is_constant(c)) return false;
  const Shape& shape = graph.shape(c);
  return shape == Shape{n} || shape == Shape{1, n};
}

// The last step of a product that C could not join as a bias.
Result<void> add_c(const OnnxNode& node, OnnxGraph& graph, const Op& op, std::any attrs, std::vector<TensorId> inputs,
                   float alpha, TensorId c) {
  if (alpha == 1.0f && c == kNoTensor) return graph.add(node, op, std::move(attrs), std::move(inputs));
  OCTET_ASSIGN_OR_RETURN(TensorId dst, graph.add_inner(node, "product", op, std::move(attrs), std::move(inputs)));
  if (c == kNoTensor) return graph.add(node, kMul, BinaryAttrs{}, {dst, graph.inner_scalar(node, "alpha", alpha)});
  OCTET_ASSIGN_OR_RETURN(dst, scaled(node, graph, "alpha", dst, alpha));
  return graph.add(node, kAdd, BinaryAttrs{}, {dst, c});
}

// A (constant) B: fully_connected with weights [N, K], alpha and beta in the constants.
Result<void> import_gemm_of_weights(const OnnxNode& node, OnnxGraph& graph, const GemmAttrs& attrs, TensorId a, TensorId c) {
  OCTET_ASSIGN_OR_RETURN(TensorId weights, graph.weights(node, 1, "B"));
  if (!attrs.transpose_b) {
    OCTET_ASSIGN_OR_RETURN(weights, transposed(node, graph, "weights", weights));
  }
  OCTET_ASSIGN_OR_RETURN(weights, scaled(node, graph, "scaled_weights", weights, attrs.alpha));
  const std::int64_t n = graph.shape(weights)[0];
  if (attrs.transpose_a) {
    OCTET_ASSIGN_OR_RETURN(a, transposed(node, graph, "src", a));
  }
  if (!is_bias(graph, c, n)) return add_c(node, graph, kFullyConnected, FullyConnectedAttrs{}, {a, weights}, 1.0f, c);
  if (graph.shape(c).size() == 2) {
    OCTET_ASSIGN_OR_RETURN(c, graph.add_inner(node, "bias", kReshape, ReshapeAttrs{.shape = {n}}, {c}));
  }
  return graph.add(node, kFullyConnected, FullyConnectedAttrs{}, {a, weights, c});
}

}  // namespace

// ONNX Gemm: dst = alpha * A' x B' + beta * C, all of rank 2, C broadcast to [M, N] and optional.
// https://onnx.ai/onnx/operators/onnx__Gemm.html
Result<void> import_gemm(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const GemmAttrs attrs, read_gemm(node));
  OCTET_ASSIGN_OR_RETURN(const TensorId a, node.input(0, "A"));
  OCTET_ASSIGN_OR_RETURN(const TensorId b, node.input(1, "B"));
  if (graph.shape(a).size() != 2 || graph.shape(b).size() != 2) {
    return node.error(ErrorCode::kInvalidModel, "A and B have {} and {} dimensions, expected 2", graph.shape(a).size(),
                      graph.shape(b).size());
  }
  TensorId c = attrs.beta == 0.0f ? kNoTensor : node.optional_input(2);
  if (graph.is_constant(c) && graph.tensor(c).type == DataType::kFloat32) {
    OCTET_RETURN_IF_ERROR(graph.weights(node, 2, "C"));
  }
  OCTET_ASSIGN_OR_RETURN(c, scaled(node, graph, "scaled_c", c, attrs.beta));
  if (graph.is_constant(b)) return import_gemm_of_weights(node, graph, attrs, a, c);
  const MatmulAttrs matmul{.transpose_a = attrs.transpose_a, .transpose_b = attrs.transpose_b};
  return add_c(node, graph, kMatmul, matmul, {a, b}, attrs.alpha, c);
}

// https://onnx.ai/onnx/operators/onnx__MatMul.html: NumPy's matmul, as ours.
Result<void> import_matmul(const OnnxNode& node, OnnxGraph& graph) {
  std::vector<TensorId> inputs;
  for (const std::size_t i : {0u, 1u}) {
    OCTET_ASSIGN_OR_RETURN(TensorId id, node.input(i, i == 0 ? "A" : "B"));
    if (graph.is_constant(id) && graph.tensor(id).type == DataType::kFloat32) {
      OCTET_ASSIGN_OR_RETURN(id, graph.weights(node, i, "weights"));
    }
    inputs.push_back(id);
  }
  return graph.add(node, kMatmul, MatmulAttrs{}, inputs);
}

}  // namespace octet
