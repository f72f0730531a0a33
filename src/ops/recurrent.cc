// SPDX-License-Identifier: Apache-2.0
#include "ops/recurrent.h"

#include <algorithm>
#include <cmath>

#include "ops/dynamic_quantize.h"
#include "ops/layer_types.h"

namespace octet {
namespace {

enum Input : std::size_t { kSrc, kInputWeights, kRecurrentWeights, kBias, kLengths, kInitialH, kInitialC, kPeepholes };

Result<void> expect_shape(std::string_view what, const Tensor* tensor, const Shape& shape) {
  if (tensor == nullptr) return {};
  bool fits = tensor->shape.size() == shape.size();
  for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = same_dimension(tensor->shape[d], shape[d]).has_value();
  if (fits) return {};
  return shape_error("{} '{}' has shape [{}], expected [{}]", what, tensor->name, fmt::join(tensor->shape, ", "),
                     fmt::join(shape, ", "));
}

Result<void> check_attrs(const Node& node, std::size_t directions) {
  const auto& attrs = node.as<RecurrentAttrs>();
  constexpr std::int64_t kMaxHidden = std::int64_t{1} << 24;
  if (attrs.hidden < 1 || attrs.hidden > kMaxHidden)
    return shape_error("hidden is {}, expected 1 to {}", attrs.hidden, kMaxHidden);
  const std::size_t count = directions * num_activations(*node.op);
  if (attrs.activations.size() != count || attrs.alpha.size() != count || attrs.beta.size() != count)
    return shape_error("has {} activations with {} and {} numbers, expected {} of each", attrs.activations.size(),
                       attrs.alpha.size(), attrs.beta.size(), count);
  for (const std::int64_t activation : attrs.activations)
    if (activation < 0 || activation >= static_cast<std::int64_t>(kRecurrentActivationNames.size()))
      return shape_error("there is no activation {}", activation);
  if (!(attrs.clip >= 0.0f)) return shape_error("clip is {}, expected 0 or more", attrs.clip);
  return {};
}

Result<void> check_type(const Tensor& tensor, DataType expected) {
  if (tensor.type == expected) return {};
  return make_error(ErrorCode::kUnsupported, "'{}' is {}, expected {}", tensor.name, data_type_name(tensor.type),
                    data_type_name(expected));
}

Result<void> check_dynamic_weights(const Tensor& weights) {
  OCTET_RETURN_IF_ERROR(check_type(weights, DataType::kInt8));
  if (!weights.quant) return shape_error("weights '{}' are i8 without parameters", weights.name);
  const QuantParams& quant = *weights.quant;
  const bool symmetric = std::all_of(quant.zero_point.begin(), quant.zero_point.end(), [](std::int32_t z) { return z == 0; });
  if (symmetric && !quant.corrected() && (!quant.per_channel() || quant.axis == 0 || quant.axis == 1)) return {};
  return make_error(ErrorCode::kUnsupported,
                    "weights '{}' have zero points, corrections or scales along axis {}, expected scales alone, along axis 0 or 1",
                    weights.name, quant.axis);
}

Result<std::vector<TensorType>> infer_recurrent(const Node& node, std::span<const Tensor* const> inputs) {
  const auto& attrs = node.as<RecurrentAttrs>();
  const std::int64_t directions = attrs.direction == Direction::kBoth ? 2 : 1, hidden = attrs.hidden;
  OCTET_RETURN_IF_ERROR(check_attrs(node, static_cast<std::size_t>(directions)));
  const auto gates = static_cast<std::int64_t>(num_gates(*node.op));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) continue;
    if (attrs.dynamic && (i == kInputWeights || i == kRecurrentWeights)) {
      OCTET_RETURN_IF_ERROR(check_dynamic_weights(*inputs[i]));
    } else {
      OCTET_RETURN_IF_ERROR(check_type(*inputs[i], i == kLengths ? DataType::kInt32 : DataType::kFloat32));
    }
  }
  const Tensor& src = *inputs[kSrc];
  OCTET_RETURN_IF_ERROR(expect_rank("src", src, 3));
  const std::int64_t steps = src.shape[0], batch = src.shape[1], input = src.shape[2];
  if (is_symbolic(input) || input < 1)
    return shape_error("src '{}' has vectors of {}, expected a fixed size", src.name, input);
  const Shape state = {directions, batch, hidden};
  OCTET_RETURN_IF_ERROR(expect_shape("input weights", inputs[kInputWeights], {directions, gates * hidden, input}));
  OCTET_RETURN_IF_ERROR(
      expect_shape("recurrent weights", inputs[kRecurrentWeights], {directions, gates * hidden, hidden}));
  OCTET_RETURN_IF_ERROR(expect_shape("bias", optional_input(inputs, kBias), {directions, 2 * gates * hidden}));
  OCTET_RETURN_IF_ERROR(expect_shape("lengths", optional_input(inputs, kLengths), {batch}));
  OCTET_RETURN_IF_ERROR(expect_shape("initial h", optional_input(inputs, kInitialH), state));
  OCTET_RETURN_IF_ERROR(expect_shape("initial c", optional_input(inputs, kInitialC), state));
  OCTET_RETURN_IF_ERROR(expect_shape("peepholes", optional_input(inputs, kPeepholes), {directions, 3 * hidden}));
  std::vector<TensorType> types = {{DataType::kFloat32, {steps, directions, batch, hidden}},
                                   {DataType::kFloat32, state}};
  if (node.is(kLstm)) types.push_back({DataType::kFloat32, state});
  return types;
}

