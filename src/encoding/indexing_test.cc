// SPDX-License-Identifier: Apache-2.0
#include "encoding/indexing.h"

#include <gmock/gmock.h>

namespace octet {
namespace {

TEST(indexingX, Todo) {}

}  // namespace
}  // namespace octet
