// SPDX-License-Identifier: Apache-2.0
// Element types that a reference need not know: it computes on wider ones, and the results are cut.
//
//   i8 u8 i16 u16 i32 u32 bool -> i64      f16 -> f32      i64 u64 f32 f64: as they are
//
// Sums, products and the like of wrapped integers are right after cutting; f16 results are rounded once, half to even.
#ifndef OCTET_OPS_WIDEN_H_
#define OCTET_OPS_WIDEN_H_

#include "ops/define.h"

namespace octet {

DataType wide_type(DataType type);

// Runs `reference` with all inputs and outputs in their wide types, except those where `keep` has an entry true (by index,
// inputs first, then outputs): these stay as they are.
Result<void> run_widened(ReferenceFunction reference, const Node& node, std::span<const ConstView> inputs,
                         std::span<const View> outputs, const std::vector<bool>& keep = {});

}  // namespace octet

#endif  // OCTET_OPS_WIDEN_H_
