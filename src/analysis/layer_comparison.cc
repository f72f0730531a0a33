// SPDX-License-Identifier: Apache-2.0
#include "analysis/layer_comparison.h"

#include <algorithm>
#include <cstring>

#include "analysis/metrics.h"
#include "base/error.h"
#include "ops/dynamic_quantize.h"
#include "ops/float16.h"
#include "ops/stored_weights.h"

namespace octet {
namespace {

template <typename T>
std::vector<float> integers(const ConstView& values, std::size_t n) {
  const T* data = static_cast<const T*>(values.data);
  std::vector<float> result(n);
  if (values.quant == nullptr || values.quant->scale.empty()) {
    for (std::size_t i = 0; i < n; ++i) result[i] = static_cast<float>(data[i]);
    return result;
  }
  const QuantParams& q = *values.quant;
  std::size_t inner = 1;  // elements of one channel in a row
  if (q.per_channel())
    for (std::size_t d = static_cast<std::size_t>(q.axis) + 1; d < values.shape->size(); ++d) inner *= static_cast<std::size_t>((*values.shape)[d]);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = q.per_channel() ? i / inner % q.scale.size() : 0;
    result[i] = q.scale[k] * static_cast<float>(static_cast<double>(data[i]) - q.zero_point[k]);
    if (q.corrected()) result[i] = result[i] * q.var_correction[k] + q.mean_correction[k];
  }
  return result;
}

double mean_square(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  return a.empty() ? 0 : sum / static_cast<double>(a.size());
}

// A tensor's values in real numbers and their distribution: made once in a round, read by every row that shows it.
struct Values {
  std::vector<float> real;
  Distribution distribution;
};

Values values_of(const ConstView& view, Quartiles quartiles) {
  Values values{real_values(view), {}};
  values.distribution = describe(values.real, quartiles);
  return values;
}

// What dynamic quantization made: q, scale and zero point, these for each row or for all.
Values dynamic_values(std::span<const View> outputs, Quartiles quartiles) {
  const auto n = static_cast<std::size_t>(num_elements(*outputs[0].shape).value_or(0));
  const auto num_scales = static_cast<std::size_t>(num_elements(*outputs[1].shape).value_or(0));
  const auto* q = outputs[0].as<std::int8_t>();
  const std::size_t row = num_scales == 0 ? 1 : n / num_scales;
  Values values{std::vector<float>(n), {}};
  for (std::size_t i = 0; i < n; ++i)
    values.real[i] = outputs[1].as<float>()[i / row] * static_cast<float>(q[i] - outputs[2].as<std::int32_t>()[i / row]);
  values.distribution = describe(values.real, quartiles);
  return values;
}

ConstView constant_view(const Tensor& tensor) {
  return {tensor.type, &tensor.shape, tensor.data.bytes().data(), tensor.quant ? &*tensor.quant : nullptr};
}

// The values of all tensors of one graph on the present sample. By name: a plan has dequantized stored weights already, and its
// tensors have other ids.
class Recording {
 public:
  Recording(const Graph& graph, const Uses& uses, Quartiles quartiles) : graph_(graph), uses_(uses), quartiles_(quartiles) {}

  Result<void> run(Executor& executor) {
    const Graph& graph = executor.plan().graph();
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      const Tensor& tensor = graph.tensor(graph.inputs[i]);
      record(tensor, {tensor.type, &tensor.shape, executor.input(i).data(), tensor.quant ? &*tensor.quant : nullptr});
    }
    return executor.run([&](std::size_t, const Node& node, std::span<const ConstView>, std::span<const View> outputs) {
      if (node.is(kDynamicQuantize)) {
        values_.insert_or_assign(graph.tensor(node.outputs[0]).name, dynamic_values(outputs, quartiles_));
        return;
      }
      for (std::size_t i = 0; i < outputs.size(); ++i)
        record(graph.tensor(node.outputs[i]), {outputs[i].type, outputs[i].shape, outputs[i].data, outputs[i].quant});
    });
  }

  const Values& at(TensorId id) {
    const std::string& name = graph_.tensor(id).name;
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    const Tensor& constant = graph_.tensor(stored_tensor(graph_, uses_, id));
    OCTET_CHECK(constant.is_constant);
    return values_[name] = values_of(constant_view(constant), quartiles_);
  }

 private:
  // Float tensors may carry parameters for others to see: their values are what they are.
  void record(const Tensor& tensor, const ConstView& view) { values_.insert_or_assign(tensor.name, values_of(view, quartiles_)); }

  const Graph& graph_;
  const Uses& uses_;
  Quartiles quartiles_;
  std::map<std::string, Values> values_;
};

TensorRow row(std::size_t node, const std::string& name, bool is_input, bool is_quantized, bool is_constant, const Values& values,
              const Values* reference) {
  TensorRow r{node, name, is_input, is_quantized, is_constant, values.distribution};
  if (reference == nullptr || reference->real.size() != values.real.size()) return r;
  r.clip = clipped_share(reference->real, values.distribution.min, values.distribution.max);
  r.cosine = cosine_similarity(reference->real, values.real);
  r.mean_square_error = mean_square(reference->real, values.real);
  return r;
}

}  // namespace

