// SPDX-License-Identifier: Apache-2.0
#include "encoding/sparse.h"

#include <gmock/gmock.h>

namespace octet {
namespace {

TEST(sparseX, Todo) {}

}  // namespace
}  // namespace octet
