// SPDX-License-Identifier: Apache-2.0
// Which makers are asked for which operator, in order. After them the reference evaluations are the last resort.
#include "ops/attention.h"
#include "ops/binary.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/conv2d.h"
#include "ops/dynamic_quantize.h"
#include "ops/fully_connected.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/pool.h"
#include "ops/pool2d.h"
#include "ops/quantize.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/sampling.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "ops/unary.h"
#include "runtime/operators/operators.h"
#include "runtime/operators/reference.h"

namespace octet {
namespace {

struct Entry {
  const Op* op;
  MakeOperator make;
};

constexpr Entry kEntries[] = {
    {&kConv2d, make_conv2d_integer_weights},
    {&kConv2d, make_winograd_conv2d_f32},
    {&kConv2d, make_conv2d_f32},
    {&kConv2d, make_winograd_conv2d_qs8},
    {&kConv2d, make_conv2d_qs8},
    {&kConv, make_conv_f32},
    {&kConvTranspose, make_conv_transpose_f32},
    {&kFullyConnected, make_fully_connected_integer_weights},
    {&kFullyConnected, make_fully_connected_f32},
    {&kFullyConnected, make_fully_connected_qs8},
    {&kLstm, make_recurrent},
    {&kGru, make_recurrent},
    {&kRnn, make_recurrent},
    {&kMatmul, make_matmul_f32},
    {&kMatmul, make_matmul_qs8},
    {&kGather, make_gather_integer_weights},
    {&kMaxPool2d, make_pool2d},
    {&kAvgPool2d, make_pool2d},
    {&kMaxPool, make_planes},
    {&kAvgPool, make_planes},
    {&kLpPool, make_planes},
    {&kGridSample, make_planes},
    {&kAdd, make_binary_f32},
    {&kSub, make_binary_f32},
    {&kMul, make_binary_f32},
    {&kDiv, make_binary_f32},
    {&kMinimum, make_binary_f32},
    {&kMaximum, make_binary_f32},
    {&kAdd, make_binary_qs8},
    {&kSub, make_binary_qs8},
    {&kMul, make_binary_qs8},
    {&kQuantize, make_quantize},
    {&kQuantize, make_requantize},
    {&kDequantize, make_dequantize},
    {&kSoftmax, make_softmax},
    {&kTranspose, make_transpose},
    {&kConcat, make_concat},
    {&kSplit, make_split},
    {&kSlice, make_slice},
    {&kPad, make_pad},
    {&kResize, make_resize},
    {&kReduceMean, make_reduce_mean_qs8},
    {&kLayerNorm, make_layer_norm_f32},
    {&kAttention, make_attention},
    {&kDynamicQuantize, make_dynamic_quantize},
    {&kDynamicFullyConnected, make_dynamic_fully_connected},
};

}  // namespace

Result<std::unique_ptr<Operator>> make_operator(const OperatorContext& context) {
  // Between different parameters even a reshape has to compute.
  if (keeps_elements(*context.node.op) && context.input(0).quant != context.output().quant) {
    OCTET_ASSIGN_OR_RETURN(std::unique_ptr<Operator> op, make_requantize(context));
    if (op != nullptr) return op;
  }
  if (is_unary(*context.node.op)) {
    for (const MakeOperator make : {make_unary_f32, make_unary_qs8}) {
      OCTET_ASSIGN_OR_RETURN(std::unique_ptr<Operator> op, make(context));
      if (op != nullptr) return op;
    }
  }
  for (const Entry& entry : kEntries) {
    if (!context.node.is(*entry.op)) continue;
    OCTET_ASSIGN_OR_RETURN(std::unique_ptr<Operator> op, entry.make(context));
    if (op != nullptr) return op;
  }
  for (const MakeOperator make : {make_reference, make_quantized_reference}) {
    OCTET_ASSIGN_OR_RETURN(std::unique_ptr<Operator> op, make(context));
    if (op != nullptr) return op;
  }
  return make_error(ErrorCode::kUnsupported, "no operator runs {} on {}", context.node.op->name,
                    data_type_name(context.input(0).type));
}

}  // namespace octet
