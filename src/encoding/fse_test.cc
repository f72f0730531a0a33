// SPDX-License-Identifier: Apache-2.0
#include "encoding/fse.h"

#include <gmock/gmock.h>

namespace octet {
namespace {

TEST(fseX, Todo) {}

}  // namespace
}  // namespace octet
