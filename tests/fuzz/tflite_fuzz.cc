// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .tflite file: an error or a graph that passes the verifier, never a crash, a hang or much memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "importers/tflite/tflite_importer.h"
#include "ir/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto graph = octet::import_tflite(std::as_bytes(std::span(data, size)), "fuzz.tflite", {});
  if (graph.ok() && !octet::verify(*graph).ok()) std::abort();
  return 0;
}
