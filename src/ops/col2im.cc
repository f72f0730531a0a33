// SPDX-License-Identifier: Apache-2.0
#include "ops/col2im.h"

#include <algorithm>

#include "ops/copy.h"

namespace octet {
namespace {

using Inputs = std::span<const Tensor* const>;
using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t kMaxCol2imNumber = std::int64_t{1} << 30;  // so that products and sums of two stay far from the limits

struct Geometry {
  Numbers image, block, strides, dilations, begins, counts;  // counts: blocks along each dimension
};

Result<Geometry> geometry(const Col2imAttrs& attrs, Numbers image, Numbers block) {
  const std::size_t n = image.size();
  Geometry g{std::move(image), std::move(block), attrs.strides, attrs.dilations, {}, {}};
  Numbers pads = attrs.pads;
  if (g.strides.empty()) g.strides.assign(n, 1);
  if (g.dilations.empty()) g.dilations.assign(n, 1);
  if (pads.empty()) pads.assign(2 * n, 0);
  if (n == 0 || g.block.size() != n || g.strides.size() != n || g.dilations.size() != n || pads.size() != 2 * n)
    return shape_error("{} image sizes, {} block sizes, {} strides, {} dilations and {} pads do not go together", n, g.block.size(),
                       g.strides.size(), g.dilations.size(), pads.size());
  for (std::size_t d = 0; d < n; ++d) {
    const std::pair<std::int64_t, std::int64_t> least_of[] = {{g.image[d], 0},     {g.block[d], 1}, {g.strides[d], 1},
                                                              {g.dilations[d], 1}, {pads[d], 0},    {pads[n + d], 0}};
    for (const auto& [value, least] : least_of)
      if (value < least || value > kMaxCol2imNumber) return shape_error("dimension {} has {}, expected {} to {}", d, value, least, kMaxCol2imNumber);
    const std::int64_t extent = (g.block[d] - 1) * g.dilations[d] + 1;
    const std::int64_t room = g.image[d] + pads[d] + pads[n + d] - extent;
    if (room < 0) return shape_error("a block of {} does not fit into an image of {}", extent, g.image[d]);
    g.begins.push_back(pads[d]);
    g.counts.push_back(room / g.strides[d] + 1);
  }
  if (!within_limits(g.image) || !within_limits(g.block) || !within_limits(g.counts)) return shape_error("sizes are too large");
  return g;
}

Result<std::vector<TensorType>> infer_col2im(const Node& node, Inputs inputs) {
  const Tensor& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_rank("src", src, 3));
  if (src.type != DataType::kFloat32) return shape_error("src '{}' is {}, expected f32", src.name, data_type_name(src.type));
  const auto rank = num_elements(inputs[1]->shape);
  if (!rank || *rank < 1 || *rank > static_cast<std::int64_t>(kMaxRank) - 2) return shape_error("the number of image sizes is not known");
  Shape shape = {src.shape[0], kUnknownDimension};
  if (!inputs[1]->is_constant || !inputs[2]->is_constant) {
    shape.insert(shape.end(), static_cast<std::size_t>(*rank), kUnknownDimension);
    return single_type(src.type, std::move(shape));
  }
  OCTET_ASSIGN_OR_RETURN(Numbers image, integer_values(*inputs[1]));
  OCTET_ASSIGN_OR_RETURN(Numbers block, integer_values(*inputs[2]));
  OCTET_ASSIGN_OR_RETURN(const Geometry g, geometry(node.as<Col2imAttrs>(), std::move(image), std::move(block)));
  const std::int64_t taps = *num_elements(g.block), blocks = *num_elements(g.counts);
  if ((!is_symbolic(src.shape[1]) && src.shape[1] % taps != 0) || !same_dimension(src.shape[2], blocks))
    return shape_error("src has shape [{}], and {} taps and {} blocks", fmt::join(src.shape, ", "), taps, blocks);
  if (!is_symbolic(src.shape[1])) shape[1] = src.shape[1] / taps;
  shape.insert(shape.end(), g.image.begin(), g.image.end());
  return single_type(src.type, std::move(shape));
}

Numbers numbers(const ConstView& view) {
  const auto n = static_cast<std::size_t>(*num_elements(*view.shape));
  if (view.type == DataType::kInt64) return {view.as<std::int64_t>(), view.as<std::int64_t>() + n};
  return {view.as<std::int32_t>(), view.as<std::int32_t>() + n};
}

Result<void> reference_col2im(const Node& node, std::span<const ConstView> inputs, std::span<const View> outputs) {
  OCTET_ASSIGN_OR_RETURN(const Geometry g, geometry(node.as<Col2imAttrs>(), numbers(inputs[1]), numbers(inputs[2])));
  const std::int64_t pixels = *num_elements(g.image), blocks = *num_elements(g.counts), taps = *num_elements(g.block);
  const std::int64_t planes = (*outputs[0].shape)[0] * (*outputs[0].shape)[1];
  const Strides strides = dense_strides(g.image);
  float* const dst = outputs[0].as<float>();
  std::fill_n(dst, planes * pixels, 0.0f);
  if (planes == 0) return {};  // the loops below may be long
  visit_indices(g.block, [&](std::int64_t k, const Numbers& tap) {
    visit_indices(g.counts, [&](std::int64_t o, const Numbers& block) {
      std::int64_t at = 0;
      for (std::size_t d = 0; d < tap.size(); ++d) {
        const std::int64_t x = block[d] * g.strides[d] - g.begins[d] + tap[d] * g.dilations[d];
        if (x < 0 || x >= g.image[d]) return;
        at += x * strides[d];
      }
      for (std::int64_t p = 0; p < planes; ++p) dst[p * pixels + at] += inputs[0].as<float>()[(p * taps + k) * blocks + o];
    });
  });
  return {};
}

}  // namespace

const Op kCol2im = define_op<Col2imAttrs>("col2im", {3, 3}, infer_col2im, reference_col2im);

}  // namespace octet
