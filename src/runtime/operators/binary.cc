// SPDX-License-Identifier: Apache-2.0
// Arithmetic of two tensors. Shapes are brought to [rows, n] with one operand whole and the other in one of the kernels'
// four broadcast forms; anything more general runs by reference in float32.
#include "ops/binary.h"

#include "kernels/binary_f32/binary_f32.h"
#include "kernels/binary_qs8/binary_qs8.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/qs8_params.h"

namespace octet {
namespace {

// The whole operand is `a` of the kernels; swapped: it is the node's second input.
struct BinaryShape {
  std::size_t rows = 1, n = 1;
  std::size_t b_row_stride = 0;
  bool b_is_scalar = false;
  bool swapped = false;

  // Input i is not repeated.
  bool is_whole(std::size_t i) const { return i == (swapped ? 1 : 0) || (!b_is_scalar && b_row_stride == n); }
};

// How `small` repeats to fill `dst`, if that is one of the kernels' forms.
std::optional<BinaryShape> broadcast_form(const Shape& small, const Shape& dst) {
  const auto total = static_cast<std::size_t>(num_elements(dst).value_or(0));
  Shape padded(dst.size() - small.size(), 1);
  padded.insert(padded.end(), small.begin(), small.end());
  if (padded == dst) return BinaryShape{1, total, total, false, false};
  // Leading dimensions of 1, then equal ones: one row for all. Equal ones, then 1s: one value per row.
  std::size_t first_equal = 0;
  while (first_equal < dst.size() && padded[first_equal] == 1) ++first_equal;
  std::size_t tail = 1;
  for (std::size_t d = first_equal; d < dst.size(); ++d) tail *= static_cast<std::size_t>(dst[d]);
  if (first_equal == dst.size()) return BinaryShape{1, total, 0, true, false};
  if (std::equal(padded.begin() + static_cast<std::ptrdiff_t>(first_equal), padded.end(),
                 dst.begin() + static_cast<std::ptrdiff_t>(first_equal)))
    return BinaryShape{tail == 0 ? 0 : total / tail, tail, 0, false, false};
  std::size_t last_equal = dst.size();
  while (last_equal > 0 && padded[last_equal - 1] == 1) --last_equal;
  if (!std::equal(padded.begin(), padded.begin() + static_cast<std::ptrdiff_t>(last_equal), dst.begin())) return std::nullopt;
  std::size_t rows = 1;
  for (std::size_t d = 0; d < last_equal; ++d) rows *= static_cast<std::size_t>(dst[d]);
  return BinaryShape{rows, rows == 0 ? 0 : total / rows, 1, true, false};
}

std::optional<BinaryShape> binary_shape(const OperatorContext& context) {
  const Shape& a = context.input(0).shape;
  const Shape& b = context.input(1).shape;
  const Shape& dst = context.output().shape;
  if (a == dst) return broadcast_form(b, dst);
  if (b != dst) return std::nullopt;
  auto shape = broadcast_form(a, dst);
  if (shape) shape->swapped = true;
  return shape;
}

// Splits the work over threads: rows if there are several, else columns. Calls f(row, num_rows, column, num_columns).
template <typename F>
void split(ThreadPool& threads, const BinaryShape& shape, const F& f) {
  constexpr std::size_t kGrain = 4096;  // elements: below, a fork costs more than the work
  if (shape.rows > 1) {
    const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(shape.n, 1));
    threads.parallel_for(shape.rows, grain, [&](std::size_t begin, std::size_t end) { f(begin, end - begin, std::size_t{0}, shape.n); });
  } else {
    threads.parallel_for(shape.n, kGrain, [&](std::size_t begin, std::size_t end) { f(std::size_t{0}, std::size_t{1}, begin, end - begin); });
  }
}

// Offsets a kernel's arguments to a block of the matrix.
template <typename Args, typename T>
void set_block(Args& args, const BinaryShape& shape, const T* a, const T* b, T* dst, std::size_t row, std::size_t num_rows,
               std::size_t column, std::size_t num_columns) {
  args.rows = num_rows;
  args.n = num_columns;
  args.a = a + row * shape.n + column;
  args.a_row_stride = shape.n;
  args.b = b + row * shape.b_row_stride + (shape.b_is_scalar ? 0 : column);
  args.b_row_stride = shape.b_row_stride;
  args.b_is_scalar = shape.b_is_scalar;
  args.dst = dst + row * shape.n + column;
  args.dst_row_stride = shape.n;
}

struct OpForm {
  const Op* op;
  BinaryF32Op straight, swapped;
};
constexpr OpForm kForms[] = {
    {&kAdd, BinaryF32Op::kAdd, BinaryF32Op::kAdd},
    {&kSub, BinaryF32Op::kSub, BinaryF32Op::kReverseSub},
    {&kMul, BinaryF32Op::kMul, BinaryF32Op::kMul},
    {&kDiv, BinaryF32Op::kDiv, BinaryF32Op::kReverseDiv},
    {&kMinimum, BinaryF32Op::kMinimum, BinaryF32Op::kMinimum},
    {&kMaximum, BinaryF32Op::kMaximum, BinaryF32Op::kMaximum},
};

class BinaryF32 : public Operator {
 public:
  BinaryF32(const OperatorContext& context, const BinaryShape& shape, BinaryF32Op op)
      : kernel_(choose_binary_f32(context.cpu)),
        shape_(shape),
        op_(op),
        bounds_(activation_bounds(context.node.as<BinaryAttrs>().activation)) {}

