// SPDX-License-Identifier: Apache-2.0
#include "encoding/bit_packing.h"

#include <gmock/gmock.h>

namespace octet {
namespace {

TEST(BitPacking, Todo) {}

}  // namespace
}  // namespace octet
