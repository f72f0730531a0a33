// SPDX-License-Identifier: Apache-2.0
// Weights are dequantized a panel at a time: the columns of one tile, for all rows of the product. Their float values live in
// the scratch of the thread and never all at once.
#include "runtime/operators/integer_weights.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/log.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "ops/conv2d.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/recurrent.h"
#include "ops/stored_weights.h"
#include "runtime/operators/layer_shape.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/weight_rows.h"

namespace octet {
namespace {

constexpr std::size_t kAlignment = 64;
std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool is_integer_weights(const Tensor& tensor) {
  return tensor.is_constant && tensor.quant && (tensor.type == DataType::kInt8 || tensor.type == DataType::kInt16);
}

class IntegerWeightsLayer : public Operator {
 public:
  IntegerWeightsLayer(const OperatorContext& context, LayerShape shape)
      : kernel_(choose_gemm_f32(context.cpu)),
        shape_(std::move(shape)),
        bounds_(activation_bounds(shape_.activation)),
        padding_(shape_.c_per_group() * sizeof(float)),
        weights_(context.input(1), shape_.k) {
    if (context.has_input(2)) {
      const auto bias = context.input(2).values<float>();
      bias_.assign(bias.begin(), bias.end());
    }
    for (std::size_t i = 1; i < context.packed_inputs.size(); ++i) context.packed_inputs[i] = true;
  }

  const char* kernel_name() const override { return kernel_.name; }
  bool can_write_rows_apart() const override { return true; }

  std::size_t scratch_bytes(int num_threads) const override { return static_cast<std::size_t>(num_threads) * thread_bytes(); }

  void run(const RunContext& context) const override {
    const std::size_t n = shape_.k_per_group();
    for (std::size_t g = 0; g < shape_.group; ++g) {
      context.threads->parallel_for(n, kernel_.nr, [&](std::size_t begin, std::size_t end, int thread) {
        std::byte* scratch = context.scratch + static_cast<std::size_t>(thread) * thread_bytes();
        for (std::size_t i = begin; i < end; i += kernel_.nr) run_panel(context, g, i, std::min(kernel_.nr, end - i), scratch);
      });
    }
  }

 private:
  std::size_t float_bytes() const { return aligned(kernel_.nr * weights_.row_size() * sizeof(float)); }
  std::size_t panel_bytes() const { return aligned(kernel_.packed_bytes(kernel_.nr, shape_.c_per_group(), shape_.taps)); }
  std::size_t thread_bytes() const { return float_bytes() + panel_bytes(); }

  // Columns [begin, begin + n) of group g, for all rows of all images.
  void run_panel(const RunContext& context, std::size_t g, std::size_t begin, std::size_t n, std::byte* scratch) const {
    const std::size_t k = shape_.c_per_group(), taps = shape_.taps;
    const std::size_t first = g * shape_.k_per_group() + begin, dst_stride = context.row_stride(shape_.k);
    auto* weights = reinterpret_cast<float*>(scratch);
    for (std::size_t i = 0; i < n; ++i) weights_.dequantize(first + i, weights + i * taps * k);
    std::byte* packed = scratch + float_bytes();
    kernel_.pack({n, k, taps, weights, taps * k, 1, bias_.empty() ? nullptr : bias_.data() + first}, packed);
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      GemmF32Args args{};
      args.m = shape_.pixels;
      args.n_end = n;
      args.k = k;
      args.taps = taps;
      args.src = context.inputs[0].as<float>() + image * shape_.src_image + g * k;
      args.src_stride = shape_.c;
      args.offsets = shape_.direct() ? nullptr : shape_.offsets.data();
      args.padding = padding_.as<float>();
      args.packed = packed;
      args.dst = context.outputs[0].as<float>() + image * shape_.pixels * dst_stride + first;
      args.dst_stride = dst_stride;
      args.lo = bounds_.lo;
      args.hi = bounds_.hi;
      kernel_.gemm(args);
    }
  }

  const GemmF32Kernel& kernel_;
  LayerShape shape_;
  ActivationBounds bounds_;
  AlignedBuffer padding_;  // zeros
  WeightRows weights_;
  std::vector<float> bias_;
};

// Rows of an embedding; indices count from the end if negative, as in ops/gather.h.
class IntegerEmbedding : public Operator {
 public:
  explicit IntegerEmbedding(const OperatorContext& context)
      : num_rows_(context.input(0).shape[0]), rows_(context.input(0), static_cast<std::size_t>(num_rows_)) {
    context.packed_inputs[0] = true;
  }

  const char* kernel_name() const override { return "embedding"; }

  void run(const RunContext& context) const override {
    const ConstView& indices = context.inputs[1];
    const auto count = static_cast<std::size_t>(*num_elements(*indices.shape));
    float* dst = context.outputs[0].as<float>();
    context.threads->parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        std::int64_t row = indices.type == DataType::kInt32 ? indices.as<std::int32_t>()[i] : indices.as<std::int64_t>()[i];
        if (row < 0) row += num_rows_;
        row = std::clamp<std::int64_t>(row, 0, num_rows_ - 1);  // an index outside is the model's mistake; it must not crash
        rows_.dequantize(static_cast<std::size_t>(row), dst + i * rows_.row_size());
      }
    });
  }

 private:
  std::int64_t num_rows_;
  WeightRows rows_;
};