float activated(RecurrentActivation activation, float alpha, float beta, float x) {
  switch (activation) {
    case RecurrentActivation::kSigmoid:
      return 1.0f / (1.0f + std::exp(-x));
    case RecurrentActivation::kTanh:
      return std::tanh(x);
    case RecurrentActivation::kRelu:
      return std::max(0.0f, x);
    case RecurrentActivation::kAffine:
      return alpha * x + beta;
    case RecurrentActivation::kLeakyRelu:
      return x < 0.0f ? alpha * x : x;
    case RecurrentActivation::kThresholdedRelu:
      return x > alpha ? x : 0.0f;
    case RecurrentActivation::kScaledTanh:
      return alpha * std::tanh(beta * x);
    case RecurrentActivation::kHardSigmoid:
      return std::clamp(alpha * x + beta, 0.0f, 1.0f);
    case RecurrentActivation::kElu:
      return x < 0.0f ? alpha * std::expm1(x) : x;
    case RecurrentActivation::kSoftsign:
      return x / (1.0f + std::abs(x));
    case RecurrentActivation::kSoftplus:
      return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x)));
  }
  return x;
}

// One direction of the layer. Gates of all steps are computed in place: first what src adds to them, then their values.
class DirectionRun {
 public:
  DirectionRun(const Node& node, const RecurrentSizes& sizes, std::span<const ConstView> inputs, std::size_t direction,
               RecurrentProducts& products, float* scratch)
      : node_(node),
        attrs_(node.as<RecurrentAttrs>()),
        sizes_(sizes),
        inputs_(inputs),
        direction_(direction),
        products_(products) {
    const std::size_t state = sizes.batch * sizes.hidden;
    gates_ = scratch;
    recurrent_ = gates_ + sizes.steps * sizes.batch * row();
    h_ = recurrent_ + sizes.batch * row();
    c_ = h_ + state;
    work_ = c_ + state;
  }

  // Steps of sequence n.
  std::size_t length(std::size_t n) const {
    const bool given = inputs_.size() > kLengths && inputs_[kLengths].data != nullptr;
    return given ? static_cast<std::size_t>(inputs_[kLengths].as<std::int32_t>()[n]) : sizes_.steps;
  }

  void run(float* all_h) {
    start();
    for (std::size_t t = 0; t < sizes_.steps; ++t) {
      if (node_.is(kLstm))
        step_lstm(t);
      else if (node_.is(kGru))
        step_gru(t);
      else
        step_rnn(t);
      for_each_running(t, [&](std::size_t n, std::size_t step, float*) {
        std::copy_n(h(n), sizes_.hidden,
                    all_h + ((step * sizes_.directions + direction_) * sizes_.batch + n) * sizes_.hidden);
      });
    }
  }

  const float* last_h() const { return h_; }
  const float* last_c() const { return c_; }

 private:
  std::size_t row() const { return sizes_.gates * sizes_.hidden; }
  float* h(std::size_t n) const { return h_ + n * sizes_.hidden; }

  // Calls visit(n, step, gates) for the sequences that have a step t: its place in src, and its gates [G * H].
  template <typename Visit>
  void for_each_running(std::size_t t, Visit&& visit) {
    const bool backwards = attrs_.direction == Direction::kReverse || direction_ == 1;
    for (std::size_t n = 0; n < sizes_.batch; ++n) {
      if (t >= length(n)) continue;
      const std::size_t step = backwards ? length(n) - 1 - t : t;
      visit(n, step, gates_ + (step * sizes_.batch + n) * row());
    }
  }

