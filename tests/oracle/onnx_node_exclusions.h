// SPDX-License-Identifier: Apache-2.0
// Which of ONNX's node tests Octet does not count, and why.
#ifndef OCTET_TESTS_ORACLE_ONNX_NODE_EXCLUSIONS_H_
#define OCTET_TESTS_ORACLE_ONNX_NODE_EXCLUSIONS_H_

#include <string>
#include <string_view>

#include "importers/onnx/onnx.pb.h"

namespace octet {

// The reason why the test is left out: its subject by name, or a type of its graph's inputs and outputs. Empty: it counts.
std::string onnx_node_exclusion(std::string_view test, const onnx::GraphProto& graph);

}  // namespace octet

#endif  // OCTET_TESTS_ORACLE_ONNX_NODE_EXCLUSIONS_H_
