// SPDX-License-Identifier: Apache-2.0
// Operators that pick elements by computed positions, and running sums.
#include "exporters/ms/ms_writer.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/index.h"
#include "ops/lines.h"
#include "ops/reduce.h"
#include "ops/select.h"

namespace octet {

Result<MsPrimitive> write_ms_gather_elements(MsWriter& writer) {
  writer.append_input("axis", {writer.node.as<GatherElementsAttrs>().axis});
  std::swap(writer.inputs[1], writer.inputs[2]);  // the format wants src, axis, indices
  return writer.primitive(msl2::CreateGatherD(writer.buffer));
}

Result<MsPrimitive> write_ms_gather_nd(MsWriter& writer) {
  if (writer.node.as<GatherNdAttrs>().batch_dims != 0)
    return writer.unsupported("batch_dims {}", kNotInMsFiles);
  return writer.primitive(msl2::CreateGatherNd(writer.buffer));
}

Result<MsPrimitive> write_ms_scatter(MsWriter& writer) {
  const auto reduction = writer.node.is(kScatterNd) ? writer.node.as<ScatterNdAttrs>().reduction
                                                    : writer.node.as<ScatterElementsAttrs>().reduction;
  if (reduction != ScatterReduction::kNone)
    return writer.unsupported("reduction {} {}", kScatterReductionNames[static_cast<std::size_t>(reduction)], kNotInMsFiles);
  if (writer.node.is(kScatterNd)) return writer.primitive(msl2::CreateScatterNdUpdate(writer.buffer));
  return writer.primitive(msl2::CreateScatterElements(writer.buffer, writer.node.as<ScatterElementsAttrs>().axis));
}

Result<MsPrimitive> write_ms_top_k(MsWriter& writer) {
  const auto& attrs = writer.node.as<TopKAttrs>();
  return writer.primitive(msl2::CreateTopKFusion(writer.buffer, /*sorted=*/true, attrs.axis, attrs.largest));
}

Result<MsPrimitive> write_ms_cum_sum(MsWriter& writer) {
  const auto& attrs = writer.node.as<CumSumAttrs>();
  return writer.primitive(msl2::CreateCumSum(writer.buffer, attrs.exclusive, attrs.reverse));
}

Result<MsPrimitive> write_ms_reverse_sequence(MsWriter& writer) {
  const auto& attrs = writer.node.as<ReverseSequenceAttrs>();
  return writer.primitive(msl2::CreateReverseSequence(writer.buffer, attrs.time_axis, attrs.batch_axis));
}

Result<MsPrimitive> write_ms_arg_min(MsWriter& writer) {
  const auto& attrs = writer.node.as<ArgMaxAttrs>();
  if (attrs.select_last) return writer.unsupported("the last of equal elements {}", kNotInMsFiles);
  return writer.primitive(msl2::CreateArgMinFusion(writer.buffer, attrs.axis, 1, attrs.keep_dims, false));
}

Result<MsPrimitive> write_ms_size_of(MsWriter& writer) { return writer.primitive(msl2::CreateSize(writer.buffer)); }

}  // namespace octet
