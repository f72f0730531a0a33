// SPDX-License-Identifier: Apache-2.0
// What a model consists of.
#ifndef OCTET_INSPECT_H_
#define OCTET_INSPECT_H_

#include <cstdint>
#include <map>
#include <string>

#include "octet/model.h"
#include "octet/result.h"

namespace octet {

struct InspectOptions {
  bool prepared = false;  // after all graph passes, as a Session runs it
};

struct ModelSummary {
  std::string text;  // one line per tensor and node, with quantization parameters; large constants elided
  std::size_t num_nodes = 0, num_tensors = 0;
  std::uint64_t constant_bytes = 0;
  std::uint64_t macs = 0;  // multiply-accumulates of convolutions and fully connected layers; 0 where shapes are dynamic
  std::map<std::string, std::size_t> operators;  // how many nodes of each
};

// Error: from the passes.
Result<ModelSummary> inspect(const Model& model, const InspectOptions& options = {});

}  // namespace octet

#endif  // OCTET_INSPECT_H_
