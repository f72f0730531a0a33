// SPDX-License-Identifier: Apache-2.0
// Packed weights: the first byte chooses the encoding, the next three bits per code and the shape, the rest is the data.
#include <cstddef>
#include <cstdint>

#include "encoding/bit_packing.h"
#include "encoding/fse.h"
#include "encoding/indexing.h"
#include "encoding/rans.h"
#include "encoding/sparse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const auto bytes = std::as_bytes(std::span(data + 4, size - 4));
  const int bits = data[1] % 20;
  const std::size_t channels = data[2] % 16 + 1, inner = std::size_t{data[3]} * 4;
  const std::size_t count = channels * inner;
  const std::vector<std::int32_t> zero_points(channels, 0);
  switch (data[0] % 7) {
    case 0: (void)octet::unpack_bits(bytes, bits, count); break;
    case 1: (void)octet::decode_indexing(bytes, bits, count); break;
    case 2: (void)octet::decode_sparse(bytes, bits, count, {zero_points, inner + 1}); break;
    case 3: (void)octet::decode_fse(bytes, count); break;
    case 4: (void)octet::decode_fse_int(bytes, count); break;
    case 5: (void)octet::decode_rans(bytes, {1, channels, inner}); break;
    case 6: (void)octet::decode_fse_infer(bytes, count); break;
  }
  return 0;
}
