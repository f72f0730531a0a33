// SPDX-License-Identifier: Apache-2.0
// Operators that move elements of any type: transpose, concat, split, slice and constant pad, all as strided block copies.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "kernels/transpose/transpose.h"
#include "ops/concat.h"
#include "ops/pad.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "runtime/operators/operators.h"

namespace octet {
namespace {

// One block copy between an input and an output of the node, at element offsets.
struct BlockCopy {
  TransposeArgs args{};
  std::size_t input = 0, output = 0;
  std::ptrdiff_t src_offset = 0, dst_offset = 0;  // elements
};

class MovementOperator : public Operator {
 public:
  MovementOperator(const OperatorContext& context, std::vector<BlockCopy> copies)
      : kernel_(choose_transpose(context.cpu)), copies_(std::move(copies)), element_bytes_(data_type_size(context.output().type)) {
    for (BlockCopy& copy : copies_) copy.args.element_bytes = element_bytes_;
    if (context.node.outputs.size() == 1 && !context.output().shape.empty()) row_ = static_cast<std::size_t>(context.output().shape.back());
  }

  // Fills the whole first output with `element` before the copies.
  void set_fill(std::vector<std::byte> element, std::size_t count) {
    fill_ = std::move(element);
    fill_count_ = count;
  }

  // Makes it a concatenation along the last axis.
  void set_joins_slices() { joins_slices_ = true; }

  const char* kernel_name() const override { return kernel_.name; }
  // Not if several blocks or a fill go to other places than rows.
  bool can_write_rows_apart() const override { return row_ != 0 && fill_.empty() && (joins_slices_ || copies_.size() == 1); }
  bool joins_slices() const override { return joins_slices_; }

  void run(const RunContext& context) const override {
    if (!fill_.empty()) {
      auto* const dst = static_cast<std::byte*>(context.outputs[0].data);
      context.threads->parallel_for(fill_count_, kGrain, [&](std::size_t begin, std::size_t end) { fill(dst + begin * element_bytes_, end - begin); });
    }
    for (const BlockCopy& copy : copies_) {
      const auto* src = static_cast<const std::byte*>(context.inputs[copy.input].data);
      auto* dst = static_cast<std::byte*>(context.outputs[copy.output].data);
      const auto bytes = static_cast<std::ptrdiff_t>(element_bytes_);
      src += copy.src_offset * bytes;
      dst += copy.dst_offset * bytes;
      if (src != dst) run_copy(*context.threads, spread(copy.args, context.dst_row_stride), src, dst);  // equal: a slice
    }
  }

 private:
  static constexpr std::size_t kGrain = 16384;  // elements: below, a fork costs more than the work

  void fill(std::byte* dst, std::size_t count) const {
    const bool equal_bytes = std::all_of(fill_.begin(), fill_.end(), [this](std::byte b) { return b == fill_[0]; });
    if (equal_bytes) {
      std::memset(dst, std::to_integer<int>(fill_[0]), count * element_bytes_);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) std::memcpy(dst + i * element_bytes_, fill_.data(), element_bytes_);
  }

  // The copy to an output whose rows lie `row_stride` apart.
  TransposeArgs spread(TransposeArgs args, std::size_t row_stride) const {
    for (std::size_t d = 0; row_stride != 0 && d + 1 < args.rank; ++d)
      args.dst_strides[d] = args.dst_strides[d] / static_cast<std::ptrdiff_t>(row_) * static_cast<std::ptrdiff_t>(row_stride);
    return args;
  }

  // The dimension that is split over the threads: the outermost one that is long enough, as operators before and after split
  // rows, too, and find them in their own cache; else the longest.
  static std::size_t split_dimension(const TransposeArgs& args, std::size_t num_threads) {
    const auto* const end = args.shape + args.rank;
    const auto* const outermost = std::find_if(args.shape, end, [&](std::size_t length) { return length >= 4 * num_threads; });
    return static_cast<std::size_t>((outermost == end ? std::max_element(args.shape, end) : outermost) - args.shape);
  }

