// SPDX-License-Identifier: Apache-2.0
// Checks that every format's importer makes before it reads a node.
#ifndef OCTET_IMPORTERS_MISSING_OPERATORS_H_
#define OCTET_IMPORTERS_MISSING_OPERATORS_H_

#include <map>
#include <string>
#include <vector>

#include "importers/builder.h"

namespace octet {

// Operators of a file that Octet does not have, reported all at once.
class MissingOperators {
 public:
  void add(const std::string& type, const std::string& node) { nodes_[type].push_back(node); }
  // kUnsupported naming all operators, each with its first nodes; nothing if none is missing.
  Result<void> error() const;

 private:
  std::map<std::string, std::vector<std::string>> nodes_;
};

// Error: kInvalidArgument if the options give a shape to something that is no graph input.
Result<void> check_input_shape_names(const ImportOptions& options, const std::vector<std::string>& input_names);

}  // namespace octet

#endif  // OCTET_IMPORTERS_MISSING_OPERATORS_H_
