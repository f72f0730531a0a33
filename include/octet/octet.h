// SPDX-License-Identifier: Apache-2.0
// All of Octet's installed API.
#ifndef OCTET_OCTET_H_
#define OCTET_OCTET_H_

#include "octet/benchmark.h"
#include "octet/convert.h"
#include "octet/evaluate.h"
#include "octet/inspect.h"
#include "octet/model.h"
#include "octet/result.h"

#endif  // OCTET_OCTET_H_