std::vector<float> real_values(const ConstView& values) {
  const auto n = static_cast<std::size_t>(num_elements(*values.shape).value_or(0));
  switch (values.type) {
    case DataType::kFloat32: return {static_cast<const float*>(values.data), static_cast<const float*>(values.data) + n};
    case DataType::kFloat16: {
      std::vector<float> result;
      for (std::size_t i = 0; i < n; ++i) result.push_back(float16_to_float(static_cast<const std::uint16_t*>(values.data)[i]));
      return result;
    }
    case DataType::kInt8: return integers<std::int8_t>(values, n);
    case DataType::kUint8: return integers<std::uint8_t>(values, n);
    case DataType::kInt16: return integers<std::int16_t>(values, n);
    case DataType::kInt32: return integers<std::int32_t>(values, n);
    case DataType::kInt64: return integers<std::int64_t>(values, n);
    default: return std::vector<float>(n, 0.0f);
  }
}

TensorId stored_tensor(const Graph& graph, const Uses& uses, TensorId id) {
  const std::int32_t maker = uses.producer[static_cast<std::size_t>(id)];
  if (maker < 0) return id;
  const Node& node = graph.nodes[static_cast<std::size_t>(maker)];
  return dequantizes_weights(graph, node) ? node.inputs[0] : id;
}

Result<LayerComparison> LayerComparison::make(const Graph& float_graph, const Graph& quantized, AddedInputs added_inputs,
                                              Quartiles quartiles) {
  LayerComparison comparison;
  comparison.float_graph_ = float_graph;
  comparison.quantized_graph_ = quantized;
  comparison.added_inputs_ = std::move(added_inputs);
  comparison.quartiles_ = quartiles;
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> float_plan, Plan::make(float_graph));
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> quantized_plan, Plan::make(quantized));
  comparison.float_ = std::make_unique<Executor>(float_plan, 1);
  comparison.quantized_ = std::make_unique<Executor>(quantized_plan, 1);
  for (std::size_t i = 0; i < float_graph.inputs.size(); ++i) comparison.inputs_.push_back(comparison.float_->input(i));
  return comparison;
}

Result<RoundComparison> LayerComparison::run() {
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    std::memcpy(quantized_->input(i).data(), inputs_[i].data(), std::min(inputs_[i].size(), quantized_->input(i).size()));
  const Uses float_uses = find_uses(float_graph_), uses = find_uses(quantized_graph_);
  Recording origin(float_graph_, float_uses, quartiles_), made(quantized_graph_, uses, quartiles_);
  OCTET_RETURN_IF_ERROR(origin.run(*float_));
  OCTET_RETURN_IF_ERROR(made.run(*quantized_));

  RoundComparison round;
  for (std::size_t i = 0; i < quantized_graph_.nodes.size(); ++i) {
    const Node& node = quantized_graph_.nodes[i];
    if (dequantizes_weights(quantized_graph_, node)) continue;  // its output is the layer's weights, and has a row there
    const std::int32_t match = find_node(float_graph_, node.name);
    const Node* original = match < 0 ? nullptr : &float_graph_.nodes[static_cast<std::size_t>(match)];
    const auto add = [&](TensorId id, TensorId original_id, bool is_input) {
      if (id == kNoTensor) return;
      const Tensor& tensor = quantized_graph_.tensor(stored_tensor(quantized_graph_, uses, id));
      const Values* reference = nullptr;
      if (original != nullptr && original_id != kNoTensor) {
        reference = &origin.at(original_id);
        round.rows.push_back(row(i, float_graph_.tensor(original_id).name, is_input, false, tensor.is_constant, *reference, nullptr));
      }
      round.rows.push_back(row(i, tensor.name, is_input, true, tensor.is_constant, made.at(id), reference));
    };
    const std::vector<std::size_t> inputs = value_inputs(node), outputs = value_outputs(node);
    for (std::size_t k = 0; k < inputs.size(); ++k)
      add(node.inputs[inputs[k]], original != nullptr && k < original->inputs.size() ? original->inputs[k] : kNoTensor, true);
    if (added_inputs_) {
      for (const Tensor& tensor : added_inputs_(quantized_graph_, node)) {
        const Values values = values_of(constant_view(tensor), quartiles_);
        if (original != nullptr) round.rows.push_back(row(i, tensor.name, true, false, true, values, nullptr));
        round.rows.push_back(row(i, tensor.name, true, true, true, values, &values));
      }
    }
    for (std::size_t k = 0; k < outputs.size(); ++k)
      add(node.outputs[outputs[k]], original != nullptr && k < original->outputs.size() ? original->outputs[k] : kNoTensor, false);
  }
  for (std::size_t i = 0; i < float_graph_.outputs.size() && i < quantized_graph_.outputs.size(); ++i)
    round.outputs.push_back({float_graph_.tensor(float_graph_.outputs[i]).name,
                             cosine_similarity(origin.at(float_graph_.outputs[i]).real, made.at(quantized_graph_.outputs[i]).real)});
  return round;
}

}  // namespace octet
