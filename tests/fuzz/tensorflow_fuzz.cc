// SPDX-License-Identifier: Apache-2.0
// Any bytes as a frozen TensorFlow graph, and as the index of a checkpoint: an error or a graph that passes the
// verifier, never a crash, a hang or much memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "importers/tensorflow/tensor_bundle.h"
#include "importers/tensorflow/tf_importer.h"
#include "ir/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)octet::read_sorted_table(std::as_bytes(std::span(data, size)));
  const auto graph = octet::import_tensorflow(std::as_bytes(std::span(data, size)), "fuzz.pb", {});
  if (graph.ok() && !octet::verify(*graph).ok()) std::abort();
  return 0;
}