  // This direction's part of an optional input.
  const float* part(std::size_t input, std::size_t elements) const {
    const float* const values = optional_floats(inputs_, input);
    return values == nullptr ? nullptr : values + direction_ * elements;
  }

  void start() {
    const std::size_t state = sizes_.batch * sizes_.hidden;
    const auto initial = [&](std::size_t input, float* dst) {
      if (const float* values = part(input, state))
        std::copy_n(values, state, dst);
      else
        std::fill_n(dst, state, 0.0f);
    };
    initial(kInitialH, h_);
    initial(kInitialC, c_);
    products_.multiply_input(direction_, inputs_[kSrc].as<float>(), gates_);
    bias_ = part(kBias, 2 * row());
    if (bias_ == nullptr) return;
    // The recurrence's bias of a GRU's h~ is multiplied with r where that comes after the product.
    const std::size_t joined = node_.is(kGru) && attrs_.reset_after ? 2 * sizes_.hidden : row();
    for (std::size_t r = 0; r < sizes_.steps * sizes_.batch; ++r)
      for (std::size_t i = 0; i < row(); ++i)
        gates_[r * row() + i] += bias_[i] + (i < joined ? bias_[row() + i] : 0.0f);
  }

  // Gates are clipped. What h of LSTM is applied to is none: ONNX Runtime does not clip it.
  void activate(std::size_t which, float* values, std::size_t count, bool is_gate = true) {
    if (is_gate && attrs_.clip > 0.0f)
      for (std::size_t i = 0; i < count; ++i) values[i] = std::clamp(values[i], -attrs_.clip, attrs_.clip);
    const std::size_t i = direction_ * num_activations(*node_.op) + which;
    products_.activate(static_cast<RecurrentActivation>(attrs_.activations[i]), attrs_.alpha[i], attrs_.beta[i], values,
                       count);
  }

  static void add(const float* src, std::size_t count, float* dst) {
    for (std::size_t i = 0; i < count; ++i) dst[i] += src[i];
  }

  void step_rnn(std::size_t t) {
    products_.multiply_state(direction_, 0, 1, h_, recurrent_);
    for_each_running(t, [&](std::size_t n, std::size_t, float* gates) {
      add(recurrent_ + n * row(), row(), gates);
      activate(0, gates, row());
      std::copy_n(gates, row(), h(n));
    });
  }

  void step_lstm(std::size_t t) {
    const std::size_t size = sizes_.hidden;
    const float* const peepholes = part(kPeepholes, 3 * size);
    products_.multiply_state(direction_, 0, 4, h_, recurrent_);
    for_each_running(t, [&](std::size_t n, std::size_t, float* gates) {
      float *const c = c_ + n * size, *const input = gates, *const output = gates + size,
                   *const forget = gates + 2 * size, *const cell = gates + 3 * size;
      const auto peep = [&](std::size_t which, float* gate) {
        for (std::size_t i = 0; peepholes != nullptr && i < size; ++i) gate[i] += peepholes[which * size + i] * c[i];
      };
      add(recurrent_ + n * row(), row(), gates);
      peep(0, input);
      activate(0, input, size);
      peep(2, forget);
      activate(0, forget, size);
      activate(1, cell, size);
      for (std::size_t i = 0; i < size; ++i)
        c[i] = (attrs_.input_forget ? 1.0f - input[i] : forget[i]) * c[i] + input[i] * cell[i];
      peep(1, output);
      activate(0, output, size);
      std::copy_n(c, size, work_);
      activate(2, work_, size, /*is_gate=*/false);
      for (std::size_t i = 0; i < size; ++i) h(n)[i] = output[i] * work_[i];
    });
  }

