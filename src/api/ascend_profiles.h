// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_ASCEND_PROFILES_H_
#define OCTET_API_ASCEND_PROFILES_H_

#include "config/quant_config.h"
#include "ir/graph.h"
#include "octet/model.h"

namespace octet {

using InputShapes = decltype(LoadOptions::input_shapes);

// The shapes that [ascend_context] asks for. Without a dynamic dimension (-1) that is one profile; else each choice of
// dynamic_dims is one, its numbers in the order of the dynamic dimensions of all inputs, and a choice with ranges such as 1~4
// is two: the least and the largest of each. Empty: the section names no shape.
// Error: kInvalidConfig if choices and dynamic dimensions do not go together.
Result<std::vector<InputShapes>> ascend_profiles(const AscendContext& context);

// "x [1,3,8], y [2]"
std::string shapes_text(const InputShapes& shapes);

// The model prepared for a profile behind the first one.
struct ProfileGraph {
  std::string shapes;
  Graph graph;
};

// Constants of `to` that `from` has, too, by name and value, take no memory of their own.
void share_constants(const Graph& from, Graph& to);

}  // namespace octet

#endif  // OCTET_API_ASCEND_PROFILES_H_
