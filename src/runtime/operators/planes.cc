// SPDX-License-Identifier: Apache-2.0
// Operators whose channels have nothing to do with each other: the reference of each range of channels on a thread of
// its own.
#include "ops/pool.h"
#include "ops/sampling.h"
#include "runtime/operators/operators.h"

namespace octet {
namespace {

class Planes : public Operator {
 public:
  explicit Planes(const OperatorContext& context)
      : node_(context.node),
        images_(node_.is(kGridSample) ? size(context.input(0).shape[0]) : 1),
        channels_(size(context.input(0).shape[0] * context.input(0).shape[1]) / images_) {}

  void run(const RunContext& context) const override {
    for (std::size_t image = 0; image < images_; ++image) {
      context.threads->parallel_for(channels_, 1, [&](std::size_t begin, std::size_t end) {
        const std::size_t first = image * channels_ + begin;
        Shape src_shape, dst_shape, grid_shape;
        ConstView inputs[2] = {channels(context.inputs[0], src_shape, first, end - begin)};
        if (context.inputs.size() > 1) inputs[1] = one_image(context.inputs[1], grid_shape, image);
        const ConstView dst =
            channels({context.outputs[0].type, context.outputs[0].shape, context.outputs[0].data, nullptr}, dst_shape,
                     first, end - begin);
        const View output = {dst.type, dst.shape, const_cast<void*>(dst.data), nullptr};
        const auto done = node_.op->reference(node_, {inputs, context.inputs.size()}, {&output, 1});
        OCTET_CHECK(done.ok());  // fails for types alone, which the maker has seen
      });
    }
  }

 private:
  static std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

  // `count` channels of [N, C, ...] from the `first` of all on, as one image.
  static ConstView channels(const ConstView& view, Shape& shape, std::size_t first, std::size_t count) {
    shape = *view.shape;
    shape[0] = 1;
    shape[1] = 1;
    const std::size_t bytes = size(num_elements(shape).value_or(0)) * data_type_size(view.type);
    shape[1] = static_cast<std::int64_t>(count);
    return {view.type, &shape, static_cast<const std::byte*>(view.data) + first * bytes, nullptr};
  }

  static ConstView one_image(const ConstView& view, Shape& shape, std::size_t image) {
    shape = *view.shape;
    shape[0] = 1;
    const std::size_t bytes = size(num_elements(shape).value_or(0)) * data_type_size(view.type);
    return {view.type, &shape, static_cast<const std::byte*>(view.data) + image * bytes, nullptr};
  }

  Node node_;
  std::size_t images_, channels_;  // channels of all images are alike where nothing else is by image
};

}  // namespace

Result<std::unique_ptr<Operator>> make_planes(const OperatorContext& context) {
  const bool is_float = context.input(0).type == DataType::kFloat32;
  // Indices of maxima count all elements.
  if (!is_float || context.node.outputs.size() != 1 || element_count(context.input(0)) == 0 ||
      element_count(context.output()) == 0)
    return nullptr;
  return std::make_unique<Planes>(context);
}

}  // namespace octet
