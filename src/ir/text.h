// SPDX-License-Identifier: Apache-2.0
// The text form of a graph, for people and tests:
//
//   graph "name"
//   %x = input f32[1,3,N,8] nchw
//   %w = const i8[4,3,1,1] q(scale=[0.5,0.25,0.5,1], zp=[0,0,0,0], axis=0) = [1, 2, ...]
//   %y = conv2d(%x, %w, _) {strides=[2,2], activation=relu} : i8[1,4,N,4] q(scale=0.1, zp=-128) @"node name"
//   %a, %b = split(%y) {axis=1}
//   output %a, %b
//
// `_` is an absent input. Attributes at their defaults are not printed. A type after `:` is optional when parsing: without
// it shape inference decides; with it, both must agree. `@"..."` is the node's name where it differs from its first
// output's. `#` starts a comment. A name with other characters than letters, digits and ./:_- is quoted: %"a b".
// A dimension is a number, a symbol's name, or `?` for kUnknownDimension. An attribute that is a graph is written in braces,
// its lines separated by semicolons: {body={ graph "b"; %a = input f32[2]; output %a; }}.
#ifndef OCTET_IR_TEXT_H_
#define OCTET_IR_TEXT_H_

#include <string>
#include <string_view>

#include "ir/graph.h"

namespace octet {

struct PrintOptions {
  // Constants with more elements are printed as `= ...`, of more quantization parameters the first four: this does not parse again.
  std::size_t max_constant_elements = 64;
};

std::string print_graph(const Graph& graph, const PrintOptions& options = {});
std::string print_node(const Graph& graph, const Node& node);
std::string print_shape(const Graph& graph, const Shape& shape);  // "[1,N,8]"
std::string print_attrs(const Node& node);                        // "{group=2}", empty if all are defaults

// Error: kInvalidModel with the line number. The result is verified.
Result<Graph> parse_graph(std::string_view text, OpLookup find_op);

}  // namespace octet

#endif  // OCTET_IR_TEXT_H_
