// SPDX-License-Identifier: Apache-2.0
#include "exporters/tflite/tflite_writer.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
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
  WriteTflite write;
};

// Unary operators are written by write_tflite_unary without a line each.
constexpr Entry kEntries[] = {
    {&kConv2d, write_tflite_conv2d},
    {&kMaxPool2d, write_tflite_pool2d},
    {&kAvgPool2d, write_tflite_pool2d},
    {&kResize, write_tflite_resize},
    {&kFullyConnected, write_tflite_fully_connected},
    {&kDynamicFullyConnected, write_tflite_dynamic_fully_connected},
    {&kMatmul, write_tflite_matmul},
    {&kScale, write_tflite_scale},
    {&kAdd, write_tflite_binary},
    {&kSub, write_tflite_binary},
    {&kMul, write_tflite_binary},
    {&kDiv, write_tflite_binary},
    {&kMinimum, write_tflite_binary},
    {&kMaximum, write_tflite_binary},
    {&kPow, write_tflite_binary},
    {&kSoftmax, write_tflite_softmax},
    {&kLogSoftmax, write_tflite_softmax},
    {&kQuantize, write_tflite_quantize},
    {&kDequantize, write_tflite_dequantize},
    {&kConcat, write_tflite_concat},
    {&kSplit, write_tflite_split},
    {&kSlice, write_tflite_slice},
    {&kPad, write_tflite_pad},
    {&kTranspose, write_tflite_transpose},
    {&kReshape, write_tflite_reshape},
    {&kFlatten, write_tflite_reshape},
    {&kSqueeze, write_tflite_reshape},
    {&kUnsqueeze, write_tflite_reshape},
    {&kIdentity, write_tflite_reshape},
    {&kDropout, write_tflite_reshape},
    {&kReduceMean, write_tflite_reduce},
    {&kReduceSum, write_tflite_reduce},
    {&kReduceMax, write_tflite_reduce},
    {&kReduceMin, write_tflite_reduce},
    {&kReduceProd, write_tflite_reduce},
};

}  // namespace

WriteTflite find_tflite_writer(const Op& op) {
  if (is_unary(op)) return write_tflite_unary;
  for (const Entry& entry : kEntries)
    if (entry.op == &op) return entry.write;
  return nullptr;
}

}  // namespace octet