// Both matrices of a recurrent layer are constants, stored in some form.
bool has_constant_products(const Graph& graph, const Node& node) {
  const auto is_stored = [&](TensorId id) {
    return graph.tensor(id).is_constant ||
           std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) { return n.outputs[0] == id && dequantizes_weights(graph, n); });
  };
  return is_stored(node.inputs[1]) && is_stored(node.inputs[2]);
}

bool has_row_params(const Tensor& weights) { return !weights.quant->per_channel() || weights.quant->axis == 0; }

bool is_float_layer_of_integers(const OperatorContext& context) {
  return context.input(0).type == DataType::kFloat32 && is_integer_weights(context.input(1));
}

}  // namespace

bool takes_integer_weights(const Graph& graph, const Node& node, std::size_t i, const Tensor& weights) {
  if (!is_integer_weights(weights) || *num_elements(weights.shape) == 0) return false;
  if (is_recurrent(*node.op))
    return (i == 1 || i == 2) && has_constant_products(graph, node) && (!weights.quant->per_channel() || weights.quant->axis < 2);
  if (!has_row_params(weights)) return false;
  if (node.is(kGather)) return i == 0 && node.as<GatherAttrs>().axis == 0 && weights.shape.size() >= 2;
  if (i != 1 || (node.inputs.size() > 2 && node.inputs[2] != kNoTensor && !graph.tensor(node.inputs[2]).is_constant)) return false;
  if (node.is(kFullyConnected)) return true;
  return node.is(kConv2d) && node.as<Conv2dAttrs>().layout == Layout::kNhwc && !is_depthwise(node, weights.shape);
}

namespace {

// All readers look up rows. A run needs few of them, so the table stays integers whatever was asked.
bool is_embedding_table(const Graph& graph, const Uses& uses, const Node& dequantizer) {
  const auto& readers = uses.consumers[static_cast<std::size_t>(dequantizer.outputs[0])];
  return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](std::int32_t reader) {
    const Node& node = graph.nodes[static_cast<std::size_t>(reader)];
    return node.is(kGather) && takes_integer_weights(graph, node, 0, graph.tensor(dequantizer.inputs[0]));
  });
}

}  // namespace

Result<void> resolve_stored_weights(Graph& graph) {
  const Uses all_uses = find_uses(graph);
  OCTET_RETURN_IF_ERROR(dequantize_weights(graph, [&](const Node& node) {
    return dequantizes_at_load(node) && !is_embedding_table(graph, all_uses, node);
  }));
  const Uses uses = find_uses(graph);
  const auto stays_integer = [&](const Node& dequantizer) {
    const TensorId real = dequantizer.outputs[0];
    if (uses.is_output[static_cast<std::size_t>(real)]) return false;
    for (const std::int32_t reader : uses.consumers[static_cast<std::size_t>(real)]) {
      const Node& node = graph.nodes[static_cast<std::size_t>(reader)];
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (node.inputs[i] == real && !takes_integer_weights(graph, node, i, graph.tensor(dequantizer.inputs[0]))) return false;
    }
    return true;
  };
  std::vector<std::string> integers;  // by name: positions change
  for (const Node& node : graph.nodes)
    if (dequantizes_weights(graph, node) && stays_integer(node)) integers.push_back(node.name);
  const auto is_listed = [&](const Node& node) { return std::find(integers.begin(), integers.end(), node.name) != integers.end(); };
  OCTET_ASSIGN_OR_RETURN(const std::size_t at_load, dequantize_weights(graph, [&](const Node& node) { return !is_listed(node); }));
  if (at_load > 0) OCTET_LOG(kInfo, "{} weights that were to stay integers are dequantized at load: no operator takes them so", at_load);
  expose_integer_weights(graph, is_listed);
  return {};
}

Result<std::unique_ptr<Operator>> make_conv2d_integer_weights(const OperatorContext& context) {
  if (!is_float_layer_of_integers(context)) return nullptr;
  OCTET_ASSIGN_OR_RETURN(std::optional<LayerShape> shape, conv2d_shape(context));
  if (!shape) return nullptr;
  return std::make_unique<IntegerWeightsLayer>(context, std::move(*shape));
}

Result<std::unique_ptr<Operator>> make_fully_connected_integer_weights(const OperatorContext& context) {
  if (!is_float_layer_of_integers(context)) return nullptr;
  std::optional<LayerShape> shape = fully_connected_shape(context);
  if (!shape) return nullptr;
  return std::make_unique<IntegerWeightsLayer>(context, std::move(*shape));
}

Result<std::unique_ptr<Operator>> make_gather_integer_weights(const OperatorContext& context) {
  if (context.output().type != DataType::kFloat32 || !is_integer_weights(context.input(0))) return nullptr;
  const DataType index = context.input(1).type;
  if (index != DataType::kInt32 && index != DataType::kInt64) return nullptr;
  return std::make_unique<IntegerEmbedding>(context);
}

}  // namespace octet