  const char* kernel_name() const override { return kernel_.name; }
  bool can_overwrite(std::size_t i) const override { return shape_.is_whole(i); }
  std::unique_ptr<Operator> fused_with(const OperatorContext& next, const Node& node) const override {
    auto fused = make_scale_and_quantize(next, node);
    return fused != nullptr ? std::move(fused) : make_add_and_normalize(next, node);
  }

  void run(const RunContext& context) const override {
    const float* a = context.inputs[shape_.swapped ? 1 : 0].as<float>();
    const float* b = context.inputs[shape_.swapped ? 0 : 1].as<float>();
    float* dst = context.outputs[0].as<float>();
    split(*context.threads, shape_, [&](std::size_t row, std::size_t num_rows, std::size_t column, std::size_t num_columns) {
      BinaryF32Args args{};
      set_block(args, shape_, a, b, dst, row, num_rows, column, num_columns);
      args.lo = bounds_.lo;
      args.hi = bounds_.hi;
      kernel_.binary(op_, args);
    });
  }

 private:
  const BinaryF32Kernel& kernel_;
  BinaryShape shape_;
  BinaryF32Op op_;
  ActivationBounds bounds_;
};

class BinaryQs8 : public Operator {
 public:
  BinaryQs8(const OperatorContext& context, const BinaryShape& shape)
      : kernel_(choose_binary_qs8(context.cpu)), shape_(shape), is_mul_(context.node.is(kMul)) {
    const QuantParams& a = *context.input(shape.swapped ? 1 : 0).quant;
    const QuantParams& b = *context.input(shape.swapped ? 0 : 1).quant;
    const float dst_scale = context.output().quant->scale[0];
    template_.a_zero_point = a.zero_point[0];
    template_.b_zero_point = b.zero_point[0];
    template_.a_scale = is_mul_ ? static_cast<float>(static_cast<double>(a.scale[0]) * b.scale[0] / dst_scale) : a.scale[0] / dst_scale;
    template_.b_scale = b.scale[0] / dst_scale;
    if (context.node.is(kSub)) (shape.swapped ? template_.a_scale : template_.b_scale) *= -1.0f;
    template_.output = qs8_output(context.output(), context.node.as<BinaryAttrs>().activation);
  }

  const char* kernel_name() const override { return kernel_.name; }

  void run(const RunContext& context) const override {
    const std::int8_t* a = context.inputs[shape_.swapped ? 1 : 0].as<std::int8_t>();
    const std::int8_t* b = context.inputs[shape_.swapped ? 0 : 1].as<std::int8_t>();
    std::int8_t* dst = context.outputs[0].as<std::int8_t>();
    split(*context.threads, shape_, [&](std::size_t row, std::size_t num_rows, std::size_t column, std::size_t num_columns) {
      BinaryQs8Args args = template_;
      set_block(args, shape_, a, b, dst, row, num_rows, column, num_columns);
      (is_mul_ ? kernel_.mul : kernel_.add)(args);
    });
  }

 private:
  const BinaryQs8Kernel& kernel_;
  BinaryShape shape_;
  bool is_mul_;
  BinaryQs8Args template_{};
};

}  // namespace

Result<std::unique_ptr<Operator>> make_binary_f32(const OperatorContext& context) {
  if (context.input(0).type != DataType::kFloat32) return nullptr;
  const auto shape = binary_shape(context);
  if (!shape) return nullptr;
  for (const OpForm& form : kForms)
    if (context.node.is(*form.op))
      return std::make_unique<BinaryF32>(context, *shape, shape->swapped ? form.swapped : form.straight);
  return nullptr;
}

Result<std::unique_ptr<Operator>> make_binary_qs8(const OperatorContext& context) {
  if (!is_qs8(context.input(0)) || !is_qs8(context.input(1)) || !is_qs8(context.output())) return nullptr;
  if (!context.node.is(kAdd) && !context.node.is(kSub) && !context.node.is(kMul)) return nullptr;
  const auto shape = binary_shape(context);
  if (!shape) return nullptr;
  return std::make_unique<BinaryQs8>(context, *shape);
}

}  // namespace octet