  void run_copy(ThreadPool& threads, TransposeArgs args, const std::byte* src, std::byte* dst) const {
    const std::size_t total = std::accumulate(args.shape, args.shape + args.rank, std::size_t{1}, std::multiplies<>());
    if (total == 0) return;
    const std::size_t split = split_dimension(args, static_cast<std::size_t>(threads.num_threads()));
    const std::size_t length = args.rank == 0 ? 1 : args.shape[split];
    const std::size_t grain = std::max<std::size_t>(1, kGrain * length / total);
    threads.parallel_for(length, grain, [&](std::size_t begin, std::size_t end) {
      TransposeArgs part = args;
      const auto bytes = static_cast<std::ptrdiff_t>(element_bytes_);
      part.src = src;
      part.dst = dst;
      if (args.rank > 0) {
        part.shape[split] = end - begin;
        part.src = src + static_cast<std::ptrdiff_t>(begin) * args.src_strides[split] * bytes;
        part.dst = dst + static_cast<std::ptrdiff_t>(begin) * args.dst_strides[split] * bytes;
      }
      kernel_.transpose(part);
    });
  }

  const TransposeKernel& kernel_;
  std::vector<BlockCopy> copies_;
  std::size_t element_bytes_;
  std::vector<std::byte> fill_;
  std::size_t fill_count_ = 0;
  std::size_t row_ = 0;  // elements of a row of the output; 0: there are several outputs
  bool joins_slices_ = false;
};

bool fits(const Shape& shape) { return shape.size() <= kMaxTransposeRank; }

// A copy of a block of `shape` between tensors of the given dense strides.
BlockCopy block_copy(const Shape& shape, const std::vector<std::int64_t>& src_strides, const std::vector<std::int64_t>& dst_strides) {
  BlockCopy copy;
  copy.args.rank = shape.size();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    copy.args.shape[d] = static_cast<std::size_t>(shape[d]);
    copy.args.src_strides[d] = src_strides[d];
    copy.args.dst_strides[d] = dst_strides[d];
  }
  return copy;
}

// Moving int8 elements keeps their meaning only between equal parameters; between others they are computed by reference.
bool has_equal_quant(const OperatorContext& context) {
  const auto& quant = context.input(0).quant;
  for (std::size_t i = 1; i < context.node.inputs.size(); ++i)
    if (context.input(i).quant != quant) return false;
  for (std::size_t i = 0; i < context.node.outputs.size(); ++i)
    if (context.output(i).quant != quant) return false;
  return !quant || !quant->per_channel();
}

class PadOperator : public MovementOperator {
 public:
  using MovementOperator::MovementOperator;

  std::unique_ptr<Operator> fused_with(const OperatorContext& next, const Node& pad) const override { return make_padded_average(next, pad); }
};

}  // namespace

Result<std::unique_ptr<Operator>> make_transpose(const OperatorContext& context) {
  const Shape& src = context.input(0).shape;
  if (!fits(src) || !has_equal_quant(context)) return nullptr;
  const auto& perm = context.node.as<TransposeAttrs>().perm;
  const auto src_strides = dense_strides(src);
  std::vector<std::int64_t> permuted;
  for (const std::int64_t d : perm) permuted.push_back(src_strides[static_cast<std::size_t>(d)]);
  const Shape& dst = context.output().shape;
  return std::make_unique<MovementOperator>(context, std::vector<BlockCopy>{block_copy(dst, permuted, dense_strides(dst))});
}

Result<std::unique_ptr<Operator>> make_concat(const OperatorContext& context) {
  const Shape& dst = context.output().shape;
  if (!fits(dst) || !has_equal_quant(context)) return nullptr;
  const std::size_t axis = *normalize_axis(context.node.as<ConcatAttrs>().axis, dst.size());
  const auto dst_strides = dense_strides(dst);
  std::vector<BlockCopy> copies;
  std::int64_t position = 0;
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i) {
    const Shape& src = context.input(i).shape;
    BlockCopy& copy = copies.emplace_back(block_copy(src, dense_strides(src), dst_strides));
    copy.input = i;
    copy.dst_offset = position * dst_strides[axis];
    position += src[axis];
  }
  auto op = std::make_unique<MovementOperator>(context, std::move(copies));
  if (axis + 1 == dst.size()) op->set_joins_slices();
  return op;
}

