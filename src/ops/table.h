// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_OPS_TABLE_H_
#define OCTET_OPS_TABLE_H_

#include <span>
#include <string_view>

#include "ir/op.h"

namespace octet {

std::span<const Op* const> all_ops();
const Op* find_op(std::string_view name);  // null if there is none

}  // namespace octet

#endif  // OCTET_OPS_TABLE_H_
