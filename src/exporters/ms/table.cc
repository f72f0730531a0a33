// SPDX-License-Identifier: Apache-2.0
#include "exporters/ms/ms_writer.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/dynamic.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/index.h"
#include "ops/lines.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/select.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace octet {
namespace {

struct Entry {
  const Op* op;
  WritePrimitive write;
};

// Unary operators are written by write_ms_unary without a line each.
constexpr Entry kEntries[] = {
    {&kConv2d, write_ms_conv2d},
    {&kFullyConnected, write_ms_fully_connected},
    {&kMatmul, write_ms_matmul},
    {&kLstm, write_ms_lstm},
    {&kGru, write_ms_gru},
    {&kMaxPool2d, write_ms_pool2d},
    {&kAvgPool2d, write_ms_pool2d},
    {&kResize, write_ms_resize},
    {&kBatchNorm, write_ms_batch_norm},
    {&kScale, write_ms_scale},
    {&kLayerNorm, write_ms_layer_norm},
    {&kLrn, write_ms_lrn},
    {&kAdd, write_ms_binary},
    {&kSub, write_ms_binary},
    {&kMul, write_ms_binary},
    {&kDiv, write_ms_binary},
    {&kMinimum, write_ms_binary},
    {&kMaximum, write_ms_binary},
    {&kPow, write_ms_binary},
    {&kPrelu, write_ms_binary},
    {&kEqual, write_ms_binary},
    {&kLess, write_ms_binary},
    {&kLessEqual, write_ms_binary},
    {&kGreater, write_ms_binary},
    {&kGreaterEqual, write_ms_binary},
    {&kAnd, write_ms_binary},
    {&kOr, write_ms_binary},
    {&kWhere, write_ms_binary},
    {&kSoftmax, write_ms_softmax},
    {&kLogSoftmax, write_ms_softmax},
    {&kConcat, write_ms_concat},
    {&kSplit, write_ms_split},
    {&kSlice, write_ms_slice},
    {&kPad, write_ms_pad},
    {&kReshape, write_ms_reshape},
    {&kFlatten, write_ms_flatten},
    {&kSqueeze, write_ms_squeeze},
    {&kUnsqueeze, write_ms_squeeze},
    {&kIdentity, write_ms_reshape},
    {&kDropout, write_ms_reshape},
    {&kTranspose, write_ms_transpose},
    {&kReduceMean, write_ms_reduce},
    {&kReduceSum, write_ms_reduce},
    {&kReduceMax, write_ms_reduce},
    {&kReduceMin, write_ms_reduce},
    {&kReduceProd, write_ms_reduce},
    {&kReduceSumSquare, write_ms_reduce},
    {&kReduceL2, write_ms_reduce},
    {&kArgMax, write_ms_arg_max},
    {&kGather, write_ms_gather},
    {&kCast, write_ms_cast},
    {&kExpand, write_ms_expand},
    {&kTile, write_ms_expand},
    {&kShapeOf, write_ms_shape_of},
    {&kDynamicSlice, write_ms_dynamic_slice},
    {&kDynamicReshape, write_ms_dynamic_reshape},
    {&kGatherElements, write_ms_gather_elements},
    {&kGatherNd, write_ms_gather_nd},
    {&kScatterElements, write_ms_scatter},
    {&kScatterNd, write_ms_scatter},
    {&kTopK, write_ms_top_k},
    {&kCumSum, write_ms_cum_sum},
    {&kReverseSequence, write_ms_reverse_sequence},
    {&kArgMin, write_ms_arg_min},
    {&kSizeOf, write_ms_size_of},
    {&kQuantize, write_ms_quantize},
    {&kDequantize, write_ms_quantize},
    {&kDynamicQuantize, write_ms_dynamic_quantize},
    {&kDynamicFullyConnected, write_ms_dynamic_fully_connected},
    {&kDynamicMatmul, write_ms_dynamic_matmul},
};

}  // namespace

WritePrimitive find_ms_writer(const Op& op) {
  if (is_unary(op)) return write_ms_unary;
  for (const Entry& entry : kEntries)
    if (entry.op == &op) return entry.write;
  return nullptr;
}

}  // namespace octet
