// SPDX-License-Identifier: Apache-2.0
// Recurrent layers over sequences, as ONNX has them: LSTM, GRU and plain RNN in one or both directions.
//
// inputs: src [S, N, I], input weights [D, G * H, I], recurrent weights [D, G * H, H], bias [D, 2 * G * H] (optional:
// of the input,
//   then of the recurrence), lengths [N] (optional, i32: steps of each sequence), initial h [D, N, H] (optional), and
//   for LSTM initial c [D, N, H] and peepholes [D, 3 * H] (i, o, f; both optional)
// outputs: all h [S, D, N, H] (0 behind a sequence's end), last h [D, N, H], and for LSTM last c [D, N, H]
// D directions; G gates: i, o, f, c of LSTM; z, r, h of GRU; one of RNN. With f, g, h the direction's activations:
//   LSTM: i = f(xi + hi + pi . c), f' = f(xf + hf + pf . c) or 1 - i, c' = f' . c + i . g(xc + hc), o = f(xo + ho + po
//   . c'), h' = o . h(c') GRU:  z = f(xz + hz), r = f(xr + hr), h~ = g(xh + (r . h) Rh) or, reset_after, g(xh + r . (h
//   Rh + bh)), h' = (1 - z) . h~ + z . h RNN:  h' = f(x + h R)
// With `dynamic` the weights are int8 (symmetric; one scale, or one per direction or row) and each row of src and of h is quantized
// to int8 when it meets them, as dynamic_quantize does it symmetrically; sums are exact, all else is float.
// Sources: https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html, onnx__RNN.html
#ifndef OCTET_OPS_RECURRENT_H_
#define OCTET_OPS_RECURRENT_H_

#include "ops/define.h"

namespace octet {

enum class Direction : int { kForward, kReverse, kBoth };
inline constexpr std::array<std::string_view, 3> kDirectionNames = {"forward", "reverse", "both"};

// In this order in RecurrentAttrs::activations.
enum class RecurrentActivation : int {
  kSigmoid,
  kTanh,
  kRelu,
  kAffine,
  kLeakyRelu,
  kThresholdedRelu,
  kScaledTanh,
  kHardSigmoid,
  kElu,
  kSoftsign,
  kSoftplus
};
inline constexpr std::array<std::string_view, 11> kRecurrentActivationNames = {
    "Sigmoid",    "Tanh",        "Relu", "Affine",   "LeakyRelu", "ThresholdedRelu",
    "ScaledTanh", "HardSigmoid", "Elu",  "Softsign", "Softplus"};

struct RecurrentAttrs {
  std::int64_t hidden = 0;
  Direction direction = Direction::kForward;
  std::vector<std::int64_t> activations;  // RecurrentActivation: 3 (LSTM), 2 (GRU) or 1 for each direction
  std::vector<float> alpha, beta;         // of each of them
  float clip = 0.0f;          // gates are brought into [-clip, clip] before their activations; 0: they are not
  bool input_forget = false;  // LSTM: f' = 1 - i
  bool reset_after = false;   // GRU
  bool dynamic = false;       // int8 weights, rows quantized while it runs
  void visit(AttrVisitor& v) {
    v.visit("hidden", hidden);
    v.visit("direction", direction, kDirectionNames);
    v.visit("activations", activations);
    v.visit("alpha", alpha);
    v.visit("beta", beta);
    v.visit("clip", clip);
    v.visit("input_forget", input_forget);
    v.visit("reset_after", reset_after);
    v.visit("dynamic", dynamic);
  }
};

extern const Op kLstm, kGru, kRnn;  // f32, or f32 with int8 weights

// Gates of one of the three operators, and activations of a direction.
bool is_recurrent(const Op& op);
std::size_t num_gates(const Op& op);
std::size_t num_activations(const Op& op);

// Sizes of the products, all within one direction.
struct RecurrentSizes {
  std::size_t steps, batch, input, hidden, gates, directions;
};
RecurrentSizes recurrent_sizes(const Node& node, const Shape& src);

// The matrix products of a recurrent layer, which the reference sums up and the runtime leaves to its kernels.
class RecurrentProducts {
 public:
  virtual ~RecurrentProducts() = default;
  // gates[row, G * H] = src[row, I] x weights^T, for all steps and sequences of the batch at once.
  virtual void multiply_input(std::size_t direction, const float* src, float* gates) = 0;
  // dst[n, (end - begin) * H] = h[n, H] x the recurrent weights^T of gates begin .. end.
  virtual void multiply_state(std::size_t direction, std::size_t begin, std::size_t end, const float* h,
                              float* dst) = 0;
  // In place.
  virtual void activate(RecurrentActivation activation, float alpha, float beta, float* values, std::size_t count);
};

// Which of the scales of weights [D, G * H, K] is that of row n of direction d: index into QuantParams::scale.
std::size_t scale_index(const QuantParams& quant, std::size_t d, std::size_t n);

// Floats of scratch that run_recurrent needs.
std::size_t recurrent_scratch(const RecurrentSizes& sizes);
// Computes the outputs. Error: kInvalidData for a length outside [0, S].
Result<void> run_recurrent(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs,
                           RecurrentProducts& products, float* scratch);

}  // namespace octet

#endif  // OCTET_OPS_RECURRENT_H_
