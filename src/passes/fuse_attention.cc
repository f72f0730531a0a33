// SPDX-License-Identifier: Apache-2.0
// Finds scaled dot-product attention where it is written out.
//
//   q4 = transpose(reshape(q, [B, S, H, D]), [0, 2, 1, 3])             k4, v4 likewise
//   p = softmax(scale * (q4 x k4^T) + mask)
//   reshape(transpose(p x v4, [0, 2, 1, 3]), [B, S, H * E])            becomes     attention(q, k, v, mask) {heads=H}
//
// The scale is a multiplication, a division or missing; so may the mask be. k4^T may be a transposition of [0, 2, 3, 1] or an
// attribute of the product.
// Numeric effect: float32 rounding only. For running alone: no file format has the operator.
#include "ops/attention.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "passes/passes.h"
#include "passes/subgraph.h"

namespace octet {
namespace {

using Permutation = std::vector<std::int64_t>;

struct AttentionMatch {
  TensorId q = kNoTensor, k = kNoTensor, v = kNoTensor, mask = kNoTensor;
  std::int64_t heads = 0;
  float scale = 1.0f;
  std::vector<std::string> names;  // of the nodes it stands for, but the last
};

class Matcher {
 public:
  explicit Matcher(const Subgraph& subgraph) : subgraph_(subgraph) {}

  std::optional<AttentionMatch> match(const Node& last) {
    match_ = {};
    if (!last.is(kReshape) || !subgraph_.is_plain(last) || shape(last.outputs[0]).size() != 3) return std::nullopt;
    const Node* merged = transposed(last.inputs[0], {0, 2, 1, 3});
    const Node* product = merged == nullptr ? nullptr : own(merged->inputs[0], kMatmul);
    if (product == nullptr || !is_plain_product(*product) || product->as<MatmulAttrs>().transpose_b) return std::nullopt;
    const Node* softmax = own(product->inputs[0], kSoftmax);
    if (softmax == nullptr || normalize_axis(softmax->as<SoftmaxAttrs>().axis, 4) != 3u) return std::nullopt;
    if (!match_scores(softmax->inputs[0])) return std::nullopt;
    match_.v = heads_of(product->inputs[1], {0, 2, 1, 3});
    if (match_.v == kNoTensor) return std::nullopt;
    const Shape &v = shape(match_.v), &dst = shape(last.outputs[0]), &q = shape(match_.q);
    if (dst != Shape{q[0], q[1], v[2]} || !is_fixed(dst)) return std::nullopt;
    return match_;
  }

 private:
  const Shape& shape(TensorId id) const { return subgraph_.graph().tensor(id).shape; }

  // The node of `op` that makes the tensor for one reader alone.
  const Node* own(TensorId tensor, const Op& op) {
    const Node* node = subgraph_.made_by(tensor, op);
    if (node == nullptr || subgraph_.uses().single_consumer(tensor) < 0) return nullptr;
    match_.names.push_back(node->name);
    return node;
  }

  const Node* transposed(TensorId tensor, const Permutation& perm) {
    const Node* node = own(tensor, kTranspose);
    return node != nullptr && node->as<TransposeAttrs>().perm == perm ? node : nullptr;
  }

  static bool is_plain_product(const Node& product) {
    const auto& attrs = product.as<MatmulAttrs>();
    return !attrs.transpose_a && attrs.activation == Activation::kNone && (product.inputs.size() < 3 || product.inputs[2] == kNoTensor);
  }

  // transpose(reshape(x, [B, S, H, D]), perm) gives x [B, S, H * D]; all operands have the same heads.
  TensorId heads_of(TensorId tensor, const Permutation& perm) {
    const Node* transpose = transposed(tensor, perm);
    const Node* split = transpose == nullptr ? nullptr : own(transpose->inputs[0], kReshape);
    if (split == nullptr) return kNoTensor;
    const Shape &from = shape(split->inputs[0]), &to = shape(split->outputs[0]);
    const bool splits = from.size() == 3 && to.size() == 4 && is_fixed(from) && from[0] == to[0] && from[1] == to[1];
    if (!splits || (match_.heads != 0 && match_.heads != to[2])) return kNoTensor;
    match_.heads = to[2];
    return split->inputs[0];
  }

  // scale * (q4 x k4^T) + mask
  bool match_scores(TensorId tensor) {
    if (const Node* sum = own(tensor, kAdd)) {
      const bool mask_first = !is_scores(sum->inputs[0]);
      match_.mask = sum->inputs[mask_first ? 0 : 1];
      tensor = sum->inputs[mask_first ? 1 : 0];
      if (shape(match_.mask).size() != 4 || subgraph_.graph().tensor(match_.mask).type != DataType::kFloat32) return false;
    }
    if (const auto inner = scaled(tensor)) tensor = *inner;
    const Node* product = own(tensor, kMatmul);
    if (product == nullptr || !is_plain_product(*product)) return false;
    const bool transposes = product->as<MatmulAttrs>().transpose_b;
    match_.q = heads_of(product->inputs[0], {0, 2, 1, 3});
    match_.k = match_.q == kNoTensor ? kNoTensor : heads_of(product->inputs[1], transposes ? Permutation{0, 2, 1, 3} : Permutation{0, 2, 3, 1});
    return match_.k != kNoTensor;
  }

  // A matrix product, or one that is scaled: a mask may be a product with a constant, too.
  bool is_scores(TensorId tensor) const {
    if (subgraph_.made_by(tensor, kMatmul) != nullptr) return true;
    for (const Op* op : {&kDiv, &kMul}) {
      const Node* node = subgraph_.made_by(tensor, *op);
      if (node == nullptr) continue;
      for (const TensorId input : node->inputs)
        if (subgraph_.made_by(input, kMatmul) != nullptr) return true;
    }
    return false;
  }

  // What is multiplied with or divided by a constant; sets the scale.
  std::optional<TensorId> scaled(TensorId tensor) {
    if (const Node* quotient = subgraph_.made_by(tensor, kDiv)) {
      const auto divisor = subgraph_.scalar(quotient->inputs[1]);
      if (!divisor || !own(tensor, kDiv)) return std::nullopt;
      match_.scale = 1.0f / *divisor;
      return quotient->inputs[0];
    }
    const Node* product = subgraph_.made_by(tensor, kMul);
    if (product == nullptr) return std::nullopt;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const auto factor = subgraph_.scalar(product->inputs[i]);
      if (!factor || !own(tensor, kMul)) continue;
      match_.scale = *factor;
      return product->inputs[1 - i];
    }
    return std::nullopt;
  }

  const Subgraph& subgraph_;
  AttentionMatch match_;
};

}  // namespace

Result<PassStats> fuse_attention(Graph& graph) {
  PassStats stats;
  const Subgraph subgraph(graph);
  Matcher matcher(subgraph);
  std::vector<std::pair<std::size_t, AttentionMatch>> matches;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (auto match = matcher.match(graph.nodes[i])) matches.emplace_back(i, std::move(*match));
  for (auto& [index, match] : matches) {
    Node& node = graph.nodes[index];
    node.op = &kAttention;
    node.attrs = AttentionAttrs{match.heads, match.scale};
    node.inputs = {match.q, match.k, match.v};
    if (match.mask != kNoTensor) node.inputs.push_back(match.mask);
    node.absorbed.insert(node.absorbed.end(), match.names.begin(), match.names.end());
    ++stats.changed;
  }
  remove_dead_code(graph);
  return stats;
}

}  // namespace octet
