// SPDX-License-Identifier: Apache-2.0
#include "ops/einsum.h"

#include <algorithm>
#include <map>

#include "importers/onnx/handlers.h"
#include "ops/matmul.h"
#include "ops/transpose.h"

namespace octet {
namespace {

using Labels = std::vector<std::int64_t>;

struct Equation {
  std::vector<Labels> operands;
  Labels dst;
};

// Labels of the dimensions that "..." stands for count from here; letters from 0 (A-Z, then a-z).
constexpr std::int64_t kEllipsis = 52;

class EquationReader {
 public:
  EquationReader(const OnnxNode& node, const OnnxGraph& graph) : node_(node), graph_(graph) {}

  Result<Equation> read(std::string text) {
    std::erase(text, ' ');
    const std::size_t arrow = text.find("->");
    const std::string left = text.substr(0, arrow);
    Equation equation;
    for (std::size_t begin = 0; begin <= left.size();) {
      const std::size_t end = std::min(left.find(',', begin), left.size());
      const std::size_t i = equation.operands.size();
      OCTET_ASSIGN_OR_RETURN(const TensorId id, node_.input(i, "Inputs"));
      OCTET_ASSIGN_OR_RETURN(Labels labels, operand(left.substr(begin, end - begin), graph_.shape(id).size()));
      equation.operands.push_back(std::move(labels));
      begin = end + 1;
    }
    if (equation.operands.size() != node_.num_inputs()) return wrong(text);
    if (arrow == std::string::npos) equation.dst = implicit_result(equation.operands);
    else {
      OCTET_ASSIGN_OR_RETURN(equation.dst, labels_of(text.substr(arrow + 2), num_ellipsis_));
    }
    return equation;
  }

 private:
  Error wrong(const std::string& text) const {
    return node_.error(ErrorCode::kInvalidModel, "equation '{}' is wrong, or does not fit its {} inputs", text, node_.num_inputs());
  }

  // The labels of a term, `width` of them for "...".
  Result<Labels> labels_of(const std::string& term, std::int64_t width) const {
    Labels labels;
    for (std::size_t i = 0; i < term.size(); ++i) {
      const char c = term[i];
      if (c >= 'A' && c <= 'Z') labels.push_back(c - 'A');
      else if (c >= 'a' && c <= 'z') labels.push_back(26 + c - 'a');
      else if (term.compare(i, 3, "...") == 0) {
        // Right-aligned, as broadcasting is.
        for (std::int64_t k = width; k-- > 0;) labels.push_back(kEllipsis + k);
        i += 2;
      } else {
        return wrong(term);
      }
    }
    return labels;
  }

  Result<Labels> operand(const std::string& term, std::size_t rank) {
    const bool has_ellipsis = term.find("...") != std::string::npos;
    const std::size_t letters = has_ellipsis ? term.size() - 3 : term.size();
    if (term.size() < letters || letters > rank || (!has_ellipsis && letters != rank)) return wrong(term);
    const auto width = static_cast<std::int64_t>(rank - letters);
    num_ellipsis_ = std::max(num_ellipsis_, width);
    return labels_of(term, width);
  }

  // Without "->": the ellipsis, then the labels that are there once, in the order of the alphabet.
  Labels implicit_result(const std::vector<Labels>& operands) const {
    std::map<std::int64_t, int> counts;
    for (const Labels& labels : operands)
      for (const std::int64_t label : labels) ++counts[label];
    Labels dst;
    for (std::int64_t k = num_ellipsis_; k-- > 0;) dst.push_back(kEllipsis + k);
    for (const auto& [label, count] : counts)
      if (label < kEllipsis && count == 1) dst.push_back(label);
    return dst;
  }

  const OnnxNode& node_;
  const OnnxGraph& graph_;
  std::int64_t num_ellipsis_ = 0;
};

bool has(const Labels& labels, std::int64_t label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

bool has_repeats(Labels labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) != labels.end();
}

// The labels of two operands sorted by what a matrix product makes of them; nothing if it is none: exactly one label is summed
// over, and each operand has at most one of its own.
struct Product {
  Labels batch, a_only, b_only, summed;
};
std::optional<Product> as_product(const Equation& equation) {
  if (equation.operands.size() != 2) return std::nullopt;
  const Labels &a = equation.operands[0], &b = equation.operands[1];
  if (has_repeats(a) || has_repeats(b)) return std::nullopt;
  Product product;
  for (const std::int64_t label : equation.dst) {
    if (has(a, label) && has(b, label)) product.batch.push_back(label);
    else (has(a, label) ? product.a_only : product.b_only).push_back(label);
  }
  for (const std::int64_t label : a)
    if (!has(equation.dst, label)) product.summed.push_back(label);
  for (const std::int64_t label : b)
    if (!has(equation.dst, label) && !has(a, label)) return std::nullopt;
  const bool fits = product.summed.size() == 1 && has(b, product.summed[0]) && product.a_only.size() == 1 && product.b_only.size() == 1;
  return fits ? std::optional(product) : std::nullopt;
}

Labels joined(std::initializer_list<Labels> parts) {
  Labels labels;
  for (const Labels& part : parts) labels.insert(labels.end(), part.begin(), part.end());
  return labels;
}

// Where each of `to` is in `from`.
std::vector<std::int64_t> permutation(const Labels& from, const Labels& to) {
  std::vector<std::int64_t> perm;
  for (const std::int64_t label : to) perm.push_back(std::find(from.begin(), from.end(), label) - from.begin());
  return perm;
}

Result<TensorId> transposed(const OnnxNode& node, OnnxGraph& graph, std::string_view suffix, TensorId src, const Labels& from, const Labels& to) {
  if (from == to) return src;
  return graph.add_inner(node, suffix, kTranspose, TransposeAttrs{permutation(from, to)}, {src});
}

}  // namespace

// ONNX Einsum. What is a product of (batches of) matrices becomes one, between transposes.
// https://onnx.ai/onnx/operators/onnx__Einsum.html
Result<void> import_einsum(const OnnxNode& node, OnnxGraph& graph) {
  OCTET_ASSIGN_OR_RETURN(const std::string text, node.get_string("equation", ""));
  OCTET_ASSIGN_OR_RETURN(const Equation equation, EquationReader(node, graph).read(text));
  const bool is_float = graph.tensor(node.inputs()[0]).type == DataType::kFloat32;
  if (const auto product = as_product(equation); product && is_float) {
    const Labels a = joined({product->batch, product->a_only, product->summed});
    const Labels b = joined({product->batch, product->summed, product->b_only});
    const Labels dst = joined({product->batch, product->a_only, product->b_only});
    OCTET_ASSIGN_OR_RETURN(const TensorId left, transposed(node, graph, "a", node.inputs()[0], equation.operands[0], a));
    OCTET_ASSIGN_OR_RETURN(const TensorId right, transposed(node, graph, "b", node.inputs()[1], equation.operands[1], b));
    if (dst == equation.dst) return graph.add(node, kMatmul, MatmulAttrs{}, {left, right});
    OCTET_ASSIGN_OR_RETURN(const TensorId matrix, graph.add_inner(node, "product", kMatmul, MatmulAttrs{}, {left, right}));
    return graph.add(node, kTranspose, TransposeAttrs{permutation(dst, equation.dst)}, {matrix});
  }
  EinsumAttrs attrs;
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    if (i > 0) attrs.terms.push_back(-1);
    attrs.terms.insert(attrs.terms.end(), equation.operands[i].begin(), equation.operands[i].end());
  }
  attrs.dst = equation.dst;
  return graph.add(node, kEinsum, attrs, node.inputs());
}

}  // namespace octet
