// SPDX-License-Identifier: Apache-2.0
#include "exporters/onnx/onnx_writer.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/dynamic.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace octet {
namespace {

struct Entry {
  const Op* op;
  WriteOnnx write;
};

// Unary operators are written by write_onnx_unary without a line each.
constexpr Entry kEntries[] = {
    {&kConv2d, write_onnx_conv2d},
    {&kMaxPool2d, write_onnx_pool2d},
    {&kAvgPool2d, write_onnx_pool2d},
    {&kResize, write_onnx_resize},
    {&kFullyConnected, write_onnx_fully_connected},
    {&kDynamicFullyConnected, write_onnx_dynamic_fully_connected},
    {&kMatmul, write_onnx_matmul},
    {&kBatchNorm, write_onnx_batch_norm},
    {&kScale, write_onnx_scale},
    {&kLayerNorm, write_onnx_layer_norm},
    {&kLrn, write_onnx_lrn},
    {&kAdd, write_onnx_binary},
    {&kSub, write_onnx_binary},
    {&kMul, write_onnx_binary},
    {&kDiv, write_onnx_binary},
    {&kMinimum, write_onnx_binary},
    {&kMaximum, write_onnx_binary},
    {&kPow, write_onnx_binary},
    {&kPrelu, write_onnx_binary},
    {&kEqual, write_onnx_binary},
    {&kLess, write_onnx_binary},
    {&kLessEqual, write_onnx_binary},
    {&kGreater, write_onnx_binary},
    {&kGreaterEqual, write_onnx_binary},
    {&kAnd, write_onnx_binary},
    {&kOr, write_onnx_binary},
    {&kXor, write_onnx_binary},
    {&kWhere, write_onnx_binary},
    {&kSoftmax, write_onnx_softmax},
    {&kLogSoftmax, write_onnx_softmax},
    {&kCast, write_onnx_cast},
    {&kQuantize, write_onnx_quantize},
    {&kDequantize, write_onnx_dequantize},
    {&kConcat, write_onnx_concat},
    {&kSplit, write_onnx_split},
    {&kSlice, write_onnx_slice},
    {&kPad, write_onnx_pad},
    {&kTranspose, write_onnx_transpose},
    {&kReshape, write_onnx_reshape},
    {&kFlatten, write_onnx_flatten},
    {&kSqueeze, write_onnx_squeeze},
    {&kUnsqueeze, write_onnx_squeeze},
    {&kIdentity, write_onnx_identity},
    {&kDropout, write_onnx_identity},
    {&kReduceMean, write_onnx_reduce},
    {&kReduceSum, write_onnx_reduce},
    {&kReduceMax, write_onnx_reduce},
    {&kReduceMin, write_onnx_reduce},
    {&kReduceProd, write_onnx_reduce},
    {&kReduceSumSquare, write_onnx_reduce},
    {&kReduceL1, write_onnx_reduce},
    {&kReduceL2, write_onnx_reduce},
    {&kReduceLogSum, write_onnx_reduce},
    {&kReduceLogSumExp, write_onnx_reduce},
    {&kArgMax, write_onnx_arg_extreme},
    {&kArgMin, write_onnx_arg_extreme},
    {&kGather, write_onnx_gather},
    {&kExpand, write_onnx_expand},
    {&kTile, write_onnx_tile},
    {&kShapeOf, write_onnx_shape_of},
    {&kDynamicReshape, write_onnx_dynamic_reshape},
    {&kDynamicExpand, write_onnx_dynamic},
    {&kDynamicTile, write_onnx_dynamic},
    {&kDynamicSlice, write_onnx_dynamic},
    {&kDynamicSqueeze, write_onnx_dynamic},
    {&kDynamicUnsqueeze, write_onnx_dynamic},
};

}  // namespace

WriteOnnx find_onnx_writer(const Op& op) {
  if (is_unary(op)) return write_onnx_unary;
  for (const Entry& entry : kEntries)
    if (entry.op == &op) return entry.write;
  return nullptr;
}

}  // namespace octet