  void step_gru(std::size_t t) {
    const std::size_t size = sizes_.hidden, num_products = attrs_.reset_after ? 3 : 2;
    products_.multiply_state(direction_, 0, num_products, h_, recurrent_);
    for_each_running(t, [&](std::size_t n, std::size_t, float* gates) {
      add(recurrent_ + n * num_products * size, 2 * size, gates);
      activate(0, gates, 2 * size);
    });
    const float* candidates = recurrent_ + 2 * size;  // h Rh of each sequence
    std::size_t stride = 3 * size;
    if (!attrs_.reset_after) {
      std::fill_n(work_, sizes_.batch * size, 0.0f);  // of sequences that have ended
      for_each_running(t, [&](std::size_t n, std::size_t, const float* gates) {
        for (std::size_t i = 0; i < size; ++i) work_[n * size + i] = gates[size + i] * h(n)[i];
      });
      products_.multiply_state(direction_, 2, 3, work_, recurrent_);
      candidates = recurrent_;
      stride = size;
    }
    for_each_running(t, [&](std::size_t n, std::size_t, float* gates) {
      float* const candidate = gates + 2 * size;
      for (std::size_t i = 0; i < size; ++i) {
        const float product =
            candidates[n * stride + i] + (attrs_.reset_after && bias_ != nullptr ? bias_[5 * size + i] : 0.0f);
        candidate[i] += attrs_.reset_after ? gates[size + i] * product : product;
      }
      activate(1, candidate, size);
      for (std::size_t i = 0; i < size; ++i) h(n)[i] = (1.0f - gates[i]) * candidate[i] + gates[i] * h(n)[i];
    });
  }

  const Node& node_;
  const RecurrentAttrs& attrs_;
  const RecurrentSizes& sizes_;
  std::span<const ConstView> inputs_;
  std::size_t direction_;
  RecurrentProducts& products_;
  float *gates_, *recurrent_;    // [S, N, G * H], [N, G * H]
  float *h_, *c_, *work_;        // [N, H]
  const float* bias_ = nullptr;  // [2 * G * H]
};

// Sums in the order of the elements.
class PlainProducts : public RecurrentProducts {
 public:
  PlainProducts(const RecurrentSizes& sizes, std::span<const ConstView> inputs) : sizes_(sizes), inputs_(inputs) {}

  void multiply_input(std::size_t direction, const float* src, float* gates) override {
    const std::size_t n = sizes_.gates * sizes_.hidden;
    multiply(src, sizes_.steps * sizes_.batch, sizes_.input,
             inputs_[kInputWeights].as<float>() + direction * n * sizes_.input, n, gates);
  }
  void multiply_state(std::size_t direction, std::size_t begin, std::size_t end, const float* h, float* dst) override {
    const float* const weights =
        inputs_[kRecurrentWeights].as<float>() + (direction * sizes_.gates + begin) * sizes_.hidden * sizes_.hidden;
    multiply(h, sizes_.batch, sizes_.hidden, weights, (end - begin) * sizes_.hidden, dst);
  }

 private:
  // dst [M, N] = a [M, K] x b [N, K]^T
  static void multiply(const float* a, std::size_t m, std::size_t k, const float* b, std::size_t n, float* dst) {
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0.0;
        for (std::size_t c = 0; c < k; ++c) sum += double{a[i * k + c]} * double{b[j * k + c]};
        *dst++ = static_cast<float>(sum);
      }
    }
  }

  const RecurrentSizes& sizes_;
  std::span<const ConstView> inputs_;
};

// int8 weights; each row is quantized first.
class DynamicProducts : public RecurrentProducts {
 public:
  DynamicProducts(const RecurrentSizes& sizes, std::span<const ConstView> inputs) : sizes_(sizes), inputs_(inputs) {}

  void multiply_input(std::size_t direction, const float* src, float* gates) override {
    multiply(src, sizes_.steps * sizes_.batch, inputs_[kInputWeights], sizes_.input, direction, 0, sizes_.gates, gates);
  }
  void multiply_state(std::size_t direction, std::size_t begin, std::size_t end, const float* h, float* dst) override {
    multiply(h, sizes_.batch, inputs_[kRecurrentWeights], sizes_.hidden, direction, begin, end, dst);
  }

 private:
  // dst [M, (end - begin) * H] = a [M, K] x the weights of gates begin .. end.
  void multiply(const float* a, std::size_t m, const ConstView& weights, std::size_t k, std::size_t direction,
                std::size_t begin, std::size_t end, float* dst) {
    const std::size_t rows = sizes_.gates * sizes_.hidden;
    const std::int8_t* const b = weights.as<std::int8_t>() + direction * rows * k;
    q_.resize(k);
    for (std::size_t i = 0; i < m; ++i) {
      const float scale = quantize_row(a + i * k);
      for (std::size_t n = begin * sizes_.hidden; n < end * sizes_.hidden; ++n) {
        std::int64_t sum = 0;
        for (std::size_t c = 0; c < k; ++c) sum += q_[c] * b[n * k + c];
        *dst++ = static_cast<float>(sum) * scale * weights.quant->scale[scale_index(*weights.quant, direction, n)];
      }
    }
  }

