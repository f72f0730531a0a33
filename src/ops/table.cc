// SPDX-License-Identifier: Apache-2.0
#include "ops/table.h"

#include "ops/attention.h"
#include "ops/binary.h"
#include "ops/col2im.h"
#include "ops/concat.h"
#include "ops/control_flow.h"
#include "ops/conv.h"
#include "ops/conv2d.h"
#include "ops/dynamic_quantize.h"
#include "ops/dynamic.h"
#include "ops/einsum.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/generate.h"
#include "ops/index.h"
#include "ops/lines.h"
#include "ops/matmul.h"
#include "ops/ngrams.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/pool.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/resize_nd.h"
#include "ops/sampling.h"
#include "ops/select.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"

namespace octet {
namespace {

constexpr const Op* kOps[] = {
    // unary.h
    &kAbs, &kCeil, &kClip, &kCos, &kElu, &kErf, &kExp, &kFloor, &kGelu, &kHardSigmoid, &kHardSwish, &kLeakyRelu, &kLog,
    &kNeg, &kNot, &kReciprocal, &kRelu, &kRelu6, &kRound, &kSigmoid, &kSign, &kSilu, &kSin, &kSoftplus, &kSqrt, &kTanh,
    &kAcos, &kAcosh, &kAsin, &kAsinh, &kAtan, &kAtanh, &kCelu, &kCosh, &kMish, &kSelu, &kShrink, &kSinh, &kSoftsign, &kTan,
    &kThresholdedRelu,
    // binary.h
    &kAdd, &kSub, &kMul, &kDiv, &kMinimum, &kMaximum, &kPow, &kPrelu,
    &kEqual, &kLess, &kLessEqual, &kGreater, &kGreaterEqual, &kAnd, &kOr, &kXor, &kWhere,
    &kMod, &kBitwiseAnd, &kBitwiseOr, &kBitwiseXor, &kShiftLeft, &kShiftRight,
    // conv2d.h, pool2d.h, resize.h, fully_connected.h, matmul.h
    &kConv2d, &kMaxPool2d, &kAvgPool2d, &kResize, &kFullyConnected, &kMatmul,
    // normalization.h, softmax.h, quantize.h
    &kBatchNorm, &kScale, &kLayerNorm, &kLrn, &kSoftmax, &kLogSoftmax, &kQuantize, &kDequantize,
    // dynamic_quantize.h, attention.h
    &kDynamicQuantize, &kDynamicFullyConnected, &kDynamicMatmul, &kAttention,
    // concat.h, slice.h, pad.h, transpose.h
    &kConcat, &kSplit, &kSlice, &kPad, &kTranspose,
    // reshape.h
    &kReshape, &kFlatten, &kSqueeze, &kUnsqueeze, &kIdentity, &kDropout,
    // reduce.h
    &kReduceMean, &kReduceSum, &kReduceMax, &kReduceMin, &kReduceProd, &kReduceSumSquare, &kReduceL1, &kReduceL2,
    &kReduceLogSum, &kReduceLogSumExp, &kArgMax, &kArgMin,
    // gather.h
    &kGather, &kCast, &kShapeOf, &kExpand, &kTile,
    // generate.h
    &kRange, &kFill, &kEye, &kOneHot, &kTrilu, &kSizeOf,
    // index.h, select.h
    &kGatherElements, &kGatherNd, &kScatterElements, &kScatterNd, &kTopK, &kCompress, &kUnique, &kNonMaxSuppression, &kNonZero,
    // lines.h, einsum.h
    &kCumSum, &kHardmax, &kReverseSequence, &kIsInf, &kIsNan, &kDet, &kEinsum,
    // conv.h, pool.h, col2im.h
    &kConv, &kConvTranspose, &kMaxPool, &kAvgPool, &kLpPool, &kCol2im,
    // resize_nd.h, sampling.h, recurrent.h, ngrams.h
    &kResizeNd, &kGridSample, &kAffineGrid, &kRoiAlign, &kDeformConv, &kLstm, &kGru, &kRnn, &kNgrams,
    // control_flow.h
    &kIf, &kLoop, &kScan,
    // dynamic.h
    &kDynamicReshape, &kDynamicExpand, &kDynamicTile, &kDynamicSlice, &kDynamicPad, &kDynamicSplit, &kDynamicSqueeze,
    &kDynamicUnsqueeze, &kDynamicReduceMean, &kDynamicReduceSum, &kDynamicReduceMax, &kDynamicReduceMin, &kDynamicReduceProd,
    &kDynamicReduceSumSquare, &kDynamicReduceL1, &kDynamicReduceL2, &kDynamicReduceLogSum, &kDynamicReduceLogSumExp,
};

}  // namespace

std::span<const Op* const> all_ops() { return kOps; }

const Op* find_op(std::string_view name) {
  for (const Op* op : kOps)
    if (op->name == name) return op;
  return nullptr;
}

}  // namespace octet
