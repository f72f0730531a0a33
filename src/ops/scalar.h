// SPDX-License-Identifier: Apache-2.0
// Constants of one element, as plain numbers.
#ifndef OCTET_OPS_SCALAR_H_
#define OCTET_OPS_SCALAR_H_

#include "ops/define.h"

namespace octet {

// The only element of a constant of any type. Error: kInvalidModel if there are more or less.
Result<double> scalar_value(const Tensor& tensor);
// The same for an i32 or i64.
Result<std::int64_t> integer_scalar(const Tensor& tensor);

}  // namespace octet

#endif  // OCTET_OPS_SCALAR_H_
