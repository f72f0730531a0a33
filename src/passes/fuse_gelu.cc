// SPDX-License-Identifier: Apache-2.0
// Finds GELU where it is written out.
//
//   0.5 * x * (1 + erf(x / sqrt(2)))                                      becomes     gelu(x)
//   0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))             becomes     gelu(x) {approximate=true}
//
// with the factors in any order. Intermediate results that somebody else reads are computed as before.
// Source: Hendrycks and Gimpel 2016 (arXiv:1606.08415), section 2.
// Numeric effect: float32 rounding only. Constants may be off by 1e-4 of their value: exporters write few digits.
#include <vector>

#include "ops/unary.h"
#include "passes/passes.h"
#include "passes/subgraph.h"

namespace octet {
namespace {

// The factors of a product, through products that nobody else reads, and the nodes that multiply.
struct Product {
  std::vector<TensorId> factors;
  std::vector<const Node*> nodes;
};

constexpr std::size_t kMostFactors = 3;

void collect_factors(const Subgraph& subgraph, TensorId tensor, bool is_whole, Product& product) {
  const Node* node = subgraph.made_by(tensor, kMul);
  if (node == nullptr || product.nodes.size() >= kMostFactors || (!is_whole && subgraph.uses().single_consumer(tensor) < 0)) {
    product.factors.push_back(tensor);
    return;
  }
  product.nodes.push_back(node);
  for (const TensorId factor : node->inputs) collect_factors(subgraph, factor, false, product);
}

// The node whose result plus 1 is `tensor`.
const Node* one_less(const Subgraph& subgraph, TensorId tensor, const Op& op) {
  const Node* sum = subgraph.made_by(tensor, kAdd);
  if (sum == nullptr) return nullptr;
  const auto other = subgraph.operand_beside(*sum, 1.0);
  return other ? subgraph.made_by(*other, op) : nullptr;
}

// tensor = src / sqrt(2)
bool is_scaled_for_erf(const Subgraph& subgraph, TensorId tensor, TensorId src) {
  constexpr double kSqrtTwo = 1.41421356237309504880;
  if (const Node* quotient = subgraph.made_by(tensor, kDiv))
    return quotient->inputs[0] == src && subgraph.is_scalar(quotient->inputs[1], kSqrtTwo);
  const Node* product = subgraph.made_by(tensor, kMul);
  return product != nullptr && subgraph.operand_beside(*product, 1.0 / kSqrtTwo) == src;
}

bool is_cube(const Subgraph& subgraph, TensorId tensor, TensorId src) {
  if (const Node* power = subgraph.made_by(tensor, kPow)) return power->inputs[0] == src && subgraph.is_scalar(power->inputs[1], 3.0);
  Product product;
  collect_factors(subgraph, tensor, true, product);
  return product.factors == std::vector<TensorId>(3, src);
}

// tensor = sqrt(2 / pi) * (src + 0.044715 * src^3)
bool is_scaled_for_tanh(const Subgraph& subgraph, TensorId tensor, TensorId src) {
  const Node* outer = subgraph.made_by(tensor, kMul);
  const auto inner = outer == nullptr ? std::nullopt : subgraph.operand_beside(*outer, 0.79788456080286535588);
  const Node* sum = inner ? subgraph.made_by(*inner, kAdd) : nullptr;
  if (sum == nullptr || (sum->inputs[0] != src && sum->inputs[1] != src)) return false;
  const Node* cubic = subgraph.made_by(sum->inputs[sum->inputs[0] == src ? 1 : 0], kMul);
  const auto cube = cubic == nullptr ? std::nullopt : subgraph.operand_beside(*cubic, 0.044715);
  return cube && is_cube(subgraph, *cube, src);
}

struct GeluMatch {
  TensorId src = kNoTensor;
  bool approximate = false;
  std::vector<std::string> names;  // of the nodes it stands for, but the last
};

// The product of 0.5, src and 1 + f(src): which factor is which.
std::optional<GeluMatch> match_gelu(const Subgraph& subgraph, const Node& last) {
  if (!last.is(kMul) || !subgraph.is_plain(last)) return std::nullopt;
  Product product;
  collect_factors(subgraph, last.outputs[0], true, product);
  if (product.factors.size() != 3) return std::nullopt;
  int halves = 0;
  const Node* erf = nullptr;
  const Node* tanh = nullptr;
  GeluMatch match;
  for (const TensorId factor : product.factors) {
    if (subgraph.is_scalar(factor, 0.5)) {
      ++halves;
    } else if (const Node* node = one_less(subgraph, factor, kErf); node != nullptr && erf == nullptr) {
      erf = node;
    } else if (node = one_less(subgraph, factor, kTanh); node != nullptr && tanh == nullptr) {
      tanh = node;
    } else {
      match.src = factor;
    }
  }
  if (halves != 1 || match.src == kNoTensor || (erf == nullptr) == (tanh == nullptr)) return std::nullopt;
  match.approximate = tanh != nullptr;
  const TensorId inner = (match.approximate ? tanh : erf)->inputs[0];
  if (!(match.approximate ? is_scaled_for_tanh : is_scaled_for_erf)(subgraph, inner, match.src)) return std::nullopt;
  for (const Node* node : product.nodes)
    if (node != &last) match.names.push_back(node->name);
  match.names.push_back((match.approximate ? tanh : erf)->name);
  return match;
}

}  // namespace

Result<PassStats> fuse_gelu(Graph& graph) {
  PassStats stats;
  const Subgraph subgraph(graph);
  std::vector<std::pair<std::size_t, GeluMatch>> matches;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (auto match = match_gelu(subgraph, graph.nodes[i])) matches.emplace_back(i, std::move(*match));
  for (auto& [index, match] : matches) {
    Node& node = graph.nodes[index];
    node.op = &kGelu;
    node.attrs = GeluAttrs{match.approximate};
    node.inputs = {match.src};
    node.absorbed.insert(node.absorbed.end(), match.names.begin(), match.names.end());
    ++stats.changed;
  }
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
