// SPDX-License-Identifier: Apache-2.0
// Any bytes as a Caffe model, the text up to the first zero byte and the weights behind it: an error or a graph that
// passes the verifier, never a crash, a hang or much memory.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "importers/caffe/caffe_importer.h"
#include "ir/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::uint8_t* const end = data + size;
  const std::uint8_t* const zero = std::find(data, end, std::uint8_t{0});
  const std::uint8_t* const weights = zero == end ? end : zero + 1;
  const auto bytes = [](const std::uint8_t* from, const std::uint8_t* to) {
    return std::as_bytes(std::span(from, to));
  };
  const auto graph = octet::import_caffe(octet::NamedBytes{"fuzz.prototxt", bytes(data, zero)},
                                         octet::NamedBytes{"fuzz.caffemodel", bytes(weights, end)});
  if (graph.ok() && !octet::verify(*graph).ok()) std::abort();
  return 0;
}
