// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .mindir file: an error or a graph that passes the verifier, never a crash, a hang or much memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "importers/mindir/mindir_importer.h"
#include "ir/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto graph = octet::import_mindir(std::as_bytes(std::span(data, size)), "fuzz.mindir", {});
  if (graph.ok() && !octet::verify(*graph).ok()) std::abort();
  return 0;
}