Result<std::unique_ptr<Operator>> make_split(const OperatorContext& context) {
  const Shape& src = context.input(0).shape;
  if (!fits(src) || !has_equal_quant(context)) return nullptr;
  const std::size_t axis = *normalize_axis(context.node.as<SplitAttrs>().axis, src.size());
  const auto src_strides = dense_strides(src);
  std::vector<BlockCopy> copies;
  std::int64_t position = 0;
  for (std::size_t i = 0; i < context.node.outputs.size(); ++i) {
    const Shape& dst = context.output(i).shape;
    BlockCopy& copy = copies.emplace_back(block_copy(dst, src_strides, dense_strides(dst)));
    copy.output = i;
    copy.src_offset = position * src_strides[axis];
    position += dst[axis];
  }
  return std::make_unique<MovementOperator>(context, std::move(copies));
}

Result<std::unique_ptr<Operator>> make_slice(const OperatorContext& context) {
  const Shape& src = context.input(0).shape;
  if (!fits(src) || !has_equal_quant(context)) return nullptr;
  OCTET_ASSIGN_OR_RETURN(const std::vector<SliceRange> ranges, slice_ranges(context.node.as<SliceAttrs>(), src));
  auto strides = dense_strides(src);
  std::ptrdiff_t offset = 0;
  for (std::size_t d = 0; d < src.size(); ++d) {
    offset += ranges[d].start * strides[d];
    strides[d] *= ranges[d].step;
  }
  const Shape& dst = context.output().shape;
  BlockCopy copy = block_copy(dst, strides, dense_strides(dst));
  copy.src_offset = offset;
  return std::make_unique<MovementOperator>(context, std::vector<BlockCopy>{copy});
}

Result<std::unique_ptr<Operator>> make_pad(const OperatorContext& context) {
  const auto& attrs = context.node.as<PadAttrs>();
  const Tensor& src = context.input(0);
  const Tensor& dst = context.output();
  if (!fits(src.shape) || attrs.mode != PadKind::kConstant || !has_equal_quant(context)) return nullptr;
  if (src.type != DataType::kFloat32 && src.type != DataType::kInt8) return nullptr;
  const auto src_strides = dense_strides(src.shape), dst_strides = dense_strides(dst.shape);
  const std::size_t rank = src.shape.size();
  Shape block(rank);
  std::ptrdiff_t src_offset = 0, dst_offset = 0;
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t begin = attrs.pads[d], end = attrs.pads[d + rank];
    block[d] = std::max<std::int64_t>(0, src.shape[d] + std::min<std::int64_t>(begin, 0) + std::min<std::int64_t>(end, 0));
    src_offset += std::max<std::int64_t>(-begin, 0) * src_strides[d];
    dst_offset += std::max<std::int64_t>(begin, 0) * dst_strides[d];
  }
  BlockCopy copy = block_copy(block, src_strides, dst_strides);
  copy.src_offset = src_offset;
  copy.dst_offset = dst_offset;
  auto op = std::make_unique<PadOperator>(context, std::vector<BlockCopy>{copy});
  std::vector<std::byte> element(data_type_size(dst.type));
  if (dst.type == DataType::kFloat32) {
    std::memcpy(element.data(), &attrs.value, sizeof(float));
  } else {
    const double scale = dst.quant ? dst.quant->scale[0] : 1.0;
    const double zero_point = dst.quant ? dst.quant->zero_point[0] : 0;
    element[0] = static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(std::nearbyint(attrs.value / scale) + zero_point, -128.0, 127.0)));
  }
  op->set_fill(std::move(element), static_cast<std::size_t>(*num_elements(dst.shape)));
  return op;
}

}  // namespace octet