  float quantize_row(const float* row) {
    float min = 0.0f, max = 0.0f;
    for (std::size_t c = 0; c < q_.size(); ++c) {
      if (row[c] < min) min = row[c];
      if (row[c] > max) max = row[c];
    }
    const float scale = dynamic_params(min, max, /*symmetric=*/true).scale;
    for (std::size_t c = 0; c < q_.size(); ++c) {
      const float steps = std::isnan(row[c]) ? 0.0f : std::nearbyint(row[c] / scale);
      q_[c] = static_cast<std::int8_t>(std::clamp(steps, -128.0f, 127.0f));
    }
    return scale;
  }

  const RecurrentSizes& sizes_;
  std::span<const ConstView> inputs_;
  std::vector<std::int8_t> q_;
};

Result<void> reference_recurrent(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  const RecurrentSizes sizes = recurrent_sizes(node, *inputs[kSrc].shape);
  PlainProducts plain(sizes, inputs);
  DynamicProducts dynamic(sizes, inputs);
  RecurrentProducts& products = node.as<RecurrentAttrs>().dynamic ? static_cast<RecurrentProducts&>(dynamic) : plain;
  std::vector<float> scratch(recurrent_scratch(sizes));
  return run_recurrent(node, inputs, outputs, products, scratch.data());
}

}  // namespace

const Op kLstm = define_op<RecurrentAttrs>("lstm", {3, 8}, infer_recurrent, reference_recurrent, 3);
const Op kGru = define_op<RecurrentAttrs>("gru", {3, 6}, infer_recurrent, reference_recurrent, 2);
const Op kRnn = define_op<RecurrentAttrs>("rnn", {3, 6}, infer_recurrent, reference_recurrent, 2);

bool is_recurrent(const Op& op) { return &op == &kLstm || &op == &kGru || &op == &kRnn; }

std::size_t scale_index(const QuantParams& quant, std::size_t d, std::size_t n) {
  if (!quant.per_channel()) return 0;
  return quant.axis == 0 ? d : n;
}

std::size_t num_gates(const Op& op) { return &op == &kLstm ? 4 : &op == &kGru ? 3 : 1; }
std::size_t num_activations(const Op& op) { return &op == &kLstm ? 3 : &op == &kGru ? 2 : 1; }

RecurrentSizes recurrent_sizes(const Node& node, const Shape& src) {
  const auto& attrs = node.as<RecurrentAttrs>();
  const auto size = [](std::int64_t value) { return static_cast<std::size_t>(value); };
  return {size(src[0]),       size(src[1]),        size(src[2]),
          size(attrs.hidden), num_gates(*node.op), attrs.direction == Direction::kBoth ? 2u : 1u};
}

std::size_t recurrent_scratch(const RecurrentSizes& sizes) {
  return ((sizes.steps + 1) * sizes.gates + 3) * sizes.batch * sizes.hidden;
}

void RecurrentProducts::activate(RecurrentActivation activation, float alpha, float beta, float* values,
                                 std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = activated(activation, alpha, beta, values[i]);
}

Result<void> run_recurrent(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs,
                           RecurrentProducts& products, float* scratch) {
  const RecurrentSizes sizes = recurrent_sizes(node, *inputs[kSrc].shape);
  const std::size_t state = sizes.batch * sizes.hidden;
  std::fill_n(outputs[0].as<float>(), sizes.steps * sizes.directions * state, 0.0f);
  if (inputs.size() > kLengths && inputs[kLengths].data != nullptr) {
    for (std::size_t n = 0; n < sizes.batch; ++n)
      if (const std::int32_t length = inputs[kLengths].as<std::int32_t>()[n];
          length < 0 || static_cast<std::size_t>(length) > sizes.steps)
        return make_error(ErrorCode::kInvalidData, "sequence {} has {} of {} steps", n, length, sizes.steps);
  }
  for (std::size_t d = 0; d < sizes.directions; ++d) {
    DirectionRun run(node, sizes, inputs, d, products, scratch);
    run.run(outputs[0].as<float>());
    if (outputs.size() > 1) std::copy_n(run.last_h(), state, outputs[1].as<float>() + d * state);
    if (outputs.size() > 2) std::copy_n(run.last_c(), state, outputs[2].as<float>() + d * state);
  }
  return {};
}

}  // namespace octet
