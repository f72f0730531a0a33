// SPDX-License-Identifier: Apache-2.0
#include "encoding/sparse.h"

#include "base/error.h"
#include "encoding/code_set.h"

namespace octet {
namespace {

constexpr int kMinGapBits = 2, kMaxGapBits = 10;

struct Entries {
  std::vector<std::int16_t> codes;
  std::vector<std::uint32_t> gaps;
};

Entries find_entries(std::span<const std::int16_t> codes, const SparseZeros& zeros, int gap_bits) {
  const std::uint32_t widest = (1u << gap_bits) - 1;
  Entries entries;
  std::uint32_t gap = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == zeros.at(i) && gap < widest) {
      ++gap;
      continue;
    }
    entries.codes.push_back(codes[i]);
    entries.gaps.push_back(gap);
    gap = 0;
  }
  return entries;
}

std::size_t num_bits(const Entries& entries, int bits, int gap_bits) {
  const std::size_t num_codes = CodeSet::of(entries.codes).codes.size();
  return 40 + static_cast<std::size_t>(bits) * (1 + num_codes) +
         entries.codes.size() * static_cast<std::size_t>(bits_to_index(num_codes) + gap_bits);
}

std::vector<std::byte> write_entries(const Entries& entries, int bits, int gap_bits) {
  const CodeSet set = CodeSet::of(entries.codes);
  BitWriter writer;
  writer.write(static_cast<std::uint32_t>(gap_bits), 8);
  writer.write(static_cast<std::uint32_t>(entries.codes.size()), 32);
  write_code_set(set.codes, bits, writer);
  const int index_bits = bits_to_index(set.codes.size());
  for (const std::int16_t code : entries.codes) writer.write(set.place_of(code), index_bits);
  for (const std::uint32_t gap : entries.gaps) writer.write(gap, gap_bits);
  return writer.take();
}

}  // namespace

std::vector<std::byte> encode_sparse(std::span<const std::int16_t> codes, int bits, const SparseZeros& zeros) {
  int best_bits = kMinGapBits;
  Entries best = find_entries(codes, zeros, kMinGapBits);
  std::size_t least = num_bits(best, bits, kMinGapBits);
  for (int gap_bits = kMinGapBits + 1; gap_bits <= kMaxGapBits; ++gap_bits) {
    Entries entries = find_entries(codes, zeros, gap_bits);
    const std::size_t size = num_bits(entries, bits, gap_bits);
    if (size < least) best = std::move(entries), best_bits = gap_bits, least = size;
  }
  return write_entries(best, bits, best_bits);
}

Result<std::vector<std::int16_t>> decode_sparse(std::span<const std::byte> bytes, int bits, std::size_t count, const SparseZeros& zeros) {
  BitReader reader(bytes);
  if (reader.bits_left() < 40) return make_error(ErrorCode::kInvalidModel, "has {} bytes, too few for sparse codes", bytes.size());
  const int gap_bits = static_cast<int>(reader.read(8));
  const std::size_t num_entries = reader.read(32);
  if (gap_bits > 32) return make_error(ErrorCode::kInvalidModel, "has gaps of {} bits, expected at most 32", gap_bits);
  OCTET_ASSIGN_OR_RETURN(const auto codes, read_code_set(reader, bits));
  const int index_bits = bits_to_index(codes.size());
  if (num_entries > count || num_entries * static_cast<std::size_t>(index_bits + gap_bits) > reader.bits_left())
    return make_error(ErrorCode::kInvalidModel, "has {} bytes, too few for {} entries", bytes.size(), num_entries);
  std::vector<std::uint32_t> places(num_entries);
  for (std::uint32_t& place : places) {
    place = reader.read(index_bits);
    if (place >= codes.size()) return make_error(ErrorCode::kInvalidModel, "names code {} of {}", place, codes.size());
  }
  std::vector<std::int16_t> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = zeros.at(i);
  std::size_t position = 0;
  for (const std::uint32_t place : places) {
    const std::size_t gap = reader.read(gap_bits);
    if (gap >= count - position) return make_error(ErrorCode::kInvalidModel, "has entries beyond its {} codes", count);
    position += gap;
    result[position++] = codes[place];
  }
  return result;
}

}  // namespace octet
